"""A lamp whose pin may be missing."""

from drivers.lamp.kind import Lamp, Pattern
from drivers.late import Late


class LateLamp(Late[Lamp]):
    """A Lamp; while it is missing, showing something raises OSError with the reason and is remembered."""

    _pattern: Pattern = "off"

    def show(self, pattern: Pattern) -> None:
        """Show the pattern."""
        self._pattern = pattern
        self._use(lambda lamp: lamp.show(pattern))

    def resume(self, part: Lamp) -> None:
        """Show what was told last."""
        part.show(self._pattern)
