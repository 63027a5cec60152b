"""What ingest has stored, read only. The console never writes into that file."""

import json
import logging
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from center.incidents import Incident, Stored, fold

log = logging.getLogger(__name__)
most_recent = 20
# A heartbeat comes every 30 s; a post that was silent for three of them is not there (EN 50136 DP4: 90 s).
silent_after = timedelta(seconds=90)
columns = "SELECT position, device, kind, at, data FROM event"


@dataclass(frozen=True, slots=True)
class Post:
    """One device as last heard of; `faults` are part and reason."""

    device: str
    online: bool
    session: str | None
    heard: datetime
    faults: tuple[tuple[str, str], ...]

    def here(self, now: datetime) -> bool:
        """Whether it is connected and was heard of lately."""
        return self.online and now - self.heard < silent_after


class Facts:
    """Short read transactions on center.sqlite3; until ingest has made the file there is nothing in it."""

    def __init__(self, path: Path) -> None:
        """Remember the file; it is opened at the first question."""
        self._path = path
        self._db: sqlite3.Connection | None = None
        self.trouble: str | None = None

    def version(self) -> int:
        """Return a number that changes whenever ingest has committed; cheap enough to ask often."""
        rows = self._rows("PRAGMA data_version")
        return int(rows[0][0]) if rows else -1

    def open_incidents(self) -> list[Incident]:
        """Return all open incidents, newest first."""
        rows = self._rows("SELECT device, incident FROM incident WHERE closed = 0 AND alarmed = 1 ORDER BY first DESC")
        return self._folded(rows)

    def closed_incidents(self) -> list[Incident]:
        """Return the incidents closed lately, newest first."""
        query = "SELECT device, incident FROM incident WHERE closed = 1 ORDER BY first DESC LIMIT ?"
        return self._folded(self._rows(query, most_recent))

    def incident(self, incident: str) -> Incident | None:
        """Return one incident, or None."""
        rows = self._rows("SELECT device FROM incident WHERE incident = ? ORDER BY first LIMIT 1", incident)
        return fold(incident, self.events(rows[0][0], incident)) if rows else None

    def events(self, device: str, incident: str) -> list[Stored]:
        """Return the events of an incident in the order they were stored."""
        rows = self._rows(f"{columns} WHERE incident = ? AND device = ? ORDER BY position", incident, device)
        return [_stored(row) for row in rows]

    def posts(self) -> list[Post]:
        """Return all posts that ever spoke."""
        faults: dict[str, list[tuple[str, str]]] = {}
        for device, part, reason in self._rows("SELECT device, part, reason FROM fault ORDER BY part"):
            faults.setdefault(device, []).append((part, reason))
        rows = self._rows("SELECT device, online, session, heard FROM post ORDER BY device")
        return [_post(row, faults.get(row[0], ())) for row in rows]

    def terminals(self) -> list[str]:
        """Return the devices that rate, or do not say what they do; those that say otherwise are left out."""
        rows = self._rows("SELECT device, birth FROM post ORDER BY device")
        return [device for device, birth in rows if "rating" in json.loads(birth or "{}").get("roles", ["rating"])]

    def online(self, device: str) -> bool:
        """Whether a device is connected, as far as the broker knows."""
        return bool(self._rows("SELECT 1 FROM post WHERE device = ? AND online = 1", device))

    def session(self, device: str) -> str | None:
        """Return the session of the last birth; commands are for that one only."""
        rows = self._rows("SELECT session FROM post WHERE device = ?", device)
        return rows[0][0] if rows else None

    def close(self) -> None:
        """Close the file."""
        if self._db:
            self._db.close()
            self._db = None

    def _folded(self, rows: Iterable[tuple[Any, ...]]) -> list[Incident]:
        found = (fold(incident, self.events(device, incident)) for device, incident in rows)
        return [incident for incident in found if incident]

    def _rows(self, query: str, *given: object) -> list[tuple[Any, ...]]:
        """Ask; a file that cannot be read now is a trouble that every page shows, and is tried again."""
        try:
            rows = self._connection().execute(query, given).fetchall()
        except sqlite3.OperationalError as problem:
            if self.trouble is None:
                log.warning("%s cannot be read: %s", self._path, problem)
            self.trouble = f"{self._path.name}: {problem}"
            self.close()
            return []
        self.trouble = None
        return rows

    def _connection(self) -> sqlite3.Connection:
        if self._db is None:
            # The application answers all questions on its event loop: they are short and on indexes.
            self._db = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, isolation_level=None, timeout=0.2)
            self._db.execute("PRAGMA query_only = ON")
        return self._db


def _stored(row: tuple[Any, ...]) -> Stored:
    position, device, kind, at, data = row
    return Stored(position, device, kind, datetime.fromisoformat(at), json.loads(data))


def _post(row: tuple[Any, ...], faults: Iterable[tuple[str, str]]) -> Post:
    device, online, session, heard = row
    return Post(device, bool(online), session, datetime.fromisoformat(heard), tuple(faults))


def by_device(posts: Iterable[Post]) -> Mapping[str, Post]:
    """Return the posts by their device."""
    return {post.device: post for post in posts}
