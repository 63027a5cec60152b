"""A contact that this post does not have."""

from typing import Literal

from drivers.contact.kind import Heard, Reading
from drivers.part import PartSettings


class OffContactSettings(PartSettings):
    """No contact."""

    make: Literal["off"]


class OffContact:
    """Always at rest."""

    def listen(self, heard: Heard) -> None:
        """Tell nothing: there is nothing to change."""

    def read(self) -> Reading:
        """Tell that it is at rest."""
        return Reading.OPEN

    def close(self) -> None:
        """Do nothing: there is nothing open."""
