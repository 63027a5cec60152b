"""What a loudspeaker is."""

from typing import Protocol


class Speaker(Protocol):
    """A loudspeaker that plays 20 ms blocks (drivers/audio.py) at its own pace, and silence when none is queued."""

    @property
    def fault(self) -> str | None:
        """Tell in one plain sentence why nothing can be heard, or None; it clears itself when the device is back."""

    def play(self, block: bytes) -> None:
        """Queue one block and return at once; of ten waiting the oldest is dropped. ValueError for a bad length."""

    def saying(self, text: str) -> None:
        """Take note of the prompt that begins, or with "" that it has ended; only simulated loudspeakers show it."""

    def close(self) -> None:
        """Release the device."""
