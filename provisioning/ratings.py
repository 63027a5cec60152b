"""The ratings that a device still holds, and whether every one since its installation is accounted for. Pure."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge.event import Event, parse
from edge.outbox_reader import Whole

given = "rating.given"
gap = "outbox.gap"
lane = "rating_terminal"
prefix = "rating."
columns = (
    "id",
    "time",
    "clock",
    "kind",
    "window",
    "service",
    "clerk",
    "level",
    "reasons",
    "source",
    "seconds",
    "cause",
)
# The program counts every rating in the transaction that stores it, and every one that a centre has acknowledged.
recorded_key, acknowledged_key = "recorded", "acknowledged"
# A spreadsheet takes a text that begins so for a formula.
formula_starts = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Ratings:
    """What a device's file holds at one moment. `recorded` and `acknowledged` count ratings since the installation."""

    events: tuple[Event, ...]
    recorded: int
    acknowledged: int
    missing: tuple[str, ...]

    @property
    def waiting(self) -> int:
        """How many ratings are on disk and no centre has acknowledged."""
        return sum(event.kind == given for event in self.events)

    @property
    def problems(self) -> tuple[str, ...]:
        """A sentence for each way in which a rating is not accounted for."""
        lost = self.recorded - self.acknowledged - self.waiting
        if lost > 0:
            return (*self.missing, f"{lost} of {self.recorded} ratings are neither acknowledged nor on disk")
        if lost < 0:
            return (*self.missing, f"{-lost} ratings are on disk that were never counted: the file was replaced")
        return self.missing

    def counts(self) -> Mapping[str, int]:
        """Count what is on disk, by kind."""
        return dict(sorted(Counter(event.kind for event in self.events if event.kind.startswith(prefix)).items()))

    def levels(self) -> Mapping[int, int]:
        """Count the ratings on disk, by level, the best first."""
        found = Counter(int(event.data["level"]) for event in self.events if event.kind == given)
        return {level: found[level] for level in range(5, 0, -1)}


def ratings_in(whole: Whole) -> Ratings:
    """Read a device's file. Raises ValueError with a sentence for what is not ours."""
    events = tuple(parse(json.loads(row.body)) for row in whole.events if row.outbox == lane)
    recorded, acknowledged = (int(whole.kept.get(key, "0")) for key in (recorded_key, acknowledged_key))
    return Ratings(events, recorded, acknowledged, tuple(_missing(whole, events)))


def _missing(whole: Whole, events: Sequence[Event]) -> Iterator[str]:
    """Find numbers between the acknowledged and the last one that nobody has and no outbox.gap explains."""
    given_up = {
        (event.data["outbox"], event.data["epoch"], number)
        for event in events
        if event.kind == gap
        for number in range(event.data["first"], event.data["last"] + 1)
    }
    expected: dict[str, int] = {}
    for event in events:
        # A file that was salvaged no longer knows what was acknowledged before.
        acknowledged = whole.acknowledged.get((lane, event.epoch), event.sequence - 1)
        first = expected.get(event.epoch, acknowledged + 1)
        absent = [number for number in range(first, event.sequence) if (lane, event.epoch, number) not in given_up]
        if absent:
            yield f"{len(absent)} events are missing from the disk, the first is {lane}:{event.epoch}:{absent[0]}"
        expected[event.epoch] = event.sequence + 1


def rows(ratings: Ratings) -> Iterator[Mapping[str, Any]]:
    """Return a row for each rating event on disk, in their order, safe to be opened in a spreadsheet."""
    for event in ratings.events:
        if event.kind.startswith(prefix):
            data = {key: value for key, value in event.data.items() if key in columns}
            yield {
                "id": event.id,
                "time": event.stamp.wall.isoformat(),
                "clock": event.stamp.state.value,
                "kind": event.kind,
                **{key: plain(value) for key, value in data.items()},
            }


def plain(value: object) -> object:
    """Return what may stand in a cell: lists joined, a text that looks like a formula with an apostrophe before it."""
    match value:
        case None:
            return ""
        case list() | tuple():
            return plain(" ".join(map(str, value)))
        case str() if value.startswith(formula_starts):
            return f"'{value}"
        case _:
            return value
