"""Ratings as ingest has stored them, read only, each question on a connection and a thread of its own.

A quarter of a district is tens of thousands of events; the board must not wait while they are counted.
"""

import asyncio
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, time
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from center.anomalies import Press
from center.cases import Rating
from edge.event import rfc3339
from rating_terminal.evaluation import Count, Quarter

T = TypeVar("T")
kinds = ("rating.asked", "rating.given", "rating.unanswered", "rating.excluded", "rating.blank")
chosen = f"severity = 'service' AND kind IN ({', '.join(repr(kind) for kind in kinds)})"
span = f"{chosen} AND at >= ? AND at < ?"
counted = f"""
SELECT kind, device, data ->> '$.window', data ->> '$.clerk', data ->> '$.level', data ->> '$.cause', count(*),
  total(data ->> '$.seconds') FROM event WHERE {span} GROUP BY 1, 2, 3, 4, 5, 6"""  # noqa: S608 - our own words
listed = f"SELECT id, kind, device, at, data FROM event WHERE {span} ORDER BY position"  # noqa: S608
bad = f"SELECT id, device, at, data FROM event WHERE {span} AND kind = 'rating.given' AND data ->> '$.level' <= 2"  # noqa: S608
one = "SELECT id, device, at, data FROM event WHERE device = ? AND id = ? AND kind = 'rating.given'"


class RatingFacts:
    """Questions to center.sqlite3. All raise sqlite3.Error when it cannot be read."""

    def __init__(self, path: Path, zone: ZoneInfo) -> None:
        """`zone` is where quarters begin at midnight."""
        self._path, self._zone = path, zone

    async def counts(self, quarter: Quarter) -> list[Count]:
        """Return what happened in a quarter, counted by kind, window, clerk, level and cause."""
        return [_count(row) for row in await self._rows(counted, *self._span(quarter))]

    async def presses(self, quarter: Quarter) -> list[Press]:
        """Return every event of a quarter."""
        return await self._asked(listed, self._span(quarter), self._press)

    async def bad(self, quarter: Quarter) -> list[Rating]:
        """Return the ratings of a quarter that open a case, newest first."""
        found = await self._asked(bad, self._span(quarter), _rating)
        return sorted(found, key=lambda rating: rating.at, reverse=True)

    async def rating(self, device: str, event: str) -> Rating | None:
        """Return one rating that opened a case, or None."""
        found = await self._asked(one, (device, event), _rating)
        return found[0] if found and found[0].level <= 2 else None

    async def first(self) -> datetime | None:
        """Return when the oldest event came, or None."""
        rows = await self._rows(f"SELECT min(at) FROM event WHERE {chosen}")  # noqa: S608 - our own words
        return datetime.fromisoformat(rows[0][0]).astimezone(self._zone) if rows and rows[0][0] else None

    def _span(self, quarter: Quarter) -> tuple[str, str]:
        begin, end = (
            rfc3339(datetime.combine(day, time(), self._zone)) for day in (quarter.first, quarter.after.first)
        )
        return begin, end

    def _press(self, row: tuple[Any, ...]) -> Press:
        event, kind, device, at, text = row
        data = json.loads(text)
        seconds, level = data.get("seconds"), data.get("level")
        return Press(
            event=event,
            kind=kind.removeprefix("rating."),
            window=f"{device}/{data.get('window', '')}",
            at=datetime.fromisoformat(at).astimezone(self._zone),
            clerk=str(data.get("clerk", "")),
            service=str(data.get("service", "")),
            level=level if isinstance(level, int) else None,
            cause=str(data.get("cause", "")),
            seconds=float(seconds) if isinstance(seconds, int | float) else 0.0,
            told=str(data.get("evidence", data.get("reason", ""))),
        )

    async def _rows(self, query: str, *given: object) -> list[tuple[Any, ...]]:
        return await self._asked(query, given, tuple)

    async def _asked(self, query: str, given: tuple[object, ...], read: Callable[[tuple[Any, ...]], T]) -> list[T]:
        return await asyncio.to_thread(self._ask, query, given, read)

    def _ask(self, query: str, given: tuple[object, ...], read: Callable[[tuple[Any, ...]], T]) -> list[T]:
        with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=2)) as db:
            return [read(row) for row in db.execute(query, given)]


def _count(row: tuple[Any, ...]) -> Count:
    kind, device, window, clerk, level, cause, number, seconds = row
    return Count(
        kind=kind.removeprefix("rating."),
        window=f"{device}/{window or ''}",
        clerk=str(clerk or ""),
        level=level if isinstance(level, int) else None,
        cause=str(cause or ""),
        number=number,
        seconds=seconds if kind == "rating.blank" else 0.0,
    )


def _rating(row: tuple[Any, ...]) -> Rating:
    event, device, at, text = row
    data = json.loads(text)
    level, reasons = data.get("level"), data.get("reasons")
    return Rating(
        device=device,
        event=event,
        at=datetime.fromisoformat(at),
        window=str(data.get("window", "")),
        clerk=str(data.get("clerk", "")),
        service=str(data.get("service", "")),
        level=level if isinstance(level, int) else 0,
        reasons=tuple(str(reason) for reason in reasons) if isinstance(reasons, list) else (),
    )
