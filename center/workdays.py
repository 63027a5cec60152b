"""Working days of China: weekends, public holidays, and the weekends that are worked instead. Pure.

The State Council announces each year's holidays late in the year before; the calendar package then follows. A year that
it does not know yet is counted by weekdays, and the answer says so.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import chinese_calendar  # type: ignore[import-untyped]

saturday = 5


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day; `by_weekdays` when some day of the way was not known to the calendar of holidays."""

    day: date
    by_weekdays: bool


def deadline(start: date, working_days: int) -> Deadline:
    """Return the day that lies so many working days after `start`, which itself does not count."""
    day, guessed = start, False
    while working_days > 0:
        day += timedelta(days=1)
        works, known = working(day)
        guessed = guessed or not known
        working_days -= works
    return Deadline(day, guessed)


def working(day: date) -> tuple[bool, bool]:
    """Return whether people work on a day, and whether the calendar of holidays knows that."""
    try:
        return chinese_calendar.is_workday(day), True
    except NotImplementedError:  # what the package raises for years outside its tables
        return day.weekday() < saturday, False
