"""What in the ratings of a quarter deserves a look, with its evidence. Pure; it judges nobody and removes nothing."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rating_terminal.evaluation import Count, Tally, grouped, wilson


@dataclass(frozen=True, slots=True)
class Press:
    """One stored event of a window; `at` is local time, `event` its id."""

    event: str
    kind: str
    window: str
    at: datetime
    clerk: str = ""
    service: str = ""
    level: int | None = None
    cause: str = ""
    seconds: float = 0
    told: str = ""

    @property
    def count(self) -> Count:
        """The event as evaluation counts it."""
        return Count(self.kind, self.window, self.clerk, self.level, self.cause, 1, self.seconds)


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on something is shown; `share` and `gap` are parts of 1."""

    burst_ratings: int = 5
    burst_seconds: float = 120
    hour_ratings: int = 20
    hour_share: float = 0.6
    hour_gap: float = 0.3
    rate_asked: int = 20
    rate_gap: float = 0.1
    outside_presses: int = 5
    cancelled: int = 5
    cancelled_share: float = 0.1
    blank_seconds: float = 3600


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One thing to look at: `seen` beside `usual`, and the events that show it."""

    kind: str
    window: str
    clerk: str
    seen: str
    usual: str
    evidence: tuple[Press, ...]


def find(presses: Iterable[Press], unit_of: Callable[[str], str], limits: Limits) -> list[Anomaly]:
    """Return all that is found, in the order of windows; `unit_of` says which unit a window belongs to."""
    ordered = sorted(presses, key=lambda one: (one.at, one.event))
    found = [*_rates(ordered, unit_of, limits)]
    for window in sorted({one.window for one in ordered}):
        own = [one for one in ordered if one.window == window]
        found += [*_bursts(own, limits), *_hours(own, limits), *_outside(own, limits), *_blank(own, limits)]
        found += _cancelled(own, limits)
    return found


def _bursts(own: Sequence[Press], limits: Limits) -> Iterator[Anomaly]:
    """Many ratings in a time in which nobody serves so many citizens."""
    given = [one for one in own if one.kind == "given"]
    for first, last in _crowded(given, limits):
        crowd = tuple(given[first : last + 1])
        seen = f"{len(crowd)} / {_seconds(crowd[0], crowd[-1]):.0f} s"
        usual = f"< {limits.burst_ratings} / {limits.burst_seconds:.0f} s"
        yield Anomaly("burst", crowd[0].window, _one_clerk(crowd), seen, usual, crowd)


def _crowded(given: Sequence[Press], limits: Limits) -> list[tuple[int, int]]:
    """Return first and last place of each crowd; crowds that touch are one."""
    crowds: list[tuple[int, int]] = []
    for first in range(len(given) - limits.burst_ratings + 1):
        last = first + limits.burst_ratings - 1
        if _seconds(given[first], given[last]) > limits.burst_seconds:
            continue
        if crowds and first <= crowds[-1][1]:
            crowds[-1] = (crowds[-1][0], last)
        else:
            crowds.append((first, last))
    return crowds


def _hours(own: Sequence[Press], limits: Limits) -> Iterator[Anomaly]:
    """Most ratings in one hour of the day, while services go on all day."""
    given = [one for one in own if one.kind == "given"]
    asked = [one for one in own if one.kind == "asked"]
    if len(given) < limits.hour_ratings or not asked:
        return
    for hour in range(24):
        then = [one for one in given if one.at.hour == hour]
        share, services = len(then) / len(given), sum(one.at.hour == hour for one in asked) / len(asked)
        if share >= limits.hour_share and share - services >= limits.hour_gap:
            seen = f"{share:.0%} {hour:02}:00-{hour:02}:59"
            yield Anomaly("same_hour", own[0].window, _one_clerk(then), seen, f"{services:.0%}", tuple(then))


def _rates(ordered: Sequence[Press], unit_of: Callable[[str], str], limits: Limits) -> Iterator[Anomaly]:
    """Clerks whose citizens answer much less than those of their unit: surely less, not by chance."""
    counts = [one.count for one in ordered]
    units = grouped(counts, lambda one: unit_of(one.window))
    for (unit, clerk), own in sorted(grouped(counts, lambda one: (unit_of(one.window), one.clerk)).items()):
        if not clerk or own.invited < limits.rate_asked or units[unit].answer_rate is None:
            continue
        rate, usual = wilson(own.given, own.invited), units[unit].answer_rate or 0.0
        if rate.high < usual - limits.rate_gap:
            unanswered = [one for one in ordered if one.clerk == clerk and one.kind == "unanswered"]
            shown = tuple(one for one in unanswered if unit_of(one.window) == unit)
            yield Anomaly("answer_rate", _one_window(shown), clerk, _of(own), f"{usual:.0%}", shown)


def _outside(own: Sequence[Press], limits: Limits) -> Iterator[Anomaly]:
    """Presses while nobody was being served."""
    outside = [one for one in own if one.cause == "outside_service"]
    if len(outside) >= limits.outside_presses:
        seen, usual = f"{len(outside)}", f"< {limits.outside_presses}"
        yield Anomaly("outside_service", own[0].window, "", seen, usual, tuple(outside))


def _cancelled(own: Sequence[Press], limits: Limits) -> Iterator[Anomaly]:
    """Invitations taken back: a way to be rid of a citizen who looks angry."""
    for clerk in sorted({one.clerk for one in own if one.cause == "cancelled"}):
        gone = tuple(one for one in own if one.cause == "cancelled" and one.clerk == clerk)
        asked = sum(one.kind == "asked" and one.clerk == clerk for one in own)
        if len(gone) >= limits.cancelled and len(gone) >= limits.cancelled_share * asked:
            usual = f"< {limits.cancelled} | < {limits.cancelled_share:.0%}"
            yield Anomaly("cancelled", own[0].window, clerk, f"{len(gone)} / {asked}", usual, gone)


def _blank(own: Sequence[Press], limits: Limits) -> Iterator[Anomaly]:
    """The terminal was gone or dark in opening hours."""
    blank = tuple(one for one in own if one.kind == "blank")
    seconds = sum(one.seconds for one in blank)
    if seconds >= limits.blank_seconds:
        yield Anomaly(
            "blank", own[0].window, "", f"{seconds / 60:.0f} min", f"< {limits.blank_seconds / 60:.0f} min", blank
        )


def _seconds(one: Press, other: Press) -> float:
    return (other.at - one.at).total_seconds()


def _one_clerk(presses: Sequence[Press]) -> str:
    return ", ".join(sorted({one.clerk for one in presses if one.clerk})[:3])


def _one_window(presses: Sequence[Press]) -> str:
    return ", ".join(sorted({one.window for one in presses})[:3])


def _of(own: Tally) -> str:
    return f"{own.given} / {own.invited} = {own.given / own.invited:.0%}"
