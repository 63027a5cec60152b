"""Waiting for what gives no event: look often, give up at a deadline."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
deadline_seconds = 60.0
"""Long, because it only says when to give up; the machine may be busy."""
look_every_seconds = 0.01


def until(
    ask: Callable[[], T | None], what: str = "", seconds: float = deadline_seconds, every: float = look_every_seconds
) -> T:
    """Return the first answer that is true; AssertionError with `what` when none comes in time."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what or ask}; last answer: {answer!r}"
        time.sleep(every)
    return answer


async def until_async(ask: Callable[[], T | None], what: str = "", seconds: float = deadline_seconds) -> T:
    """Do as `until`, but let the loop run meanwhile."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what or ask}; last answer: {answer!r}"
        await asyncio.sleep(look_every_seconds)
    return answer
