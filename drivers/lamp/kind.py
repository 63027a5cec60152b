"""What a lamp is: called, answered, ready, watched."""

from typing import Literal, Protocol

Pattern = Literal["off", "on", "flash"]


class Lamp(Protocol):
    """A small lamp. Calls return at once, may be repeated, and raise OSError when the lamp fails."""

    def show(self, pattern: Pattern) -> None:
        """Show off, steady on, or flashing once a second."""

    def close(self) -> None:
        """Go dark and give the pin back."""
