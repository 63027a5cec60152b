"""Wall clock, boot clock and what the wall clock is worth. A Pi has no battery clock: never trust it unasked."""

import ctypes
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.event import ClockState, Stamp

boot_id_file = Path("/proc/sys/kernel/random/boot_id")
timesync_mark = Path("/run/systemd/timesync/synchronized")
# No post was built before this code was: a wall clock that says so is wrong.
build_floor = datetime(2026, 11, 1, tzinfo=UTC)
clock_unsynchronised = 0x0040  # STA_UNSYNC of adjtimex(2)


class Timex(ctypes.Structure):
    """The head of `struct timex`, adjtimex(2); the kernel fills 208 bytes on 64-bit Linux."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 160),
    )


class Clock:
    """Reads the clocks of this machine. `floor` is a moment that has certainly passed, for instance the last event."""

    def __init__(self, floor: datetime = build_floor) -> None:
        """Start with what is known to have passed."""
        self.floor = max(floor, build_floor)
        self._boot = boot_id_file.read_text().strip()

    def stamp(self) -> Stamp:
        """Read all clocks at once."""
        return self._judged(datetime.now(UTC), kernel_is_synchronised())

    def _judged(self, wall: datetime, synchronised: bool) -> Stamp:
        mono = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        if synchronised:
            state = ClockState.SYNCHRONISED
        else:
            state = ClockState.FLOOR if wall >= self.floor else ClockState.NONE
        return Stamp(max(wall, self.floor) if not synchronised else wall, self._boot, mono, state)


class SimulatedClock(Clock):
    """The demo's clock: `clock set` moves it, or takes its synchronisation away."""

    def __init__(self, floor: datetime = build_floor) -> None:
        """Start in step with the machine."""
        super().__init__(floor)
        self._shift = timedelta(0)
        self._synchronised = True

    def stamp(self) -> Stamp:
        """Read the moved clock."""
        return self._judged(datetime.now(UTC) + self._shift, self._synchronised)

    def shows(self) -> dict[str, str]:
        """Return what the demo page shows."""
        stamp = self.stamp()
        return {"wall": stamp.wall.isoformat(timespec="seconds"), "state": stamp.state.value}

    async def act(self, action: str, body: Mapping[str, object]) -> None:
        """`set {"wall": RFC 3339}` moves the clock as before NTP; `mend` brings it back. Raises ValueError otherwise."""
        match action:
            case "set":
                self._set(body.get("wall", "1970-01-01T00:00:00Z"))
            case "mend":
                self._shift, self._synchronised = timedelta(0), True
            case _:
                raise ValueError(f"the clock knows no action {action!r}; it knows set and mend")

    def _set(self, wall: object) -> None:
        if not isinstance(wall, str):
            raise ValueError(f'wall is {wall!r}; write a time such as "2026-01-01T08:00:00Z"')
        moment = datetime.fromisoformat(wall)
        if moment.tzinfo is None:
            raise ValueError(f"wall is {wall!r}, which names no time zone; end it with Z")
        if not 1970 <= moment.year <= 2100:
            raise ValueError(f"wall is {wall!r}; the demo's clock goes from 1970 to 2100")
        self._shift, self._synchronised = moment - datetime.now(UTC), False


def open_clock(*, demo: bool) -> Clock | SimulatedClock:
    """Return the clock of this device; in the demo it can be moved."""
    return SimulatedClock() if demo else Clock()


def simulated_clock(clock: Clock) -> dict[str, SimulatedClock]:
    """Return the clock as a simulated part, if it is one."""
    return {"clock": clock} if isinstance(clock, SimulatedClock) else {}


def kernel_is_synchronised() -> bool:
    """Whether the kernel's clock is disciplined (adjtimex) or systemd-timesyncd has set it in this boot."""
    timex = Timex()
    answer = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    return (answer >= 0 and not timex.status & clock_unsynchronised) or timesync_mark.exists()
