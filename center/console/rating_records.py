"""The part of console.sqlite3 about ratings: steps of cases, scores from elsewhere, clerks, notices, publications."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from center.cases import Step
from edge.event import rfc3339

schema = """
CREATE TABLE IF NOT EXISTS case_step (
  number INTEGER PRIMARY KEY AUTOINCREMENT, device TEXT NOT NULL, event TEXT NOT NULL, state TEXT NOT NULL,
  result TEXT NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL, operator TEXT NOT NULL,
  UNIQUE (device, event, state));
CREATE TABLE IF NOT EXISTS outer_score (
  number INTEGER PRIMARY KEY AUTOINCREMENT, quarter TEXT NOT NULL, unit TEXT NOT NULL, source TEXT NOT NULL,
  score REAL, at TEXT NOT NULL, operator TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS outer_score_quarter ON outer_score (quarter);
CREATE TABLE IF NOT EXISTS clerk (
  clerk TEXT PRIMARY KEY, number TEXT NOT NULL, name TEXT NOT NULL, photo BLOB NOT NULL, at TEXT NOT NULL,
  operator TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS notice (
  notice TEXT PRIMARY KEY, title_zh TEXT NOT NULL, title_en TEXT NOT NULL, text_zh TEXT NOT NULL, text_en TEXT NOT NULL,
  picture BLOB NOT NULL, until TEXT NOT NULL, at TEXT NOT NULL, operator TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS publication (
  what TEXT NOT NULL, device TEXT NOT NULL, command TEXT NOT NULL, status TEXT NOT NULL, reason TEXT, at TEXT NOT NULL,
  operator TEXT NOT NULL, PRIMARY KEY (what, device)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Clerk:
    """A clerk as the terminals show him; `photo` is JPEG or PNG, or empty."""

    clerk: str
    number: str
    name: str
    photo: bytes = b""


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice for idle screens; `until` is RFC 3339 or empty."""

    notice: str
    title_zh: str
    title_en: str = ""
    text_zh: str = ""
    text_en: str = ""
    picture: bytes = b""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Publication:
    """What a device last said when something was published to it or withdrawn."""

    what: str
    device: str
    command: str
    status: str
    reason: str | None
    at: datetime
    operator: str


class RatingRecords:
    """Short calls on the event loop, in the same file as Records and by the same program."""

    def __init__(self, path: Path) -> None:
        """Open the file. Raises sqlite3.Error when it cannot be used."""
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(schema)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def add_step(self, device: str, event: str, step: Step) -> None:
        """Store what an operator did. Raises ValueError when somebody else took this very step meanwhile."""
        try:
            self._db.execute(
                "INSERT INTO case_step (device, event, state, result, note, at, operator) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (device, event, step.state, step.result, step.note, rfc3339(step.at), step.operator),
            )
        except sqlite3.IntegrityError as problem:
            raise ValueError("somebody else has just taken this step") from problem

    def steps(self) -> Mapping[tuple[str, str], Sequence[Step]]:
        """Return what was done in every case, by device and event."""
        found: dict[tuple[str, str], list[Step]] = {}
        query = "SELECT device, event, state, at, operator, note, result FROM case_step ORDER BY number"
        for device, event, state, at, operator, note, result in self._db.execute(query):
            step = Step(state, datetime.fromisoformat(at), operator, note, result)
            found.setdefault((device, event), []).append(step)
        return found

    def set_score(self, quarter: str, unit: str, source: str, score: float | None, operator: str) -> None:
        """Store a score of 0 to 100 from elsewhere, or that there is none; older ones stay for the record."""
        self._db.execute(
            "INSERT INTO outer_score (quarter, unit, source, score, at, operator) VALUES (?, ?, ?, ?, ?, ?)",
            (quarter, unit, source, score, _now(), operator),
        )

    def scores(self, quarter: str) -> Mapping[str, Mapping[str, float]]:
        """Return the latest scores of a quarter, by unit and source."""
        found: dict[str, dict[str, float]] = {}
        query = "SELECT unit, source, score FROM outer_score WHERE quarter = ? ORDER BY number"
        for unit, source, score in self._db.execute(query, (quarter,)):
            found.setdefault(unit, {}).pop(source, None)
            if score is not None:
                found[unit][source] = score
        return found

    def set_clerk(self, clerk: Clerk, operator: str) -> None:
        """Add a clerk, or change one."""
        given = (clerk.clerk, clerk.number, clerk.name, clerk.photo, _now(), operator)
        self._db.execute("INSERT OR REPLACE INTO clerk VALUES (?, ?, ?, ?, ?, ?)", given)

    def remove_clerk(self, clerk: str) -> None:
        """Remove a clerk; terminals keep him until the roster is published again."""
        self._db.execute("DELETE FROM clerk WHERE clerk = ?", (clerk,))

    def clerks(self) -> list[Clerk]:
        """Return all clerks."""
        query = "SELECT clerk, number, name, photo FROM clerk ORDER BY number, clerk"
        return [Clerk(*row) for row in self._db.execute(query)]

    def clerk(self, clerk: str) -> Clerk | None:
        """Return one clerk, or None."""
        row = self._db.execute("SELECT clerk, number, name, photo FROM clerk WHERE clerk = ?", (clerk,)).fetchone()
        return Clerk(*row) if row else None

    def set_notice(self, notice: Notice, operator: str) -> None:
        """Add a notice, or change one."""
        given = (notice.notice, notice.title_zh, notice.title_en, notice.text_zh, notice.text_en, notice.picture,
                 notice.until, _now(), operator)  # fmt: skip
        self._db.execute("INSERT OR REPLACE INTO notice VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", given)

    def remove_notice(self, notice: str) -> None:
        """Forget a notice."""
        self._db.execute("DELETE FROM notice WHERE notice = ?", (notice,))

    def notices(self) -> list[Notice]:
        """Return all notices, newest first."""
        query = "SELECT notice, title_zh, title_en, text_zh, text_en, picture, until FROM notice ORDER BY notice DESC"
        return [Notice(*row) for row in self._db.execute(query)]

    def notice(self, notice: str) -> Notice | None:
        """Return one notice, or None."""
        return next((one for one in self.notices() if one.notice == notice), None)

    def published(self, given: Publication) -> None:
        """Store what a device said; it replaces what it said before about the same thing."""
        self._db.execute(
            "INSERT OR REPLACE INTO publication VALUES (?, ?, ?, ?, ?, ?, ?)",
            (given.what, given.device, given.command, given.status, given.reason, rfc3339(given.at), given.operator),
        )

    def publications(self, what: str) -> list[Publication]:
        """Return what each device last said about a notice, or about `roster`."""
        query = "SELECT * FROM publication WHERE what = ? ORDER BY device"
        return [
            Publication(thing, device, command, status, reason, datetime.fromisoformat(at), operator)
            for thing, device, command, status, reason, at, operator in self._db.execute(query, (what,))
        ]


def _now() -> str:
    return rfc3339(datetime.now(UTC))
