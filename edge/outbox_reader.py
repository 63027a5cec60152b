"""Read another program's outbox file, without ever being able to write it or hold it up."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A row: `position` is its place in the file, `body` the CloudEvent as JSON text."""

    position: int
    outbox: str
    epoch: str
    sequence: int
    severity: str
    body: str


@dataclass(frozen=True, slots=True)
class Span:
    """What an outbox still holds of one epoch; empty when `last` is below `first`."""

    outbox: str
    epoch: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Whole:
    """All of a file at one moment; `acknowledged` names by outbox and epoch the number up to which the centre has it."""

    events: tuple[StoredEvent, ...]
    acknowledged: Mapping[tuple[str, str], int]
    kept: Mapping[str, str]


class LaneReader:
    """Opens the file for each question, so that a file that was replaced is noticed and no snapshot is held."""

    def __init__(self, path: Path) -> None:
        """Remember the file; it need not exist yet."""
        self._path = path

    def rows(self, after: int, limit: int, outbox: str | None = None) -> list[StoredEvent]:
        """Return up to `limit` rows behind a position, in the order of the file. Raises sqlite3.Error."""
        query = (
            "SELECT position, outbox, epoch, sequence, severity, body FROM events"
            " WHERE position > ? AND (? IS NULL OR outbox = ?) ORDER BY position LIMIT ?"
        )
        return [StoredEvent(*row) for row in self._ask(query, (after, outbox, outbox, limit))]

    def spans(self) -> list[Span]:
        """Return what the file holds, epoch by epoch in their order. Raises sqlite3.Error."""
        query = (
            "SELECT outbox, epoch, first, last FROM ("
            " SELECT outbox, epoch, min(sequence) AS first, max(sequence) AS last FROM events GROUP BY outbox, epoch"
            " UNION ALL"
            " SELECT outbox, epoch, upto + 1, upto FROM acknowledged AS a WHERE NOT EXISTS"
            "  (SELECT 1 FROM events AS e WHERE e.outbox = a.outbox AND e.epoch = a.epoch)"
            ") JOIN epochs USING (epoch) ORDER BY epochs.position, outbox"
        )
        return [Span(*row) for row in self._ask(query, ())]

    def whole(self) -> "Whole":
        """Return everything as it was at one moment, so that it can be added up. Raises sqlite3.Error."""
        events = "SELECT position, outbox, epoch, sequence, severity, body FROM events ORDER BY position"
        with self._opened() as db:
            if db is None:
                return Whole((), {}, {})
            db.execute("BEGIN")  # one snapshot for all three questions
            return Whole(
                tuple(StoredEvent(*row) for row in db.execute(events)),
                {(outbox, epoch): upto for outbox, epoch, upto in db.execute("SELECT * FROM acknowledged")},
                dict(db.execute("SELECT key, value FROM kept")),
            )

    def _ask(self, query: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        with self._opened() as db:
            try:
                return [] if db is None else db.execute(query, values).fetchall()
            except sqlite3.OperationalError as problem:
                if "no such table" in str(problem):
                    return []  # the owner is just creating it
                raise

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection | None]:
        if not self._path.exists():
            yield None
            return
        with closing(sqlite3.connect(f"file:{self._path}?{self._mode()}", uri=True, timeout=0.2)) as db:
            yield db

    def _mode(self) -> str:
        # Without a WAL the owner is not writing, and a reader that may not create one can only read it as it is.
        wal = self._path.with_name(self._path.name + "-wal")
        return "mode=ro" if wal.exists() else "immutable=1"
