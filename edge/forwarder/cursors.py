"""What the forwarder itself must remember over a restart, in its own SQLite file.

How far each centre has stored each lane, the commands of the last 24 hours with their replies, and which incidents
the second centre gets. All of it can be lost without losing an event: then everything unacknowledged is sent again
and the centre drops the doubles. So a damaged file is moved aside, and a failing disk is only logged.
"""

import json
import logging
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ulid import ULID

from edge.forwarder.memory import Key

log = logging.getLogger(__name__)
remembered_hours = 24
most_lanes = 1_000
most_commands = 20_000
schema = """
CREATE TABLE IF NOT EXISTS stored (centre TEXT, outbox TEXT, epoch TEXT, upto INTEGER NOT NULL,
  PRIMARY KEY (centre, outbox, epoch));
CREATE TABLE IF NOT EXISTS commands (id TEXT PRIMARY KEY, seen REAL NOT NULL, reply TEXT);
CREATE TABLE IF NOT EXISTS widened (incident TEXT PRIMARY KEY, program TEXT NOT NULL, closing TEXT);
"""


class Cursors:
    """The forwarder's memory; it never raises for the disk."""

    def __init__(self, path: Path) -> None:
        """Open the file; one that is damaged is moved aside."""
        self._path = path
        self._trouble = ""
        self._db = _opened(path)
        self._tidy()

    def stored(self, centre: str) -> dict[Key, int]:
        """Return how far a centre has stored each lane."""
        rows = self._ask("SELECT outbox, epoch, upto FROM stored WHERE centre = ?", (centre,))
        return {(outbox, epoch): upto for outbox, epoch, upto in rows}

    def store(self, centre: str, key: Key, upto: int) -> None:
        """Remember how far a centre has stored a lane; a lower number changes nothing."""
        self._do(
            "INSERT INTO stored VALUES (?, ?, ?, ?) ON CONFLICT (centre, outbox, epoch)"
            " DO UPDATE SET upto = max(upto, excluded.upto)",
            (centre, *key, upto),
        )

    def begin_command(self, command: str, now: float) -> None:
        """Remember that a command is being carried out; `now` in seconds of the wall clock."""
        self._do("INSERT OR IGNORE INTO commands VALUES (?, ?, NULL)", (command, now))

    def end_command(self, command: str, reply: Mapping[str, Any]) -> None:
        """Remember the reply, so that the same command gets the same answer."""
        self._do("UPDATE commands SET reply = ? WHERE id = ?", (json.dumps(reply), command))

    def replies(self, now: float) -> dict[str, dict[str, Any] | None]:
        """Return the commands of the last 24 hours with their replies; None where a restart cut one short."""
        self._do("DELETE FROM commands WHERE seen < ?", (now - remembered_hours * 3600,))
        rows = self._ask("SELECT id, reply FROM commands ORDER BY seen DESC LIMIT ?", (most_commands,))
        return {name: None if reply is None else json.loads(reply) for name, reply in reversed(rows)}

    def widened(self) -> dict[str, tuple[str, str | None]]:
        """Return the incidents of the second centre: the program, and the id of the closing event once it is known."""
        rows = self._ask("SELECT incident, program, closing FROM widened", ())
        return {incident: (program, closing) for incident, program, closing in rows}

    def widen(self, incident: str, program: str, closing: str | None) -> None:
        """Remember that the second centre gets an incident."""
        self._do("REPLACE INTO widened VALUES (?, ?, ?)", (incident, program, closing))

    def narrow(self, incident: str) -> None:
        """Remember that the second centre has all of an incident."""
        self._do("DELETE FROM widened WHERE incident = ?", (incident,))

    def close(self) -> None:
        """Close the file."""
        with suppress(sqlite3.Error):
            self._db.close()

    def _tidy(self) -> None:
        self._do(
            "DELETE FROM stored WHERE rowid NOT IN (SELECT rowid FROM stored ORDER BY rowid DESC LIMIT ?)",
            (most_lanes,),
        )

    def _do(self, statement: str, values: tuple[object, ...]) -> None:
        try:
            with self._db:
                self._db.execute(statement, values)
        except sqlite3.Error as problem:
            self._say(str(problem))
        else:
            self._say("")

    def _ask(self, query: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(query, values).fetchall()
        except sqlite3.Error as problem:
            self._say(str(problem))
            return []

    def _say(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            log.warning("%s: %s; what is lost here is sent again", self._path, trouble or "works again")


def _opened(path: Path) -> sqlite3.Connection:
    try:
        return _connected(path)
    except (sqlite3.Error, OSError) as problem:
        log.warning("%s cannot be used (%s); moved aside, everything unacknowledged is sent again", path, problem)
    for ending in ("", "-wal", "-shm"):
        part = path.with_name(path.name + ending)
        with suppress(OSError):
            part.rename(part.with_name(f"{part.name}.damaged-{ULID()}"))
    try:
        return _connected(path)
    except (sqlite3.Error, OSError) as problem:
        log.warning("%s: %s; going on in memory", path, problem)
        return _prepared(sqlite3.connect(":memory:"))


def _connected(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, timeout=0.2)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        # NORMAL: a lost last commit is sent again; FULL would cost the card one more write for each acknowledgement.
        db.execute("PRAGMA synchronous = NORMAL")
        (health,) = db.execute("PRAGMA quick_check(1)").fetchone()
        if health != "ok":
            raise sqlite3.DatabaseError(health)
        return _prepared(db)
    except sqlite3.Error:
        db.close()
        raise


def _prepared(db: sqlite3.Connection) -> sqlite3.Connection:
    db.executescript(schema)
    return db
