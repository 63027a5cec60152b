"""What a microphone is."""

from collections.abc import Callable
from typing import Protocol

Heard = Callable[[bytes, int], None]


class Microphone(Protocol):
    """A microphone that is closed until it is opened: a post listens only in an incident or a marked test."""

    @property
    def fault(self) -> str | None:
        """Tell in one plain sentence why an opened microphone hears nothing, or None; open it again to try again."""

    def open(self, heard: Heard) -> None:
        """Start capturing, anew if it was open: `heard(block, at_ns)` per 20 ms block (drivers/audio.py), any thread.

        at_ns is CLOCK_MONOTONIC when the block was complete. OSError, and the same words as fault, when it cannot be.
        """

    def stop(self) -> None:
        """Stop capturing and release the device; no block follows."""

    def close(self) -> None:
        """Stop for good."""
