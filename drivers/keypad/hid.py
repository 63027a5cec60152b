"""A USB keypad (HID keyboard) under /dev/input, grabbed so that no console and no browser sees its keys."""

from typing import Literal, Self

from evdev import ecodes
from pydantic import Field, field_validator, model_validator

from drivers.keypad.input_nodes import HidDevice, Search, Wanted
from drivers.keypad.kind import LEVELS
from drivers.keypad.watched import WatchedKeypad
from drivers.part import PartSettings

# The digits of the top row and of the number block; the kernel's codes do not depend on Num Lock.
_DIGITS = {f"{prefix}{level}": level for prefix in ("KEY_", "KEY_KP") for level in LEVELS}


class HidKeypadSettings(PartSettings):
    """A USB keypad, found by the beginning of its name, by vendor:product as `lsusb` prints it, or by both."""

    make: Literal["hid"]
    name: str | None = Field(default=None, min_length=1)
    usb: str | None = Field(default=None, pattern="^[0-9a-f]{4}:[0-9a-f]{4}$")
    # Key name of linux/input-event-codes.h -> level.
    keys: dict[str, int] = Field(default=_DIGITS, min_length=1)

    @field_validator("keys")
    @classmethod
    def _exist(cls, keys: dict[str, int]) -> dict[str, int]:
        for name, level in keys.items():
            if not name.startswith("KEY_") or name not in ecodes.ecodes:
                raise ValueError(f"{name} is no key of linux/input-event-codes.h; write for example KEY_KP1")
            if level not in LEVELS:
                raise ValueError(f"{name} = {level}: a level is from 1 to 5")
        return keys

    @model_validator(mode="after")
    def _found_by_something(self) -> Self:
        if self.name is None and self.usb is None:
            raise ValueError('a hid keypad is found by its name or by usb = "vendor:product"; write one of them')
        return self

    def levels(self) -> dict[int, int]:
        """Tell the level of each key code."""
        return {ecodes.ecodes[name]: level for name, level in self.keys.items()}


def open_hid(settings: HidKeypadSettings) -> WatchedKeypad:
    """Open the keypad, or begin to wait for it."""
    wanted = Wanted(settings.name, settings.usb)
    search = Search(wanted)
    return WatchedKeypad(lambda: HidDevice(wanted, settings.levels(), search))
