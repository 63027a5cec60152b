"""A keypad whose pins may be missing."""

from drivers.keypad.kind import Heard, Keypad
from drivers.late import Late


class LateKeypad(Late[Keypad]):
    """A Keypad; while its pins are missing it is unplugged, and its fault is the reason."""

    _heard: Heard | None = None
    _lit: int | None = None

    @property
    def plugged(self) -> bool:
        try:
            return self._use(_plugged)
        except OSError:
            return False

    @property
    def fault(self) -> str | None:
        return self.trouble if self._part is None else self.trouble or self._part.fault

    def listen(self, heard: Heard) -> None:
        """Tell each press from now on."""
        self._heard = heard
        self._set_up(lambda keypad: keypad.listen(heard))

    def light(self, level: int | None) -> None:
        """Light a lamp, now or when the keypad comes."""
        self._lit = level
        if self.trouble is None:
            self._set_up(lambda keypad: keypad.light(level))

    def resume(self, part: Keypad) -> None:
        """Listen again, and light what was told last."""
        if self._heard is not None:
            part.listen(self._heard)
        part.light(self._lit)


def _plugged(keypad: Keypad) -> bool:
    if not keypad.plugged:
        raise OSError(keypad.fault)
    return True
