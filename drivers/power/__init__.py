"""The supply of the post: mains and battery."""

from functools import partial
from typing import Annotated, assert_never

from pydantic import Field

from drivers.factory import Factory
from drivers.power.gpio import GpioPower, GpioPowerSettings
from drivers.power.kind import Battery, Heard, Power, Supply
from drivers.power.late import LateSupply
from drivers.power.off import OffPower, OffPowerSettings
from drivers.power.simulated import SimulatedPower, SimulatedPowerSettings

PowerSettings = Annotated[GpioPowerSettings | SimulatedPowerSettings | OffPowerSettings, Field(discriminator="make")]

__all__ = ["Battery", "Heard", "Power", "PowerSettings", "SimulatedPower", "Supply", "late_power", "open_power"]


def open_power(settings: PowerSettings, factory: Factory) -> Supply:
    """Open the make that the settings name; PartError, OSError or gpiozero.GPIOPinInUse when its pins cannot be had."""
    match settings:
        case GpioPowerSettings():
            return GpioPower(settings, factory)
        case SimulatedPowerSettings():
            return SimulatedPower()
        case OffPowerSettings():
            return OffPower()
        case _:
            assert_never(settings)


def late_power(settings: PowerSettings, factory: Factory) -> Supply:
    """Open it as `open_power` does, but wait for pins that cannot be had now (drivers/late.py); PartError as there."""
    if settings.pins():
        return LateSupply(partial(open_power, settings, factory))
    return open_power(settings, factory)
