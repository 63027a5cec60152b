"""A relay that the demo page shows."""

from collections.abc import Mapping
from typing import Literal

from drivers.actions import unknown
from drivers.part import PartSettings


class SimulatedRelaySettings(PartSettings):
    """A simulated relay; refused outside the demo."""

    make: Literal["simulated"]


class SimulatedRelay:
    """A relay that remembers what it was told, until its board is broken."""

    def __init__(self) -> None:
        """Start off and whole."""
        self._on = False
        self._broken = False

    def set(self, on: bool) -> None:
        """Switch; OSError while broken."""
        if self._broken:
            raise OSError("simulated: the relay board does not answer")
        self._on = on

    def close(self) -> None:
        """Fall off, as a relay without current does."""
        self._on = False

    def shows(self) -> Mapping[str, bool]:
        """Show whether it is on."""
        return {"on": self._on}

    async def act(self, action: str, body: Mapping[str, object]) -> None:
        """Break or mend the board; ValueError for another action."""
        del body
        match action:
            case "break":
                self._broken, self._on = True, False
            case "mend":
                self._broken = False
            case _:
                raise unknown("relay", action, ("break", "mend"))
