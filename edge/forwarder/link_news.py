"""Tells panic whether any centre can be reached; best effort, the newest news only."""

import asyncio
import logging
from collections.abc import Iterable

from edge.clock import Clock
from edge.event import rfc3339
from edge.forwarder.programs import ProgramDownError, Programs

log = logging.getLogger(__name__)
repeat_seconds = 15.0
# Panic's lamp says whether a press would arrive; the rating terminal shows its code only while a centre can take it.
interested = frozenset({"panic", "rating_terminal"})


class LinkNews:
    """Holds which centres are connected and keeps those informed who show it, also after they have restarted."""

    def __init__(self, programs: Programs, clock: Clock, names: Iterable[str]) -> None:
        """Start with nobody connected; of the programs `names`, those that have the route are told."""
        self._programs = programs
        self._names = tuple(name for name in names if name in interested)
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
        """Tell at each change, and now and then in between, until cancelled."""
        while True:
            self._news.clear()
            # Side by side: a program that hangs must not keep the news from the others.
            await asyncio.gather(*(self._tell(name) for name in self._names))
            try:
                async with asyncio.timeout(repeat_seconds):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def _tell(self, name: str) -> None:
        try:
            await self._programs.tell_link(name, connected=self.connected, since=self._since)
        except ProgramDownError as problem:
            log.debug("%s was not told of the connection: %s", name, problem)
