"""The one thing the drivers ask of a pin library."""

from typing import Protocol


class Factory(Protocol):
    """The part of gpiozero's Factory that the drivers use."""

    def reserve_pins(self, requester: object, *names: object) -> None:
        """Note who uses a pin; gpiozero.GPIOPinInUse when somebody does already."""

    def pin(self, name: int) -> object:
        """Give the pin with this BCM number."""

    def close(self) -> None:
        """Make every pin an input again and let go of the chip."""
