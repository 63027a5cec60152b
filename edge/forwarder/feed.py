"""One program's outbox file, read on a thread of its own: a card that hangs holds up nobody else."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from edge.outbox_reader import LaneReader, Span, StoredEvent

T = TypeVar("T")
log = logging.getLogger(__name__)
read_seconds = 5.0


class Feed:
    """Reads rows and spans; an unreadable file gives nothing, and a reason in `trouble`."""

    def __init__(self, program: str, path: Path) -> None:
        """Remember the file; it need not exist yet."""
        self.program = program
        self.trouble: str | None = None
        self._reader = LaneReader(path)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"feed-{program}")
        self._hanging: Callable[[], bool] = lambda: False

    async def rows(self, outbox: str, after: int, limit: int) -> list[StoredEvent]:
        """Return the next rows of an outbox behind a position of the file."""
        return await self._ask(lambda: self._reader.rows(after, limit, outbox), [])

    async def spans(self) -> list[Span] | None:
        """Return what the file still holds, None when it cannot be read."""
        return await self._ask(self._reader.spans, None)

    async def _ask(self, question: Callable[[], T], nothing: T) -> T:
        if self._hanging():
            return nothing  # the disk still owes the answer to an earlier question
        asked: Future[T] = self._thread.submit(question)
        try:
            async with asyncio.timeout(read_seconds):
                answer = await asyncio.wrap_future(asked)
        except TimeoutError:
            self._hanging = lambda: not asked.done()
            self._say("the disk does not answer")
        except (sqlite3.Error, OSError) as problem:
            self._say(f"the file cannot be read: {problem}")
        else:
            self._say(None)
            return answer
        return nothing

    def _say(self, trouble: str | None) -> None:
        if trouble != self.trouble:
            self.trouble = trouble
            level = logging.WARNING if trouble else logging.INFO
            log.log(level, "outbox of %s: %s", self.program, trouble or "can be read again")

    def close(self) -> None:
        """Let the thread end, without waiting for a disk that hangs."""
        self._thread.shutdown(wait=False, cancel_futures=True)
