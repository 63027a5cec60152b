"""A lamp that the demo page shows."""

from collections.abc import Mapping
from typing import Literal

from drivers.actions import unknown
from drivers.lamp.kind import Pattern
from drivers.part import PartSettings


class SimulatedLampSettings(PartSettings):
    """A simulated lamp; refused outside the demo."""

    make: Literal["simulated"]


class SimulatedLamp:
    """A lamp that remembers its pattern, until it is broken."""

    def __init__(self) -> None:
        """Start dark and whole."""
        self._pattern: Pattern = "off"
        self._broken = False

    def show(self, pattern: Pattern) -> None:
        """Show the pattern; OSError while broken."""
        if self._broken:
            raise OSError("simulated: the lamp does not answer")
        self._pattern = pattern

    def close(self) -> None:
        """Go dark."""
        self._pattern = "off"

    def shows(self) -> Mapping[str, str]:
        """Show the pattern."""
        return {"pattern": self._pattern}

    async def act(self, action: str, body: Mapping[str, object]) -> None:
        """Break or mend the lamp; ValueError for another action."""
        del body
        match action:
            case "break":
                self._broken, self._pattern = True, "off"
            case "mend":
                self._broken = False
            case _:
                raise unknown("lamp", action, ("break", "mend"))
