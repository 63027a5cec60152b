"""No keypad: the screen has its own keys."""

from typing import Literal

from drivers.keypad.kind import Heard
from drivers.part import PartSettings


class OffKeypadSettings(PartSettings):
    """No keypad."""

    make: Literal["off"]


class OffKeypad:
    """Tells nothing. It has no fault, since nobody misses it."""

    plugged = False
    fault: str | None = None

    def listen(self, heard: Heard) -> None:
        """Tell nothing: there is no key."""

    def light(self, level: int | None) -> None:
        """Do nothing: there is no lamp."""

    def close(self) -> None:
        """Do nothing: there is nothing open."""
