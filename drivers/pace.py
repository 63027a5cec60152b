"""The beat of a simulated sound device: one call per 20 ms, as a sound card would ask."""

import time
from collections.abc import Callable
from threading import Event, Thread

from drivers.audio import BLOCK_SECONDS

# A desk that was suspended must not be flooded with all the blocks it has slept through.
_FORGET_SECONDS = 0.5


class Pace:
    """A thread that calls `beat(at_ns)` every 20 ms, at_ns being CLOCK_MONOTONIC, until it is stopped."""

    def __init__(self, name: str, beat: Callable[[int], None]) -> None:
        """Start beating at once."""
        self._beat = beat
        self._stopped = Event()
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; no beat follows."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        due = time.monotonic() + BLOCK_SECONDS
        while not self._stopped.wait(max(0.0, due - time.monotonic())):
            self._beat(time.monotonic_ns())
            late = time.monotonic() - due
            due += late if late > _FORGET_SECONDS else BLOCK_SECONDS
