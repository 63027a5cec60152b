"""Readiness that is proved, not claimed: each part has a last proof and a limit for its age.

Pure. A lamp that says "ready" without proof is the scandal of this trade; one green means all within their limits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum


class Condition(StrEnum):
    """What can be said of a part."""

    PROVED = "proved"
    OVERDUE = "overdue"
    FAULTY = "faulty"


@dataclass(frozen=True, slots=True)
class Part:
    """One part that a press needs; times are CLOCK_BOOTTIME seconds."""

    limit_seconds: float
    proved_at: float | None = None
    fault: str | None = None

    def condition(self, now: float) -> Condition:
        """Judge the part at a moment."""
        if self.fault is not None:
            return Condition.FAULTY
        if self.proved_at is None or now - self.proved_at > self.limit_seconds:
            return Condition.OVERDUE
        return Condition.PROVED


Readiness = Mapping[str, Part]


def proved(parts: Readiness, name: str, now: float) -> Readiness:
    """The part has just worked."""
    return {**parts, name: replace(parts[name], proved_at=now, fault=None)}


def faulty(parts: Readiness, name: str, reason: str) -> Readiness:
    """The part has just failed."""
    return {**parts, name: replace(parts[name], fault=reason)}


def ready(parts: Readiness, now: float) -> bool:
    """Whether everything that a press needs is proved."""
    return all(part.condition(now) is Condition.PROVED for part in parts.values())


def summary(parts: Readiness, now: float) -> dict[str, object]:
    """Return what birth, heartbeat and technicians see."""
    shown = {
        name: {
            "state": part.condition(now).value,
            "proved_seconds_ago": None if part.proved_at is None else round(now - part.proved_at, 1),
            "limit_seconds": part.limit_seconds,
            "reason": part.fault,
        }
        for name, part in parts.items()
    }
    return {"ready": ready(parts, now), "parts": shown}
