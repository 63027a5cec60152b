"""What a relay is: the light, the siren."""

from typing import Protocol


class Relay(Protocol):
    """On or off. Calls return at once, may be repeated, and raise OSError when the relay fails."""

    def set(self, on: bool) -> None:
        """Switch on or off."""

    def close(self) -> None:
        """Give the pin back: it becomes an input, and the relay falls off if its board is wired as docs/ say."""
