"""Tells panic whether any centre can be reached; best effort, the newest news only."""

import asyncio
import logging

from edge.clock import Clock
from edge.event import rfc3339
from edge.forwarder.programs import ProgramDownError, Programs

log = logging.getLogger(__name__)
repeat_seconds = 15.0


class LinkNews:
    """Holds which centres are connected and keeps panic informed, also after panic has restarted."""

    def __init__(self, programs: Programs, clock: Clock) -> None:
        """Start with nobody connected."""
        self._programs = programs
        self._clock = clock
        self._connected: set[str] = set()
        self._since = rfc3339(clock.stamp().wall)
        self._news = asyncio.Event()

    @property
    def connected(self) -> bool:
        """Whether any centre is connected."""
        return bool(self._connected)

    def put(self, centre: str, *, connected: bool) -> None:
        """Take note of a connection, or of its loss."""
        before = self.connected
        (self._connected.add if connected else self._connected.discard)(centre)
        if before != self.connected:
            self._since = rfc3339(self._clock.stamp().wall)
            self._news.set()

    async def run(self) -> None:
        """Tell panic at each change, and now and then in between, until cancelled."""
        while True:
            self._news.clear()
            try:
                await self._programs.tell_link(connected=self.connected, since=self._since)
            except ProgramDownError as problem:
                log.debug("panic was not told of the connection: %s", problem)
            try:
                async with asyncio.timeout(repeat_seconds):
                    await self._news.wait()
            except TimeoutError:
                continue
