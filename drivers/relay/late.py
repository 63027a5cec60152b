"""A relay whose pin may be missing."""

from drivers.late import Late
from drivers.relay.kind import Relay


class LateRelay(Late[Relay]):
    """A Relay; while it is missing, setting it raises OSError with the reason and is remembered."""

    _on = False

    def set(self, on: bool) -> None:
        """Switch on or off."""
        self._on = on
        self._use(lambda relay: relay.set(on))

    def resume(self, part: Relay) -> None:
        """Switch it as it was told last: a light that comes in an open incident goes on at once."""
        part.set(self._on)
