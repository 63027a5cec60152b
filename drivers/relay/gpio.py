"""A relay or transistor on one pin."""

from typing import Literal

from gpiozero import DigitalOutputDevice  # type: ignore[import-untyped]

from drivers.factory import Factory
from drivers.part import PartSettings
from drivers.pins import Pin, hardware_errors


class GpioRelaySettings(PartSettings):
    """A relay on one pin; many boards switch on at a low level: active_high = false."""

    make: Literal["gpio"]
    pin: Pin
    active_high: bool = True

    def pins(self) -> tuple[int | str, ...]:
        """Tell the one pin."""
        return (self.pin,)


class GpioRelay:
    """A relay on one pin, off until it is set."""

    def __init__(self, settings: GpioRelaySettings, factory: Factory) -> None:
        """Claim the pin in its off level, without a blip of on (drivers/steady_pin.py)."""
        self._doing = f"the relay on pin {settings.pin} cannot be switched"
        self._output = DigitalOutputDevice(
            settings.pin, active_high=settings.active_high, initial_value=False, pin_factory=factory
        )

    def set(self, on: bool) -> None:
        """Switch the pin; OSError when the pin library fails."""
        with hardware_errors(self._doing):
            self._output.value = on

    def close(self) -> None:
        """Give the pin back."""
        self._output.close()
