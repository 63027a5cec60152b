"""The event list of a simulated post: what still waits at the post, and what the centre has stored."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edge.event import Event, parse
from edge.outbox_reader import LaneReader

most_shown = 60
most_waiting = 500
press_kinds = frozenset({"incident.raised"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list. `mono` is CLOCK_BOOTTIME in nanoseconds; `after` the seconds since the press."""

    id: str
    kind: str
    boot: str
    mono: int
    wall: str
    data: Mapping[str, Any]
    at_centre: bool
    after: float | None = None


def merged(waiting: Iterable[Entry], stored: Iterable[Entry]) -> list[Entry]:
    """Return every event once, oldest first, with its time since the incident's press."""
    by_id = {entry.id: entry for entry in waiting}
    by_id.update({entry.id: entry for entry in stored})
    ordered = sorted(by_id.values(), key=lambda entry: (entry.boot, entry.mono, entry.id))
    presses = {_incident(entry): entry for entry in ordered if entry.kind in press_kinds}
    return [_timed(entry, presses.get(_incident(entry))) for entry in ordered]


def _timed(entry: Entry, press: Entry | None) -> Entry:
    if press is None or press.boot != entry.boot or not _incident(entry):
        return entry
    return replace(entry, after=(entry.mono - press.mono) / 1e9)


def _incident(entry: Entry) -> str:
    return str(entry.data.get("incident") or "")


class History:
    """Reads the post's outboxes and the centre's file; it writes to neither."""

    def __init__(self, device: str, outboxes: Sequence[Path], center: Path) -> None:
        """Take the device and the files, which need not exist yet."""
        self._device = device
        self._outboxes = [LaneReader(path) for path in outboxes]
        self._center = center

    def entries(self) -> list[Entry]:
        """Return the latest events. A file that cannot be read right now adds nothing."""
        waiting = [entry for outbox in self._outboxes for entry in _waiting(outbox)]
        return merged(waiting, self._stored())[-most_shown:]

    def _stored(self) -> list[Entry]:
        if not self._center.exists():
            return []
        query = "SELECT id, kind, boot, mono, at, data FROM event WHERE device = ? ORDER BY position DESC LIMIT ?"
        try:
            with closing(sqlite3.connect(f"file:{self._center}?mode=ro", uri=True, timeout=0.2)) as db:
                rows = db.execute(query, (self._device, most_shown)).fetchall()
        except sqlite3.Error:
            return []  # the ingester is just making or restoring it; the next look will see
        return [_stored_entry(*row) for row in rows]


def _stored_entry(  # noqa: PLR0917 - the columns of one row
    name: str, kind: str, boot: str, mono: int, wall: str, data: str
) -> Entry:
    return Entry(name, kind, boot, mono, wall, json.loads(data), at_centre=True)


def _waiting(outbox: LaneReader) -> list[Entry]:
    try:
        rows = outbox.rows(0, most_waiting)
    except sqlite3.Error:
        return []  # the simulated disk is broken, or the owner is just making the file
    return [_entry(parse(json.loads(row.body))) for row in rows]


def _entry(event: Event) -> Entry:
    return Entry(
        event.id,
        event.kind,
        event.stamp.boot,
        event.stamp.mono,
        event.stamp.wall.isoformat(),
        event.data,
        at_centre=False,
    )
