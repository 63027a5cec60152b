"""What every pan-tilt head can do."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Position:
    """Where it looks: pan in degrees to the right, tilt in degrees upwards, zoom as a factor from 1."""

    pan: float
    tilt: float
    zoom: float


class PtzError(Exception):
    """The head does not obey; the text says why, in one plain sentence."""


class Ptz(Protocol):
    """A pan-tilt-zoom head. Every call may raise PtzError and ends within a few seconds."""

    async def goto_preset(self, name: str) -> None:
        """Start towards a preset of that name."""
        ...

    async def move(self, pan: float, tilt: float, zoom: float) -> None:
        """Move until told otherwise; velocities from -1 to 1 of the head's fastest."""
        ...

    async def stop(self) -> None:
        """Stand still."""
        ...

    async def position(self) -> Position | None:
        """Return where it looks; None when the head cannot tell."""
        ...

    async def close(self) -> None:
        """Let go of the head."""
        ...
