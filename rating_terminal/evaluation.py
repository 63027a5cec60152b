"""What ratings say about windows, clerks and units, and how sure one can be. Pure: counts in, figures out.

Nothing is left out in silence: what is not counted as a rating is counted as excluded, under its cause.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import sqrt
from typing import TypeVar

levels = (5, 4, 3, 2, 1)
bad_levels = (2, 1)
causes = ("outside_service", "duplicate", "staff_test", "rate_limited", "changed", "cancelled")
sources = ("rating", "spot_check", "call_back", "online")
# Two-sided 95 % of the normal distribution.
confidence = 1.959964
written = re.compile(r"((?:19[7-9]|2[0-9]{2})[0-9])-Q([1-4])")
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """Three months of a year; `number` is 1 to 4."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> "Quarter":
        """Return the quarter that a day lies in."""
        return cls(day.year, (day.month + 2) // 3)

    @classmethod
    def read(cls, text: str) -> "Quarter":
        """Read `2026-Q4`. Raises ValueError for anything else."""
        found = written.fullmatch(text)
        if found is None:
            raise ValueError(f"{text[:20]!r} is no quarter; write one such as 2026-Q4")
        return cls(int(found[1]), int(found[2]))

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def after(self) -> "Quarter":
        """The next quarter."""
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    @property
    def before(self) -> "Quarter":
        """The last quarter before it."""
        return Quarter.of(self.first - timedelta(days=1))

    def __str__(self) -> str:
        return f"{self.year}-Q{self.number}"


@dataclass(frozen=True, slots=True)
class Count:
    """So many equal events of one window: `kind` is asked, given, unanswered, excluded or blank.

    `window` is `{tenant}.{post}/{window}`; `seconds` is the blank time of all of them together.
    """

    kind: str
    window: str
    clerk: str = ""
    level: int | None = None
    cause: str = ""
    number: int = 1
    seconds: float = 0


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate between its two bounds."""

    low: float
    middle: float
    high: float

    @property
    def width(self) -> float:
        """How unsure it is."""
        return self.high - self.low


@dataclass(frozen=True, slots=True)
class Tally:
    """What came together for one window, clerk or unit in one span of time."""

    asked: int = 0
    given_by_level: Mapping[int, int] = field(default_factory=dict)
    unanswered: int = 0
    excluded_by_cause: Mapping[str, int] = field(default_factory=dict)
    blank_seconds: float = 0

    @property
    def given(self) -> int:
        """How many ratings were given."""
        return sum(self.given_by_level.values())

    @property
    def excluded(self) -> int:
        """How many presses were not counted."""
        return sum(self.excluded_by_cause.values())

    @property
    def invited(self) -> int:
        """How many services were invited to rate; an answer proves its invitation, even when that event is lost."""
        return max(self.asked, self.given + self.unanswered)

    @property
    def answer_rate(self) -> float | None:
        """Given ÷ asked, 0 to 1; None when nobody was asked. A cancelled invitation stays an invitation."""
        return self.given / self.invited if self.invited else None

    @property
    def bad(self) -> int:
        """How many ratings open a case."""
        return sum(self.given_by_level.get(level, 0) for level in bad_levels)

    def share(self, level: int) -> float | None:
        """Return which part of the ratings has this level, 0 to 1; None without ratings."""
        return self.given_by_level.get(level, 0) / self.given if self.given else None

    def satisfied(self, least: int) -> Interval | None:
        """Return the share of ratings of level `least` or better with its 95 % interval; None without ratings."""
        good = sum(number for level, number in self.given_by_level.items() if level >= least)
        return wilson(good, self.given) if self.given else None

    def average(self) -> Interval | None:
        """Return the mean level, 1 to 5, with an interval that is at least 95 %; None without ratings.

        A mean of values within fixed bounds varies at most as a share does, so the interval of a share holds it.
        """
        if not self.given:
            return None
        points = sum((level - 1) / 4 * number for level, number in self.given_by_level.items())
        found = wilson(points, self.given)
        return Interval(*(1 + 4 * one for one in (found.low, found.middle, found.high)))

    def plus(self, one: Count) -> "Tally":
        """Return the tally with more events; an event of a kind that is not counted changes nothing."""
        return _sum(self, _alone(one))


def _alone(one: Count) -> Tally:
    match one.kind:
        case "asked":
            return Tally(asked=one.number)
        case "given" if one.level in levels:
            return Tally(given_by_level={one.level: one.number})
        case "unanswered":
            return Tally(unanswered=one.number)
        case "excluded":
            return Tally(excluded_by_cause={one.cause or "?": one.number})
        case "blank":
            return Tally(blank_seconds=one.seconds)
        case _:
            return Tally()


def _sum(one: Tally, other: Tally) -> Tally:
    return Tally(
        one.asked + other.asked,
        _added(one.given_by_level, other.given_by_level),
        one.unanswered + other.unanswered,
        _added(one.excluded_by_cause, other.excluded_by_cause),
        one.blank_seconds + other.blank_seconds,
    )


def _added(one: Mapping[K, int], other: Mapping[K, int]) -> dict[K, int]:
    return {key: one.get(key, 0) + other.get(key, 0) for key in (*one, *(key for key in other if key not in one))}


def tally(counts: Iterable[Count]) -> Tally:
    """Return what comes together, in any order."""
    total = Tally()
    for one in counts:
        total = total.plus(one)
    return total


def grouped(counts: Iterable[Count], key: Callable[[Count], K]) -> dict[K, Tally]:
    """Return one tally for each value of `key`."""
    groups: dict[K, Tally] = {}
    for one in counts:
        name = key(one)
        groups[name] = groups.get(name, Tally()).plus(one)
    return groups


def wilson(good: float, n: int) -> Interval:
    """Return a share with its 95 % score interval.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
    Statistical Association 22 (1927), 209-212. Unlike share ± error it stays within 0 and 1 and holds for few ratings.
    Raises ValueError when `good` of `n` is no share.
    """
    if n < 1 or not 0 <= good <= n:
        raise ValueError(f"{good} of {n} is no share")
    share, z2 = good / n, confidence**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    reach = confidence / (1 + z2 / n) * sqrt(max(0.0, share * (1 - share)) / n + z2 / (4 * n * n))
    return Interval(max(0.0, min(share, centre - reach)), share, min(1.0, max(share, centre + reach)))


@dataclass(frozen=True, slots=True)
class Part:
    """What one source adds to a composite score; `weight` is its renormalised one, `score` 0 to 100."""

    source: str
    weight: float
    score: float


@dataclass(frozen=True, slots=True)
class Composite:
    """A score of 0 to 100 from the sources that are there; None when none is. `missing` names the others."""

    score: float | None
    parts: tuple[Part, ...]
    missing: tuple[str, ...]


def composite(scores: Mapping[str, float], weights: Mapping[str, float]) -> Composite:
    """Weigh scores of 0 to 100; the weights of missing sources go to the others in proportion."""
    wanted = [source for source in sources if weights.get(source, 0) > 0]
    there = [source for source in wanted if source in scores]
    whole = sum(weights[source] for source in there)
    parts = tuple(Part(source, weights[source] / whole, scores[source]) for source in there)
    score = min(100.0, sum(part.weight * part.score for part in parts)) if parts else None
    return Composite(score, parts, tuple(source for source in wanted if source not in scores))


def rating_score(total: Tally, least: int) -> float | None:
    """Return 100 × the lower bound of the satisfied share: what is proved, so that few ratings prove little."""
    found = total.satisfied(least)
    return 100 * found.low if found else None


@dataclass(frozen=True, slots=True)
class Entry:
    """One that is ranked: its ratings and its composite score."""

    name: str
    ratings: int
    score: float | None


@dataclass(frozen=True, slots=True)
class Ranking:
    """`ranked` from best to last; `too_few` have fewer ratings than a judgement needs. Equals share a place."""

    ranked: tuple[Entry, ...] = ()
    too_few: tuple[Entry, ...] = ()

    @property
    def best(self) -> tuple[str, ...]:
        """Who is praised: nobody while there is nobody to be better than."""
        return self._at(0)

    @property
    def last(self) -> tuple[str, ...]:
        """Who is warned: nobody while there is nobody to be worse than."""
        return self._at(-1)

    def place(self, name: str) -> int | None:
        """Return the place, 1 for the best; None for one that is not ranked."""
        score = next((one.score for one in self.ranked if one.name == name), None)
        return None if score is None else 1 + sum(one.score is not None and one.score > score for one in self.ranked)

    def _at(self, end: int) -> tuple[str, ...]:
        if not self.ranked or self.ranked[0].score == self.ranked[-1].score:
            return ()
        return tuple(one.name for one in self.ranked if one.score == self.ranked[end].score)


def rank(entries: Iterable[Entry], fewest: int) -> Ranking:
    """Rank by score those with at least `fewest` ratings; the others are named, and outrank nobody."""
    ordered = sorted(entries, key=lambda one: (-(one.score if one.score is not None else -1.0), one.name))
    enough = tuple(one for one in ordered if one.ratings >= fewest and one.score is not None)
    return Ranking(enough, tuple(one for one in ordered if one not in enough))


def named_often(named: Mapping[Quarter, Iterable[str]], year: int, times: int = 2) -> dict[str, tuple[Quarter, ...]]:
    """Return who was named in at least `times` quarters of one year, and in which."""
    found: dict[str, tuple[Quarter, ...]] = {}
    for quarter in sorted(one for one in named if one.year == year):
        for name in set(named[quarter]):
            found[name] = (*found.get(name, ()), quarter)
    return {name: quarters for name, quarters in sorted(found.items()) if len(quarters) >= times}
