"""What the supply of a post tells."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

Battery = Literal["ok", "low"]


@dataclass(frozen=True)
class Power:
    """Whether the mains are there, and whether the battery still is."""

    mains: bool
    battery: Battery


Heard = Callable[[Power], None]


class Supply(Protocol):
    """The supply, not debounced: every change is told as it happens."""

    def listen(self, heard: Heard) -> None:
        """Tell each change from now on, from any thread; `heard` must return at once. Ask read() for what is now."""

    def read(self) -> Power:
        """Tell the supply now; OSError when the pins cannot be read."""

    def close(self) -> None:
        """Give the pins back; nothing is told afterwards."""
