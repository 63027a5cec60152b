"""The one thing the drivers ask of a pin library."""

from typing import Protocol


class Factory(Protocol):
    """The part of gpiozero's Factory that the drivers use."""

    def reserve_pins(self, requester: object, *names: object) -> None:
        """Note who uses a pin; gpiozero.GPIOPinInUse or OSError when somebody does already."""

    def pin(self, name: int | str) -> object:
        """Give the pin with this BCM number or line name; OSError when it cannot be had now."""

    def close(self) -> None:
        """Make every pin an input again and let go of the chip."""
