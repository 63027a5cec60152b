"""A keypad played by the demo page, a desk or a test."""

import time
from collections.abc import Mapping
from typing import Literal

from drivers.actions import unknown
from drivers.keypad.kind import LEVELS, Heard, Press
from drivers.part import PartSettings
from drivers.telling import tell

_UNPLUGGED = "simulated: the keypad is unplugged"


class SimulatedKeypadSettings(PartSettings):
    """A simulated keypad; refused outside the demo."""

    make: Literal["simulated"]


class SimulatedKeypad:
    """A keypad that does what act() says; unplugged it stays silent until it is mended."""

    def __init__(self) -> None:
        """Start plugged in and dark."""
        self._plugged = True
        self._last: int | None = None
        self._lit: int | None = None
        self._heard: Heard | None = None

    @property
    def plugged(self) -> bool:
        return self._plugged

    @property
    def fault(self) -> str | None:
        return None if self._plugged else _UNPLUGGED

    @property
    def lit(self) -> int | None:
        """The lamp that is lit; None while the keypad has no current."""
        return self._lit if self._plugged else None

    def listen(self, heard: Heard) -> None:
        """Tell each press, from whoever calls act()."""
        self._heard = heard

    def light(self, level: int | None) -> None:
        """Remember the lamp; it is lit while the keypad is plugged in."""
        self._lit = level

    def close(self) -> None:
        """Go dark and tell nothing more."""
        self._heard, self._lit = None, None

    def shows(self) -> Mapping[str, bool | int | None]:
        """Show whether it is plugged in, and the last key that was pressed while it was."""
        return {"plugged": self._plugged, "last": self._last}

    async def act(self, action: str, body: Mapping[str, object]) -> None:
        """Play the world's part: ValueError for an unknown action or a bad body."""
        match action:
            case "press":
                self._press(_key(body))
            case "unplug":
                self._plugged = False
            case "mend":
                self._plugged = True
            case _:
                raise unknown("keypad", action, ("press", "unplug", "mend"))

    def _press(self, level: int) -> None:
        # A finger on an unplugged keypad reaches nobody, as in the world.
        if not self._plugged:
            return
        self._last = level
        if self._heard is not None:
            tell(self._heard, Press(level, time.monotonic_ns()))


def _key(body: Mapping[str, object]) -> int:
    match body.get("key"):
        case bool():
            pass
        case int() as key if key in LEVELS:
            return key
    raise ValueError("key must be a whole number from 1 to 5")
