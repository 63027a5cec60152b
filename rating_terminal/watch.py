"""Limits and patterns of abuse: how often something may happen, and what looks unlike people. Pure.

Nothing here takes a rating away. Presses that are not counted are written one by one up to a limit, then added up; what
looks strange is told with its evidence, and people decide.
"""

from collections import Counter
from dataclasses import dataclass, replace

window_seconds = 60.0
burst_ratings = 8  # within a minute; a served citizen takes longer than that
burst_seconds = 60.0
row_length = 25  # the same level without an exception
quick_seconds = 0.7  # nobody reads five keys in less
quick_share = 0.5
remembered = 50


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in any minute; times in seconds."""

    most: int
    times: tuple[float, ...] = ()

    def take(self, at: float) -> "tuple[Rate, bool]":
        """Count one, and tell whether it is still within the limit; what is beyond it does not count."""
        recent = tuple(time for time in self.times if at - time < window_seconds)
        if len(recent) >= self.most:
            return replace(self, times=recent), False
        return replace(self, times=(*recent, at)), True


@dataclass(frozen=True, slots=True)
class Folded:
    """Uncounted presses that came too fast to be written one by one."""

    since: float
    last: float
    presses: int

    @property
    def evidence(self) -> str:
        """What is written instead of each of them."""
        lasted = self.last - self.since
        return f"{self.presses} more presses within {lasted:.0f} s were not counted; they came too fast to list each"


def fold(before: Folded | None, at: float) -> Folded:
    """Add one."""
    return Folded(at, at, 1) if before is None else replace(before, last=at, presses=before.presses + 1)


def due(folded: Folded | None, at: float) -> bool:
    """Whether what was added up is to be written now."""
    return folded is not None and (at - folded.last >= window_seconds or at - folded.since >= 10 * window_seconds)


@dataclass(frozen=True, slots=True)
class Seen:
    """A counted rating as the watch remembers it: when, which level, how soon after the invitation."""

    at: float
    level: int
    after: float


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something that looks unlike people, with its evidence."""

    kind: str
    evidence: str


def remember(past: tuple[Seen, ...], seen: Seen) -> tuple[Seen, ...]:
    """Keep the most recent ratings."""
    return (*past, seen)[-remembered:]


def anomalies(past: tuple[Seen, ...]) -> tuple[Anomaly, ...]:
    """Tell what is strange about the most recent ratings."""
    found = (_burst(past), _row(past), _quick(past))
    return tuple(anomaly for anomaly in found if anomaly is not None)


def _burst(past: tuple[Seen, ...]) -> Anomaly | None:
    for first, last in zip(past, past[burst_ratings - 1 :], strict=False):
        if last.at - first.at <= burst_seconds:
            return Anomaly("burst", f"{burst_ratings} ratings within {last.at - first.at:.0f} s")
    return None


def _row(past: tuple[Seen, ...]) -> Anomaly | None:
    if len(past) < row_length:
        return None
    level, times = Counter(seen.level for seen in past[-row_length:]).most_common(1)[0]
    return Anomaly("row", f"the last {times} ratings are all of level {level}") if times == row_length else None


def _quick(past: tuple[Seen, ...]) -> Anomaly | None:
    quick = sum(seen.after < quick_seconds for seen in past)
    if len(past) < 10 or quick < quick_share * len(past):
        return None
    return Anomaly(
        "quick", f"{quick} of the last {len(past)} ratings came within {quick_seconds:g} s of the invitation"
    )
