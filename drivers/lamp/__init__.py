"""Lamps: called, answered, ready and watched."""

from functools import partial
from typing import Annotated, assert_never

from pydantic import Field

from drivers.factory import Factory
from drivers.lamp.gpio import GpioLamp, GpioLampSettings
from drivers.lamp.kind import Lamp, Pattern
from drivers.lamp.late import LateLamp
from drivers.lamp.off import OffLamp, OffLampSettings
from drivers.lamp.simulated import SimulatedLamp, SimulatedLampSettings

LampSettings = Annotated[GpioLampSettings | SimulatedLampSettings | OffLampSettings, Field(discriminator="make")]

__all__ = ["Lamp", "LampSettings", "Pattern", "SimulatedLamp", "late_lamp", "open_lamp"]


def open_lamp(settings: LampSettings, factory: Factory) -> Lamp:
    """Open the make that the settings name; PartError, OSError or gpiozero.GPIOPinInUse when its pin cannot be had."""
    match settings:
        case GpioLampSettings():
            return GpioLamp(settings, factory)
        case SimulatedLampSettings():
            return SimulatedLamp()
        case OffLampSettings():
            return OffLamp()
        case _:
            assert_never(settings)


def late_lamp(settings: LampSettings, factory: Factory) -> Lamp:
    """Open it as `open_lamp` does, but wait for pins that cannot be had now (drivers/late.py); PartError as there."""
    if settings.pins():
        return LateLamp(partial(open_lamp, settings, factory))
    return open_lamp(settings, factory)
