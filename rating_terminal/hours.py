"""When a window is open: lines such as "Mon-Fri 09:00-12:00" or "Sat 10:00-14:00". Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_day = "|".join(days)
_line = re.compile(
    rf"^(?P<first>{_day})(?:-(?P<last>{_day}))? (?P<from>[0-2]\d:[0-5]\d)-(?P<to>[0-2]\d:[0-5]\d)$", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Span:
    """Some days of the week (0 = Monday), from one minute of the day to before another."""

    days: frozenset[int]
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Hours:
    """The opening hours of a week, in the window's own time."""

    spans: tuple[Span, ...]

    @classmethod
    def read(cls, lines: Iterable[str]) -> "Hours":
        """Read the lines. Raises ValueError with a sentence for one that cannot be read."""
        return cls(tuple(_span(line) for line in lines))

    def open_at(self, local: datetime) -> bool:
        """Whether the window is open at this local time."""
        minute = local.hour * 60 + local.minute
        return any(local.weekday() in span.days and span.begin <= minute < span.end for span in self.spans)

    def open_seconds(self, begin: datetime, end: datetime) -> float:
        """How many seconds between two local times the window was open; to the minute, at most 31 days."""
        end = min(end, begin + timedelta(days=31))
        total, moment = 0.0, begin
        while moment < end:
            after = min(end, moment.replace(second=0, microsecond=0) + timedelta(minutes=1))
            if self.open_at(moment):
                total += (after - moment).total_seconds()
            moment = after
        return total


def _span(line: str) -> Span:
    found = _line.match(line)
    if found is None:
        raise ValueError(f'{line!r} is no opening time; write for instance "Mon-Fri 09:00-17:00"')
    first = days.index(found["first"])
    last = days.index(found["last"] or found["first"])
    begin, end = _minutes(found["from"]), _minutes(found["to"])
    if last < first or end <= begin or end > 24 * 60:
        raise ValueError(f"{line!r} ends before it begins; write the earlier day and time first")
    return Span(frozenset(range(first, last + 1)), begin, end)


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
