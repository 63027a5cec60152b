"""RTP time stamps for a picture stream that starts in the past (pure).

A viewer begins with cached pictures up to a GOP old. Sent with their true stamps, the browser would play them at their
pace and stay seconds behind. Squeezed to about a thirtieth of their spacing (40 ms become 1.3 ms), it decodes straight
through them to the live picture, and shows that.
"""

from dataclasses import dataclass, replace

CLOCK_RATE = 90_000
"""Ticks a second of every RTP video clock (RFC 6184)."""

SQUEEZE = 30
LEAST = 9
"""Ticks between two pictures at the least: equal stamps would make them one picture."""


@dataclass(frozen=True)
class Stamper:
    """Turns a picture's camera time into the stamp to send; `live` is the camera time at which this viewer catches up."""

    live: int = 0
    last: int | None = None


def begin(now: Stamper, pts: int, age_ns: int) -> Stamper:
    """Start a burst at this picture, which reached the post `age_ns` nanoseconds ago."""
    return replace(now, live=pts + age_ns * CLOCK_RATE // 1_000_000_000)


def stamp(now: Stamper, pts: int) -> tuple[Stamper, int]:
    """Return the stamp of the next picture, always greater than the one before."""
    given = pts if pts >= now.live else now.live - (now.live - pts) // SQUEEZE
    if now.last is not None:
        given = max(given, now.last + LEAST)
    return replace(now, last=given), given
