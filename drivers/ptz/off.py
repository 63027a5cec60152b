"""No head: the camera looks where it was screwed on, so whatever is asked of it is already so."""

from typing import Literal

from drivers.part import PartSettings
from drivers.ptz.kind import Position


class OffSettings(PartSettings):
    """`make = "off"`."""

    make: Literal["off"] = "off"


class OffPtz:
    """A fixed camera."""

    async def goto_preset(self, name: str) -> None:
        """Stay."""

    async def move(self, pan: float, tilt: float, zoom: float) -> None:
        """Stay."""

    async def stop(self) -> None:
        """Stay."""

    async def position(self) -> Position | None:
        """Return None: nothing to tell."""
        return None

    async def close(self) -> None:
        """Close nothing."""
