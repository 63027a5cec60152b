"""The incident's timers on the loop, and what of them survives a restart."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from edge.event import ClockState, Stamp, rfc3339
from edge.panic.incident import Timer


@dataclass(frozen=True, slots=True)
class Due:
    """When a timer runs out: by the clock of this boot, and by the wall."""

    boot: str
    mono: int
    wall: str
    state: str

    def left(self, now: Stamp, longest: float) -> float:
        """Seconds left at `now`, never more than the timer's full length; the full length when nobody can tell."""
        if now.boot == self.boot:
            left = (self.mono - now.mono) / 1e9
        elif ClockState.NONE.value in (self.state, now.state.value):
            left = longest
        else:
            left = (datetime.fromisoformat(self.wall) - now.wall).total_seconds()
        return min(longest, max(0.0, left))


class Timers:
    """Starts, stops and remembers; calls `fired` on the loop."""

    def __init__(self, fired: Callable[[Timer], None]) -> None:
        """Begin with none. Needs a running loop."""
        self._fired = fired
        self._running: dict[Timer, asyncio.TimerHandle] = {}
        self._due: dict[Timer, Due] = {}

    @property
    def due(self) -> Mapping[Timer, Due]:
        """When each running timer runs out."""
        return self._due

    def start(self, timer: Timer, seconds: float, now: Stamp) -> None:
        """Begin, or begin anew."""
        self.stop(timer)
        wall = now.wall + timedelta(seconds=seconds)
        self._due[timer] = Due(now.boot, now.mono + int(seconds * 1e9), rfc3339(wall.astimezone(UTC)), now.state.value)
        self._running[timer] = asyncio.get_running_loop().call_later(seconds, self._run_out, timer)

    def stop(self, timer: Timer) -> None:
        """Forget it; stopping what does not run is no error."""
        self._due.pop(timer, None)
        handle = self._running.pop(timer, None)
        if handle is not None:
            handle.cancel()

    def _run_out(self, timer: Timer) -> None:
        self.stop(timer)
        self._fired(timer)


def boottime_seconds() -> float:
    """CLOCK_BOOTTIME, which does not stop while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
