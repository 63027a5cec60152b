"""A lamp that this post does not have."""

from typing import Literal

from drivers.lamp.kind import Pattern
from drivers.part import PartSettings


class OffLampSettings(PartSettings):
    """No lamp."""

    make: Literal["off"]


class OffLamp:
    """Accepts every pattern and shows none."""

    def show(self, pattern: Pattern) -> None:
        """Do nothing: there is nothing to light."""

    def close(self) -> None:
        """Do nothing: there is nothing open."""
