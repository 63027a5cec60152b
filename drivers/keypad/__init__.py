"""Keypads: five keys for people who rate without a screen."""

from functools import partial
from typing import Annotated, assert_never

from pydantic import Field

from drivers.factory import Factory
from drivers.keypad.gpio import GpioKeypad, GpioKeypadSettings
from drivers.keypad.hid import HidKeypadSettings, open_hid
from drivers.keypad.kind import Heard, Keypad, Press
from drivers.keypad.late import LateKeypad
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
    "late_keypad",
    "open_keypad",
]


def open_keypad(settings: KeypadSettings, factory: Factory) -> Keypad:
    """Open the make that the settings name; PartError, OSError or gpiozero.GPIOPinInUse when its pins cannot be had.

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


def late_keypad(settings: KeypadSettings, factory: Factory) -> Keypad:
    """Open it as `open_keypad` does, but wait for pins that cannot be had now (drivers/late.py); PartError as there."""
    if settings.pins():
        return LateKeypad(partial(open_keypad, settings, factory))
    return open_keypad(settings, factory)
