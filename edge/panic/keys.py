"""From a contact's edges to presses, on the loop: the timing is drivers/debounce.py's, the clock is here."""

import asyncio
import time
from collections.abc import Callable

from drivers.contact import Contact, Reading, Sensed
from drivers.debounce import Debounce, Key, Seen, edge, time_passed

loop_faults = {
    Reading.CUT: "the cable to the key is cut",
    Reading.SHORTED: "the cable to the key is short-circuited",
}
stuck = "the key is stuck: it has been down for 30 s"
Report = Callable[[str | None], None]


class KeyWatch:
    """One key: calls `pressed` once a press, and `fault` with a reason or None for its loop."""

    def __init__(self, contact: Contact, pressed: Callable[[], None], fault: Report) -> None:
        """Listen from now on; edges may come from any thread. Needs a running loop."""
        self._contact = contact
        self._pressed = pressed
        self._fault = fault
        self._loop = asyncio.get_running_loop()
        self._state = Debounce()
        self._look: asyncio.TimerHandle | None = None
        contact.listen(self._from_any_thread)
        self._hear_what_is()

    def look(self) -> None:
        """Tell how the key is now: well, stuck, cut, or not there."""
        self._fault(self._trouble())

    def close(self) -> None:
        """Stop listening."""
        if self._look is not None:
            self._look.cancel()
        self._contact.close()

    def _hear_what_is(self) -> None:
        # A key that is held while the program starts is heard as well: the press may have come just before.
        try:
            reading = self._contact.read()
        except OSError as problem:
            self._fault(str(problem))
        else:
            self._sensed(Sensed(reading, time.monotonic_ns()))

    def _trouble(self) -> str | None:
        try:
            reading = self._contact.read()
        except OSError as problem:
            return str(problem)
        return loop_faults.get(reading, stuck if self._state.key is Key.STUCK else None)

    def _from_any_thread(self, sensed: Sensed) -> None:
        self._loop.call_soon_threadsafe(self._sensed, sensed)

    def _sensed(self, sensed: Sensed) -> None:
        if sensed.reading in loop_faults:
            self._fault(loop_faults[sensed.reading])
        elif self._state.key is not Key.STUCK:
            self._fault(None)
        self._take(*edge(self._state, sensed.reading is Reading.CLOSED, sensed.at_ns))

    def _time_passed(self) -> None:
        self._take(*time_passed(self._state, self._closed_now(), time.monotonic_ns()))

    def _closed_now(self) -> bool:
        try:
            return self._contact.read() is Reading.CLOSED
        except OSError:
            return self._state.closed  # the chip went while the key was down: what was told of it counts

    def _take(self, state: Debounce, seen: Seen) -> None:
        self._state = state
        if seen.pressed:
            self._pressed()
        if seen.stuck:
            self._fault(stuck)
        if seen.freed:
            self.look()
        self._look_again(seen.look_at_ns)

    def _look_again(self, at_ns: int | None) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None
        if at_ns is not None:
            wait = max(0.0, (at_ns - time.monotonic_ns()) / 1e9)
            self._look = self._loop.call_later(wait, self._time_passed)
