"""Every make of supply with the hand on the mains switch: one class per make, all of the same form."""

import asyncio
from typing import Protocol

from gpiozero.pins.mock import MockFactory  # type: ignore[import-untyped]

from drivers.power import SimulatedPower, Supply
from drivers.power.gpio import GpioPower, GpioPowerSettings


class PowerRig(Protocol):
    """A supply and the hand that switches it."""

    supply: Supply

    def mains(self, *, on: bool) -> None:
        """Switch the mains."""

    def battery(self, *, low: bool) -> None:
        """Empty or charge the battery."""


class GpioPowerRig:
    """Two mock pins."""

    def __init__(self, *, ok_is_low: bool) -> None:
        """Make the supply with mains on and battery charged."""
        factory = MockFactory()
        self._ok_is_low = ok_is_low
        self._mains, self._battery = factory.pin(20), factory.pin(21)
        settings = GpioPowerSettings(
            make="gpio", pin_mains=20, pin_battery=21, mains_ok_is_low=ok_is_low, battery_ok_is_low=ok_is_low
        )
        self.supply: Supply = GpioPower(settings, factory)
        self.mains(on=True)
        self.battery(low=False)

    def mains(self, *, on: bool) -> None:
        """Drive the pin of the mains."""
        self._drive(self._mains, low=on == self._ok_is_low)

    def battery(self, *, low: bool) -> None:
        """Drive the pin of the battery."""
        self._drive(self._battery, low=low != self._ok_is_low)

    @staticmethod
    def _drive(pin: object, *, low: bool) -> None:
        getattr(pin, "drive_low" if low else "drive_high")()


class SimulatedPowerRig:
    """The simulated supply."""

    def __init__(self) -> None:
        """Make the supply with mains on and battery charged."""
        self.simulated = SimulatedPower()
        self.supply: Supply = self.simulated

    def mains(self, *, on: bool) -> None:
        """Act on the simulated mains."""
        asyncio.run(self.simulated.mains.act("on" if on else "off", {}))

    def battery(self, *, low: bool) -> None:
        """Act on the simulated battery."""
        asyncio.run(self.simulated.battery.act("low" if low else "mend", {}))
