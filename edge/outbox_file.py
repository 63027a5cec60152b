"""The file under an outbox: SQLite in WAL mode with synchronous=FULL. Blocking; only the writer thread enters here."""

import json
import logging
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ulid import ULID

from edge import migrations
from edge.event import Event, type_prefix
from edge.sqlite_light import Database

log = logging.getLogger(__name__)
# A damaged file says so in one of these ways; anything else is the disk, and the disk may heal.
damaged = ("malformed", "not a database", "encrypted")


@dataclass(frozen=True, slots=True)
class Ack:
    """The centre has stored everything of this outbox and epoch up to and including this number."""

    outbox: str
    epoch: str
    upto: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What belongs together: events with their messages, and the state to keep with them."""

    events: tuple[tuple[Event, str], ...]
    keep: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Hole:
    """Numbers that a damaged file has lost."""

    outbox: str
    epoch: str
    first: int
    last: int


class OutboxFile:
    """An open file. Every method may raise sqlite3.Error or OSError when the disk fails."""

    def __init__(self, path: Path, epoch: str, tally: str = "") -> None:
        """Open or create the file and begin an epoch in it; a damaged one is moved aside and salvaged.

        `tally` is a kind of event that is counted for ever: under "recorded" of the kept state when it reaches the disk,
        under "acknowledged" when the centre has it, each in the transaction that does so.
        """
        self._tally = tally
        self.holes: tuple[Hole, ...] = ()
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = _connect(path)
        except sqlite3.DatabaseError as problem:
            if not any(word in str(problem) for word in damaged):
                raise
            self._db, self.holes = _salvage(path, problem)
        self.kept = dict(self._db.execute("SELECT key, value FROM kept"))
        self.epochs_before = self._begin(epoch)

    def _begin(self, epoch: str) -> tuple[str, ...]:
        with self._db:
            before = tuple(name for (name,) in self._db.execute("SELECT epoch FROM epochs ORDER BY position"))
            self._db.execute("INSERT OR IGNORE INTO epochs (epoch) VALUES (?)", (epoch,))
            # Epochs with nothing left to send are of no use to anybody but as the most recent names.
            self._db.execute(
                "DELETE FROM epochs WHERE epoch NOT IN (SELECT epoch FROM events)"
                " AND position <= (SELECT max(position) FROM epochs) - 20"
            )
            self._db.execute("DELETE FROM acknowledged WHERE epoch NOT IN (SELECT epoch FROM epochs)")
        return tuple(name for name in before if name != epoch)[-20:]

    def commit(self, entries: Iterable[Entry], acks: Iterable[Ack]) -> None:
        """Write everything in one transaction; when this returns, it is on the disk."""
        with self._db:
            for entry in entries:
                self._put(entry)
            for ack in acks:
                self._forget(ack)

    def _put(self, entry: Entry) -> None:
        for event, body in entry.events:
            # OR IGNORE: after a failure it is not known whether the last commit arrived.
            added = self._db.execute(
                "INSERT OR IGNORE INTO events (outbox, epoch, sequence, severity, body) VALUES (?, ?, ?, ?, ?)",
                (event.outbox, event.epoch, event.sequence, event.severity.value, body),
            ).rowcount
            if event.kind == self._tally:
                self._count("recorded", added)
        self._db.executemany("REPLACE INTO kept (key, value) VALUES (?, ?)", entry.keep.items())

    def _count(self, key: str, more: int) -> None:
        self._db.execute(
            "INSERT INTO kept (key, value) VALUES (?, ?)"
            " ON CONFLICT (key) DO UPDATE SET value = CAST(value AS INTEGER) + excluded.value",
            (key, str(more)),
        )

    @property
    def tallied(self) -> Mapping[str, int]:
        """How many events of the counted kind have reached the disk, and how many the centre has acknowledged."""
        found = dict(self._db.execute("SELECT key, value FROM kept WHERE key IN ('recorded', 'acknowledged')"))
        return {key: int(found.get(key, "0")) for key in ("recorded", "acknowledged")}

    def _forget(self, ack: Ack) -> None:
        if self._tally:
            query = (
                "SELECT count(*) FROM events WHERE outbox = ? AND epoch = ? AND sequence <= ?"
                " AND json_extract(body, '$.type') = ?"
            )
            kind = type_prefix + self._tally
            (gone,) = self._db.execute(query, (ack.outbox, ack.epoch, ack.upto, kind)).fetchone()
            self._count("acknowledged", gone)
        self._db.execute(
            "DELETE FROM events WHERE outbox = ? AND epoch = ? AND sequence <= ?", (ack.outbox, ack.epoch, ack.upto)
        )
        self._db.execute(
            "INSERT INTO acknowledged (outbox, epoch, upto) VALUES (?, ?, ?)"
            " ON CONFLICT (outbox, epoch) DO UPDATE SET upto = max(upto, excluded.upto)",
            (ack.outbox, ack.epoch, ack.upto),
        )

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _connect(path: Path) -> sqlite3.Connection:
    # The writer thread opens and uses it; close() may come from a later thread, never at the same time.
    db = sqlite3.connect(path, timeout=2, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    (health,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if health != "ok":
        raise sqlite3.DatabaseError(f"malformed: {health}")
    migrations.outbox.apply(Database(db))
    return db


def _salvage(path: Path, problem: Exception) -> tuple[sqlite3.Connection, tuple[Hole, ...]]:
    """Move a damaged file aside, carry over what can still be read, and name what is missing in between."""
    aside = path.with_name(f"{path.name}.damaged-{ULID()}")
    log.error("%s is damaged (%s); it is kept as %s", path, problem, aside.name)
    for ending in ("", "-wal", "-shm"):
        part = path.with_name(path.name + ending)
        if part.exists():
            part.rename(aside.with_name(aside.name + ending))
    fresh = _connect(path)
    rows = _readable(aside)
    with fresh:
        fresh.executemany(
            "INSERT OR IGNORE INTO events (outbox, epoch, sequence, severity, body) VALUES (?, ?, ?, ?, ?)", rows
        )
        fresh.executemany("INSERT OR IGNORE INTO epochs (epoch) VALUES (?)", [(row[1],) for row in rows])
        fresh.executemany("REPLACE INTO kept (key, value) VALUES (?, ?)", _readable_state(aside))
    return fresh, tuple(holes((row[0], row[1], row[2]) for row in rows))


def _readable(path: Path) -> list[tuple[str, str, int, str, str]]:
    """Read row by row until the file stops giving any."""
    rows: list[tuple[str, str, int, str, str]] = []
    try:
        with sqlite3.connect(path) as db:
            query = "SELECT outbox, epoch, sequence, severity, body FROM events ORDER BY position"
            for row in db.execute(query):
                json.loads(row[4])
                rows.append(row)
    except (sqlite3.Error, ValueError) as problem:
        log.warning("%s: %d events could be read, then: %s", path.name, len(rows), problem)
    return rows


def _readable_state(path: Path) -> list[tuple[str, str]]:
    try:
        with sqlite3.connect(path) as db:
            return list(db.execute("SELECT key, value FROM kept"))
    except sqlite3.Error as problem:
        log.warning("%s: the kept state could not be read: %s", path.name, problem)
        return []


def holes(numbers: Iterable[tuple[str, str, int]]) -> Iterable[Hole]:
    """Name the numbers missing between the first and the last of each outbox and epoch."""
    last: dict[tuple[str, str], int] = {}
    for outbox, epoch, number in sorted(numbers):
        before = last.get((outbox, epoch), number - 1)
        if number > before + 1:
            yield Hole(outbox, epoch, before + 1, number - 1)
        last[outbox, epoch] = number
