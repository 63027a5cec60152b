"""Keypads: five keys for people who rate without a screen."""

from typing import Annotated, assert_never

from pydantic import Field

from drivers.factory import Factory
from drivers.keypad.gpio import GpioKeypad, GpioKeypadSettings
from drivers.keypad.hid import HidKeypadSettings, open_hid
from drivers.keypad.kind import Heard, Keypad, Press
from drivers.keypad.off import OffKeypad, OffKeypadSettings
from drivers.keypad.serial import SerialKeypadSettings, open_serial
from drivers.keypad.simulated import SimulatedKeypad, SimulatedKeypadSettings

KeypadSettings = Annotated[
    GpioKeypadSettings | HidKeypadSettings | SerialKeypadSettings | SimulatedKeypadSettings | OffKeypadSettings,
    Field(discriminator="make"),
]

__all__ = [
    "Heard",
    "Keypad",
    "KeypadSettings",
    "OffKeypadSettings",
    "Press",
    "SimulatedKeypad",
    "SimulatedKeypadSettings",
    "open_keypad",
]


def open_keypad(settings: KeypadSettings, factory: Factory) -> Keypad:
    """Open the make that the settings name; PartError or gpiozero.GPIOPinInUse when its pins cannot be had.

    A keypad that is not plugged in is no error: it has a fault until it is found.
    """
    match settings:
        case GpioKeypadSettings():
            return GpioKeypad(settings, factory)
        case HidKeypadSettings():
            return open_hid(settings)
        case SerialKeypadSettings():
            return open_serial(settings)
        case SimulatedKeypadSettings():
            return SimulatedKeypad()
        case OffKeypadSettings():
            return OffKeypad()
        case _:
            assert_never(settings)
