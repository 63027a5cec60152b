"""A loudspeaker that this post does not have."""

from typing import Literal

from drivers.audio import check_block
from drivers.part import PartSettings


class OffSpeakerSettings(PartSettings):
    """No loudspeaker."""

    make: Literal["off"]


class OffSpeaker:
    """Accepts every block and plays none."""

    fault: str | None = None

    def play(self, block: bytes) -> None:
        """Drop the block; ValueError for a bad length, as with any other loudspeaker."""
        check_block(block)

    def saying(self, text: str) -> None:
        """Do nothing: there is nothing to show it."""

    def close(self) -> None:
        """Do nothing: there is nothing open."""
