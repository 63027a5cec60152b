"""A supply with two signal contacts: mains present, battery low."""

from typing import Literal, Self

from pydantic import model_validator

from drivers.factory import Factory
from drivers.lines import InputLine
from drivers.part import PartSettings
from drivers.pins import Pin, hardware_errors
from drivers.power.kind import Heard, Power


class GpioPowerSettings(PartSettings):
    """Two signal contacts to ground; with the defaults a cut wire reads as the bad state."""

    make: Literal["gpio"]
    pin_mains: Pin
    pin_battery: Pin
    mains_ok_is_low: bool = True
    battery_ok_is_low: bool = True

    def pins(self) -> tuple[int | str, ...]:
        """Tell both pins."""
        return (self.pin_mains, self.pin_battery)

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if self.pin_mains == self.pin_battery:
            raise ValueError(f"pin_mains and pin_battery are both {self.pin_mains}; each contact needs its own pin")
        return self


class GpioPower:
    """Two lines of the supply."""

    def __init__(self, settings: GpioPowerSettings, factory: Factory) -> None:
        """Claim both pins; gpiozero.GPIOPinInUse when another part has one of them."""
        self._settings = settings
        self._mains = InputLine(settings.pin_mains, factory)
        try:
            self._battery = InputLine(settings.pin_battery, factory)
        except Exception:
            self._mains.close()
            raise

    def listen(self, heard: Heard) -> None:
        """Tell the whole supply at each edge of either line."""
        self._mains.watch(lambda _low, _at_ns: heard(self.read()))
        self._battery.watch(lambda _low, _at_ns: heard(self.read()))

    def read(self) -> Power:
        """Read both lines now."""
        with hardware_errors("the supply cannot be read"):
            mains = self._mains.low() == self._settings.mains_ok_is_low
            battery = self._battery.low() == self._settings.battery_ok_is_low
        return Power(mains=mains, battery="ok" if battery else "low")

    def close(self) -> None:
        """Give both pins back."""
        self._mains.close()
        self._battery.close()
