"""A lamp on one pin."""

from typing import Literal

from gpiozero import DigitalOutputDevice  # type: ignore[import-untyped]

from drivers.factory import Factory
from drivers.lamp.kind import Pattern
from drivers.part import PartSettings
from drivers.pins import Pin, hardware_errors

# Once a second, half of it lit: well inside the 0.5 to 2 Hz that people read as "flashing", far from the 3 Hz and above
# that can set off photosensitive seizures (WCAG 2.3.1).
HALF_PERIOD_SECONDS = 0.5


class GpioLampSettings(PartSettings):
    """A lamp on one pin."""

    make: Literal["gpio"]
    pin: Pin
    active_high: bool = True

    def pins(self) -> tuple[int | str, ...]:
        """Tell the one pin."""
        return (self.pin,)


class GpioLamp:
    """A lamp on one pin; gpiozero's background thread flashes it."""

    def __init__(self, settings: GpioLampSettings, factory: Factory) -> None:
        """Claim the pin, dark."""
        self._doing = f"the lamp on pin {settings.pin} cannot be switched"
        self._shown: Pattern = "off"
        self._output = DigitalOutputDevice(
            settings.pin, active_high=settings.active_high, initial_value=False, pin_factory=factory
        )

    def show(self, pattern: Pattern) -> None:
        """Show the pattern; told the same again, a flashing lamp keeps its rhythm. OSError when the pin library fails."""
        with hardware_errors(self._doing):
            if pattern == self._shown == "flash":
                _ = self._output.value  # only to see whether the pin is still there
            else:
                self._switch(pattern)
        self._shown = pattern

    def close(self) -> None:
        """Go dark and give the pin back."""
        self._output.close()

    def _switch(self, pattern: Pattern) -> None:
        match pattern:
            case "off":
                self._output.off()
            case "on":
                self._output.on()
            case "flash":
                self._output.blink(HALF_PERIOD_SECONDS, HALF_PERIOD_SECONDS)
