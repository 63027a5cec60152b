"""The machine's timers on the loop."""

import asyncio
from collections.abc import Callable

from rating_terminal.visit import Timer

Fired = Callable[[Timer, str], None]


class Timers:
    """Starts and stops; calls `fired` with timer and session on the loop."""

    def __init__(self, fired: Fired) -> None:
        """Begin with none. Needs a running loop."""
        self._fired = fired
        self._running: dict[tuple[str, Timer], asyncio.TimerHandle] = {}

    def start(self, timer: Timer, session: str, seconds: float) -> None:
        """Begin, or begin anew."""
        before = self._running.pop((session, timer), None)
        if before is not None:
            before.cancel()
        loop = asyncio.get_running_loop()
        self._running[session, timer] = loop.call_later(seconds, self._run_out, timer, session)

    def stop(self, session: str) -> None:
        """Forget all of a session."""
        for key in [key for key in self._running if key[0] == session]:
            self._running.pop(key).cancel()

    def left(self, timer: Timer, session: str) -> float | None:
        """Seconds until it runs out, or None when it does not run."""
        handle = self._running.get((session, timer))
        return None if handle is None else max(0.0, handle.when() - asyncio.get_running_loop().time())

    def _run_out(self, timer: Timer, session: str) -> None:
        self._running.pop((session, timer), None)
        self._fired(timer, session)
