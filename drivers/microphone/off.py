"""A microphone that this post does not have."""

from typing import Literal

from drivers.microphone.kind import Heard
from drivers.part import PartSettings


class OffMicrophoneSettings(PartSettings):
    """No microphone."""

    make: Literal["off"]


class OffMicrophone:
    """Opens and closes, and never hears anything."""

    fault: str | None = None

    def open(self, heard: Heard) -> None:
        """Do nothing: there is nothing to hear."""

    def stop(self) -> None:
        """Do nothing: there is nothing open."""

    def close(self) -> None:
        """Do nothing: there is nothing open."""
