"""The pins of a chip that may be away: it is looked for when a part asks for a pin, and again after it has gone."""

from collections.abc import Callable
from threading import RLock
from typing import Protocol

from drivers.factory import Factory


class OpenChip(Factory, Protocol):
    """The pins of a chip that has been found."""

    @property
    def gone(self) -> bool:
        """Whether the chip has gone since it was opened."""

    def release_pins(self, reserver: object, *names: object) -> None:
        """Forget who uses a pin."""


class Header:
    """A Factory that is always there. It opens nothing by itself, and nothing twice while it is well."""

    def __init__(self, open_chip: Callable[[], OpenChip]) -> None:
        """Look for nothing yet; `open_chip` raises OSError with a sentence while there is no chip."""
        self._open_chip = open_chip
        self._chip: OpenChip | None = None
        # Re-entrant: gpiozero closes forgotten devices whenever Python collects them, even in the middle of this.
        self._lock = RLock()

    def reserve_pins(self, requester: object, *names: object) -> None:
        """Note who uses a pin; OSError when there is no chip, no such line, or another user."""
        self._there().reserve_pins(requester, *names)

    def pin(self, name: int | str) -> object:
        """Give the pin; OSError when there is no chip, no such line, or another process has it."""
        return self._there().pin(name)

    def release_pins(self, reserver: object, *names: object) -> None:
        """Forget who uses a pin. A chip that has come anew knows nothing of its users before, which is no error."""
        with self._lock:
            if self._chip is not None:
                self._chip.release_pins(reserver, *names)

    def close(self) -> None:
        """Let go of the chip, if there is one."""
        with self._lock:
            self._let_go()

    def _there(self) -> OpenChip:
        # Parts are opened on the loop at the start and by a thread later, but never two at a time on one chip.
        with self._lock:
            if self._chip is not None and self._chip.gone:
                self._let_go()
            if self._chip is None:
                self._chip = self._open_chip()
            return self._chip

    def _let_go(self) -> None:
        chip, self._chip = self._chip, None
        if chip is not None:
            chip.close()
