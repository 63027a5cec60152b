"""Lamps: called, answered, ready and watched."""

from typing import Annotated, assert_never

from pydantic import Field

from drivers.factory import Factory
from drivers.lamp.gpio import GpioLamp, GpioLampSettings
from drivers.lamp.kind import Lamp, Pattern
from drivers.lamp.off import OffLamp, OffLampSettings
from drivers.lamp.simulated import SimulatedLamp, SimulatedLampSettings

LampSettings = Annotated[GpioLampSettings | SimulatedLampSettings | OffLampSettings, Field(discriminator="make")]

__all__ = ["Lamp", "LampSettings", "Pattern", "SimulatedLamp", "open_lamp"]


def open_lamp(settings: LampSettings, factory: Factory) -> Lamp:
    """Open the make that the settings name; PartError or gpiozero.GPIOPinInUse when its pin cannot be had."""
    match settings:
        case GpioLampSettings():
            return GpioLamp(settings, factory)
        case SimulatedLampSettings():
            return SimulatedLamp()
        case OffLampSettings():
            return OffLamp()
        case _:
            assert_never(settings)
