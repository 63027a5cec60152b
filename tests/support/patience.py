"""Waiting for what gives no event: look often, give up at a deadline."""

import time
from collections.abc import Callable


def until(true: Callable[[], bool], seconds: float = 10.0, every: float = 0.01) -> None:
    """Return as soon as `true()` is; AssertionError when it is not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {true}")
        time.sleep(every)
