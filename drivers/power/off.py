"""A supply that tells nothing of itself."""

from typing import Literal

from drivers.part import PartSettings
from drivers.power.kind import Heard, Power


class OffPowerSettings(PartSettings):
    """No signal contacts; the post cannot report a power cut."""

    make: Literal["off"]


class OffPower:
    """Assumes mains on and battery ok: a post without signal contacts runs only while it has power."""

    def listen(self, heard: Heard) -> None:
        """Tell nothing: nothing is known to change."""

    def read(self) -> Power:
        """Tell the assumption."""
        return Power(mains=True, battery="ok")

    def close(self) -> None:
        """Do nothing: there is nothing open."""
