"""A contact played by the demo page, a desk or a test."""

import asyncio
import time
from collections.abc import Mapping
from typing import Literal

from drivers.actions import flag, number, unknown
from drivers.contact.kind import Heard, Reading, Sensed
from drivers.part import PartSettings
from drivers.telling import tell

up_milliseconds = 20  # longer than any bouncing contact opens for
touch_milliseconds = 20  # what is shorter is told at once: a busy loop sleeps so long that it would become a press
_ACTIONS = ("press", "turn", "release", "open", "stick", "cut", "short", "mend")


class SimulatedContactSettings(PartSettings):
    """A simulated contact; refused outside the demo."""

    make: Literal["simulated"]


class SimulatedContact:
    """A contact that does what act() says; a stuck key or a cut cable stays so until it is mended."""

    def __init__(self) -> None:
        """Start at rest."""
        self._reading = Reading.OPEN
        self._faulty = False
        self._heard: Heard | None = None

    def listen(self, heard: Heard) -> None:
        """Tell each change, from whoever calls act()."""
        self._heard = heard

    def read(self) -> Reading:
        """Tell what the simulated line says."""
        return self._reading

    def close(self) -> None:
        """Tell nothing more."""
        self._heard = None

    def shows(self) -> Mapping[str, str]:
        """Show the reading."""
        return {"reading": self._reading.value}

    async def act(self, action: str, body: Mapping[str, object]) -> None:
        """Play the world's part: ValueError for an unknown action or a bad body."""
        match action:
            case "press" | "turn":
                await self._press(hold=flag(body, "hold"), milliseconds=_milliseconds(body))
            case "release":
                self._finger(Reading.OPEN, time.monotonic_ns())
            case "open":
                # An enclosure once opened stays open until somebody shuts it.
                self._finger(Reading.CLOSED, time.monotonic_ns())
            case "stick":
                self._fail(Reading.CLOSED)
            case "cut":
                self._fail(Reading.CUT)
            case "short":
                self._fail(Reading.SHORTED)
            case "mend":
                self._mend()
            case _:
                raise unknown("contact", action, _ACTIONS)

    async def _press(self, *, hold: bool, milliseconds: float) -> None:
        down_ns = time.monotonic_ns()
        self._finger(Reading.CLOSED, down_ns)
        if hold:
            return
        if milliseconds < touch_milliseconds:
            self._finger(Reading.OPEN, down_ns + int(milliseconds * 1e6))
        else:
            await asyncio.sleep(milliseconds / 1000)
            self._finger(Reading.OPEN, time.monotonic_ns())
        # Answered when the key is well up again, so that two requests in a row are always two presses.
        await asyncio.sleep(up_milliseconds / 1000)

    def _finger(self, reading: Reading, at_ns: int) -> None:
        # A finger changes nothing at a key that sticks or at the end of a cut cable.
        if not self._faulty:
            self._become(reading, at_ns)

    def _fail(self, reading: Reading) -> None:
        self._faulty = True
        self._become(reading, time.monotonic_ns())

    def _mend(self) -> None:
        self._faulty = False
        self._become(Reading.OPEN, time.monotonic_ns())

    def _become(self, reading: Reading, at_ns: int) -> None:
        changed, self._reading = reading is not self._reading, reading
        if changed and self._heard is not None:
            tell(self._heard, Sensed(reading, at_ns))


def _milliseconds(body: Mapping[str, object]) -> float:
    return number(body, "milliseconds", 150, low=1, high=10_000)
