"""What a contact is: a button, an assist key, a key switch, a tamper switch."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Reading(StrEnum):
    """What the line says, named as for a normally open key."""

    OPEN = "open"  # at rest: the key is up, the enclosure shut
    CLOSED = "closed"  # actuated: the key is down, the key switch turned, the enclosure opened
    CUT = "cut"  # the cable is interrupted; only a supervised line can tell
    SHORTED = "shorted"  # the cable is short-circuited; only a supervised line can tell


@dataclass(frozen=True)
class Sensed:
    """One change of a contact, with the kernel's time of the edge (CLOCK_MONOTONIC, nanoseconds)."""

    reading: Reading
    at_ns: int


Heard = Callable[[Sensed], None]


class Contact(Protocol):
    """One contact, not debounced: every change is told as it happens."""

    def listen(self, heard: Heard) -> None:
        """Tell each change from now on, from any thread; `heard` must return at once. Ask read() for what is now."""

    def read(self) -> Reading:
        """Tell what the contact says now; OSError when the pin cannot be read."""

    def close(self) -> None:
        """Give the pins back; nothing is told afterwards."""
