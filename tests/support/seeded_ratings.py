"""A quarter of ratings for the centre's pages: the same events as terminals send, stored by ingest's own store."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from center.ingest.intake import Fact
from center.ingest.store import Store
from edge.event import ClockState, Event, Severity, Stamp
from rating_terminal.evaluation import Quarter

zone = ZoneInfo("Asia/Shanghai")
units = """
[console.units."户籍大厅"]
windows = ["school.gate/1", "school.gate/2"]
[console.units."交通大厅"]
windows = ["road.hall/1"]
[console.units."老街窗口"]
windows = ["old.street/1"]
"""


@dataclass
class Seeding:
    """Facts of several devices, each outbox numbered without gaps."""

    facts: list[Fact] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)

    def add(self, device: str, kind: str, at: datetime, data: Mapping[str, Any]) -> str:
        """Add one event and return its id."""
        number = self.numbers[device] = self.numbers.get(device, 0) + 1
        stamp = Stamp(at.astimezone(UTC), "boot", number, ClockState.SYNCHRONISED)
        event = Event("rating_terminal", "01SEED", number, kind, Severity.SERVICE, stamp, stamp.wall, data)
        self.facts.append(Fact(device, event))
        return event.id

    def service(self, place: str, at: datetime, level: int | None, clerk: str = "张三") -> str:
        """Add an invitation and its answer, or that there was none; return the id of the last event."""
        device, _, window = place.partition("/")
        of = {"window": window, "service": f"S{len(self.facts)}", "clerk": clerk}
        self.add(device, "rating.asked", at, {**of, "subject": ""})
        later = at + timedelta(seconds=9)
        if level is None:
            return self.add(device, "rating.unanswered", later, {**of, "seconds": 30.0})
        reasons = ["waiting"] if level <= 2 else []
        return self.add(
            device,
            "rating.given",
            later,
            {**of, "level": level, "reasons": reasons, "source": "screen", "seconds": 9.0},
        )

    def store(self, folder: Path) -> None:
        """Write everything into the file of ingest, which must not be running yet."""
        store = Store(folder / "center.sqlite3")
        store.commit(self.facts, datetime.now(UTC))
        store.close()


def moments(quarter: Quarter, number: int) -> Iterator[datetime]:
    """Give so many moments of a quarter in service hours, five minutes apart, 60 a day."""
    first = datetime(quarter.first.year, quarter.first.month, 1, 9, tzinfo=zone)
    for place in range(number):
        yield first + timedelta(days=place // 60, minutes=5 * (place % 60))


def seed(quarter: Quarter) -> Seeding:
    """Return a quarter: a good unit, a bad one with a clerk whom nobody answers, and one with three ratings."""
    seeding = Seeding()
    for place, at in enumerate(moments(quarter, 300)):
        seeding.service(f"school.gate/{1 + place % 2}", at, None if place % 10 == 9 else 5 - (place % 13 == 0))
        seeding.service("road.hall/1", at, None if place % 3 == 0 else (1 if place % 5 == 0 else 3), "李四")
        if place < 60:
            seeding.service("road.hall/1", at + timedelta(minutes=2), 4 if place % 6 == 0 else None, "王五")
    for at in list(moments(quarter, 3)):
        seeding.service("old.street/1", at, 5, "赵六")
    _odd(seeding, quarter)
    return seeding


def _odd(seeding: Seeding, quarter: Quarter) -> None:
    """Add a burst, presses outside services, a staff test and blank time."""
    day = datetime(quarter.first.year, quarter.first.month, 20, 12, tzinfo=zone)
    for number in range(6):
        seeding.service("school.gate/2", day + timedelta(seconds=11 * number), 5, "孙七")
        excluded = {"window": "1", "service": "", "clerk": "", "level": 5, "source": "keypad",
                    "cause": "outside_service", "evidence": "no service was open"}  # fmt: skip
        seeding.add("school.gate", "rating.excluded", day + timedelta(minutes=number), excluded)
    seeding.add("school.gate", "rating.excluded", day, {**excluded, "cause": "staff_test", "evidence": "staff mode"})
    blank = {"window": "1", "seconds": 5400.0, "reason": "the screen was not connected"}
    seeding.add("road.hall", "rating.blank", day, blank)


def stored(folder: Path) -> int:
    """Return how many events the centre has."""
    with closing(sqlite3.connect(folder / "center.sqlite3")) as db:
        return int(db.execute("SELECT count(*) FROM event").fetchone()[0])
