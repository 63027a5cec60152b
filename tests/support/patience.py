"""Waiting for what gives no event: look often, give up at a deadline."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
deadline_seconds = 60.0 * float(os.environ.get("TEST_PATIENCE", "1"))
"""Long, because it only says when to give up; the machine may be busy, and a guest on a busy machine more so."""
look_every_seconds = 0.01
look_again_share = 0.1
"""Who has waited long looks less often: looking costs what the program that is waited for could use."""
longest_pause_seconds = 0.1


def until(
    ask: Callable[[], T | None], what: str = "", seconds: float = deadline_seconds, every: float | None = None
) -> T:
    """Return the first answer that is true; AssertionError with `what` when none comes in time.

    `every` is a steady pause in seconds; without it, pauses grow with the time that was waited.
    """
    began = time.monotonic()
    while not (answer := ask()):
        waited = time.monotonic() - began
        assert waited < seconds, f"not within {seconds:.0f} s: {what or ask}; last answer: {answer!r}"
        time.sleep(_pause(waited) if every is None else every)
    return answer


async def until_async(ask: Callable[[], T | None], what: str = "", seconds: float = deadline_seconds) -> T:
    """Do as `until`, but let the loop run meanwhile."""
    began = time.monotonic()
    while not (answer := ask()):
        waited = time.monotonic() - began
        assert waited < seconds, f"not within {seconds:.0f} s: {what or ask}; last answer: {answer!r}"
        await asyncio.sleep(_pause(waited))
    return answer


async def until_told(ask: Callable[[], Awaitable[T | None]], what: str = "", seconds: float = deadline_seconds) -> T:
    """Do as `until`, where to ask is itself a wait: for an answer of another process."""
    began = time.monotonic()
    while not (answer := await ask()):
        waited = time.monotonic() - began
        assert waited < seconds, f"not within {seconds:.0f} s: {what or ask}; last answer: {answer!r}"
        await asyncio.sleep(_pause(waited))
    return answer


def _pause(waited: float) -> float:
    return max(look_every_seconds, min(longest_pause_seconds, waited * look_again_share))
