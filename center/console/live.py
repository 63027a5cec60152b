"""Tell every open page at once when something has changed: no page ever asks."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from center.console.facts import Facts

keep_alive_seconds = 10.0
sweep_seconds = 0.5


class Changes:
    """A bell that every open page hears."""

    def __init__(self) -> None:
        """Start silent."""
        self._bell = asyncio.Event()
        self.ended = False

    def tell(self) -> None:
        """Ring once."""
        self._bell.set()
        self._bell = asyncio.Event()

    def end(self) -> None:
        """End all streams, so that the server can stop."""
        self.ended = True
        self.tell()

    def next(self) -> asyncio.Event:
        """Return the bell's next ring; take it before looking, so that nothing is missed in between."""
        return self._bell


async def stream(changes: Changes, show: Callable[[], dict[str, Any] | None]) -> AsyncIterator[str]:
    """Yield server-sent events: what `show` returns, whenever that is new; ends when it returns None."""
    sent = ""
    yield "retry: 1000\n\n"
    while not changes.ended:
        bell = changes.next()
        shown = show()
        if shown is None:
            return
        text = json.dumps(shown, ensure_ascii=False)
        # An empty comment shows a dead connection to both ends while nothing happens.
        yield f"data: {text}\n\n" if text != sent else ": still here\n\n"
        sent = text
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(bell.wait(), keep_alive_seconds)


class Watch(asyncio.DatagramProtocol):
    """Notices that ingest has stored something: at once by its datagram, else by looking twice a second."""

    def __init__(self, facts: Facts, changes: Changes, path: Path) -> None:
        """`path` is where ingest sends its datagrams."""
        self._facts, self._changes, self._path = facts, changes, path
        self._poked = asyncio.Event()

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 - the ring says all
        """Ingest has committed."""
        self._poked.set()

    async def run(self) -> None:
        """Watch until cancelled. Raises OSError when the socket cannot be made."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=str(self._path), family=socket.AF_UNIX
        )
        try:
            await self._look()
        finally:
            transport.close()
            self._path.unlink(missing_ok=True)

    async def _look(self) -> None:
        seen = self._facts.version()
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._poked.wait(), sweep_seconds)
            self._poked.clear()
            version = self._facts.version()
            if version != seen:
                seen = version
                self._changes.tell()
