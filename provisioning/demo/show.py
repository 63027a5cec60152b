"""One simulated post as its visitors see it, looked at only while somebody watches."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

import httpx

from provisioning.demo.history import History
from provisioning.demo.parts import Parts

look_every_seconds = 0.25
still_here_seconds = 10.0
State = dict[str, Any]


class Show:
    """Parts and history of one post; one look serves all visitors."""

    def __init__(self, parts: Parts, history: History, media: httpx.AsyncClient) -> None:
        """Take where to look, and media, whose loudspeaker is streamed."""
        self.parts = parts
        self.media = media
        self._history = history
        self._visitors: dict[asyncio.Queue[State], None] = {}
        self._soon = asyncio.Event()
        self._state: State = {}

    def look_soon(self) -> None:
        """Look at once, since something was done to the post."""
        self._soon.set()

    async def watch(self) -> None:
        """Look again and again and tell the visitors what has changed, until cancelled."""
        while True:
            await self._pause()
            state = await self.look()
            news = {name: value for name, value in state.items() if self._state.get(name) != value}
            self._state = state
            if news:
                for visitor in self._visitors:
                    _tell(visitor, news)

    async def look(self) -> State:
        """Return what a person would see of the post now."""
        parts, entries = await asyncio.gather(self.parts.show(), asyncio.to_thread(self._history.entries))
        return {"parts": parts, "faults": self.parts.faults(parts), "events": [asdict(entry) for entry in entries]}

    async def states(self) -> AsyncIterator[State | None]:
        """Yield the whole state now, then what has changed; None when nothing has for a while."""
        visitor: asyncio.Queue[State] = asyncio.Queue(1)
        self._visitors[visitor] = None
        try:
            yield await self.look()
            self.look_soon()
            while True:
                yield await _next(visitor)
        finally:
            del self._visitors[visitor]

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(look_every_seconds if self._visitors else None):
                await self._soon.wait()
        except TimeoutError:
            return
        self._soon.clear()


async def _next(visitor: asyncio.Queue[State]) -> State | None:
    try:
        async with asyncio.timeout(still_here_seconds):
            return await visitor.get()
    except TimeoutError:
        return None


def _tell(visitor: asyncio.Queue[State], news: State) -> None:
    """Put it beside what a slow visitor has not yet taken: for each name only the newest counts."""
    untaken = visitor.get_nowait() if visitor.full() else {}
    visitor.put_nowait({**untaken, **news})
