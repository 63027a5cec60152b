"""One contact between one pin and ground."""

from typing import Literal

from drivers.contact.kind import Heard, Reading, Sensed
from drivers.factory import Factory
from drivers.lines import InputLine
from drivers.part import PartSettings
from drivers.pins import Pin, hardware_errors


class GpioContactSettings(PartSettings):
    """A contact on one pin; the pull-up is on, so the contact ties the pin to ground."""

    make: Literal["gpio"]
    pin: Pin
    # false for a normally closed contact (a tamper switch): opened contact and cut wire then both read as actuated.
    active_low: bool = True

    def pins(self) -> tuple[int | str, ...]:
        """Tell the one pin."""
        return (self.pin,)


class GpioContact:
    """A contact on one pin, without supervision of its cable."""

    def __init__(self, settings: GpioContactSettings, factory: Factory) -> None:
        """Claim the pin; gpiozero.GPIOPinInUse when another part has it."""
        self._active_low = settings.active_low
        self._line = InputLine(settings.pin, factory)

    def listen(self, heard: Heard) -> None:
        """Tell each edge of the pin."""
        self._line.watch(lambda low, at_ns: heard(Sensed(self._reading(low=low), at_ns)))

    def read(self) -> Reading:
        """Read the pin now."""
        with hardware_errors("the contact cannot be read"):
            return self._reading(low=self._line.low())

    def close(self) -> None:
        """Give the pin back."""
        self._line.close()

    def _reading(self, *, low: bool) -> Reading:
        return Reading.CLOSED if low == self._active_low else Reading.OPEN
