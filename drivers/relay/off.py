"""A relay that this post does not have."""

from typing import Literal

from drivers.part import PartSettings


class OffRelaySettings(PartSettings):
    """No relay."""

    make: Literal["off"]


class OffRelay:
    """Accepts everything and switches nothing."""

    def set(self, on: bool) -> None:
        """Do nothing: there is nothing to switch."""

    def close(self) -> None:
        """Do nothing: there is nothing open."""
