"""What a keypad is: five keys, one for each level, and perhaps a lamp."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

# The five levels of the outer contract, section 2: 5 = 非常满意 (very satisfied).
LEVELS = range(1, 6)


@dataclass(frozen=True)
class Press:
    """One press of a key, told once however long it is held; at_ns is when it began (CLOCK_MONOTONIC, nanoseconds)."""

    level: int
    at_ns: int


Heard = Callable[[Press], None]


class Keypad(Protocol):
    """Five keys. A keypad that is unplugged is waited for: nothing here raises because the device is away."""

    def listen(self, heard: Heard) -> None:
        """Tell each press from now on, from any thread; `heard` must return at once. A second listener replaces it."""

    def light(self, level: int | None) -> None:
        """Light the lamp of a key (or the one lamp there is), None: dark. Never waits; without lamps nothing happens."""

    @property
    def plugged(self) -> bool:
        """Whether the device is there and read."""

    @property
    def fault(self) -> str | None:
        """What is wrong now, in a sentence; None while all is well. A stuck key is a fault of a plugged keypad."""

    def close(self) -> None:
        """End the thread and give the device back; nothing is told afterwards. May be called twice."""
