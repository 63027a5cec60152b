"""The only writer of console.sqlite3: operators, sessions, what operators did, and clips on their way."""

import json
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from edge.event import rfc3339

schema = """
CREATE TABLE IF NOT EXISTS operator (name TEXT PRIMARY KEY, hash TEXT NOT NULL, added TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS session (
  id TEXT PRIMARY KEY, operator TEXT NOT NULL, until TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS secret (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS action (
  number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, operator TEXT NOT NULL, incident TEXT,
  name TEXT NOT NULL, body TEXT NOT NULL, status TEXT NOT NULL, reason TEXT);
CREATE INDEX IF NOT EXISTS action_incident ON action (incident);
CREATE TABLE IF NOT EXISTS clip (
  id TEXT PRIMARY KEY, device TEXT NOT NULL, incident TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL,
  token_sha256 TEXT NOT NULL, until TEXT NOT NULL, state TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS clip_incident ON clip (incident);
"""


@dataclass(frozen=True, slots=True)
class Action:
    """Something an operator did, and what came of it."""

    at: datetime
    operator: str
    name: str
    body: Mapping[str, Any]
    status: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class ClipRecord:
    """A clip that was asked for; `state` is waiting or stored."""

    id: str
    device: str
    incident: str
    bytes: int
    sha256: str
    token_sha256: str
    until: datetime
    state: str


class Records:
    """The file. All calls are short and made on the event loop."""

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raises sqlite3.Error when it cannot be used."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        path.chmod(0o600)  # it holds password hashes and the key that signs cookies
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(schema)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def secret(self, name: str) -> str:
        """Return a secret of this centre, made at the first question."""
        self._db.execute("INSERT OR IGNORE INTO secret VALUES (?, ?)", (name, secrets.token_urlsafe(32)))
        return str(self._db.execute("SELECT value FROM secret WHERE name = ?", (name,)).fetchone()[0])

    def set_operator(self, name: str, password_hash: str) -> None:
        """Add an operator, or give an old one a new password, which ends his sessions."""
        now = rfc3339(datetime.now(UTC))
        self._db.execute("INSERT OR REPLACE INTO operator VALUES (?, ?, ?)", (name, password_hash, now))
        self._db.execute("DELETE FROM session WHERE operator = ?", (name,))

    def remove_operator(self, name: str) -> bool:
        """Remove an operator with his sessions; False when there is none of that name."""
        self._db.execute("DELETE FROM session WHERE operator = ?", (name,))
        return self._db.execute("DELETE FROM operator WHERE name = ?", (name,)).rowcount == 1

    def operators(self) -> list[str]:
        """Return the names of all operators."""
        return [row[0] for row in self._db.execute("SELECT name FROM operator ORDER BY name")]

    def password_hash(self, name: str) -> str | None:
        """Return the hash of an operator's password, or None."""
        row = self._db.execute("SELECT hash FROM operator WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def open_session(self, operator: str, hours: float) -> str:
        """Return a new session that ends by itself."""
        name, now = secrets.token_urlsafe(24), datetime.now(UTC)
        self._db.execute("DELETE FROM session WHERE until < ?", (rfc3339(now),))
        until = rfc3339(now + timedelta(hours=hours))
        self._db.execute("INSERT INTO session VALUES (?, ?, ?)", (name, operator, until))
        return name

    def operator_of(self, session: str) -> str | None:
        """Return who is signed in with this session, or None."""
        query = "SELECT operator FROM session WHERE id = ? AND until > ?"
        row = self._db.execute(query, (session, rfc3339(datetime.now(UTC)))).fetchone()
        return row[0] if row else None

    def close_session(self, session: str) -> None:
        """Sign out."""
        self._db.execute("DELETE FROM session WHERE id = ?", (session,))

    def act(self, operator: str, incident: str | None, action: str, body: Mapping[str, Any]) -> int:
        """Store an action before it is carried out; return its number."""
        done = self._db.execute(
            "INSERT INTO action (at, operator, incident, name, body, status) VALUES (?, ?, ?, ?, ?, 'sent')",
            (rfc3339(datetime.now(UTC)), operator, incident, action, json.dumps(dict(body), ensure_ascii=False)),
        )
        return int(done.lastrowid or 0)

    def settle(self, action: int, status: str, reason: str | None) -> None:
        """Store what came of an action."""
        self._db.execute("UPDATE action SET status = ?, reason = ? WHERE number = ?", (status, reason, action))

    def actions(self, incident: str) -> list[Action]:
        """Return what operators did in an incident, oldest first."""
        rows = self._db.execute(
            "SELECT at, operator, name, body, status, reason FROM action WHERE incident = ? ORDER BY number",
            (incident,),
        )
        return [
            Action(datetime.fromisoformat(at), operator, name, json.loads(body), status, reason)
            for at, operator, name, body, status, reason in rows
        ]

    def add_clip(self, clip: ClipRecord) -> None:
        """Store that a clip was asked for; an older request for the incident that never arrived is forgotten."""
        self._db.execute("DELETE FROM clip WHERE incident = ? AND state = 'waiting'", (clip.incident,))
        self._db.execute(
            "INSERT INTO clip VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (clip.id, clip.device, clip.incident, clip.bytes, clip.sha256, clip.token_sha256,
             rfc3339(clip.until), clip.state),
        )  # fmt: skip

    def clip(self, clip: str) -> ClipRecord | None:
        """Return a clip by its id, or None."""
        return self._clip("SELECT * FROM clip WHERE id = ?", clip)

    def clip_of(self, incident: str) -> ClipRecord | None:
        """Return the clip of an incident, a stored one before one on its way, or None."""
        return self._clip("SELECT * FROM clip WHERE incident = ? ORDER BY state = 'stored' DESC, id DESC", incident)

    def clip_stored(self, clip: str) -> None:
        """Store that a clip arrived whole; its token is used up."""
        self._db.execute("UPDATE clip SET state = 'stored', token_sha256 = '' WHERE id = ?", (clip,))

    def _clip(self, query: str, given: str) -> ClipRecord | None:
        row = self._db.execute(query, (given,)).fetchone()
        if row is None:
            return None
        name, device, incident, size, sha256, token_sha256, until, state = row
        return ClipRecord(name, device, incident, size, sha256, token_sha256, datetime.fromisoformat(until), state)
