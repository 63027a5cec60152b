"""Mock pins whose chip and lines can be taken away and given back, as a kernel and other processes do."""

from gpiozero.pins.mock import MockFactory, MockPin  # type: ignore[import-untyped]


class ScriptedPins:
    """A Factory over mock pins; a pin that has been opened survives, unless its chip goes."""

    def __init__(self, *, chip: bool = True) -> None:
        """Begin with a chip, or without."""
        self.board = MockFactory()
        self.taken: set[int] = set()
        self.tries = 0
        self._chip = chip

    def come(self) -> None:
        """Plug the chip in; nothing pulls its lines."""
        self.board.reset()
        self._chip = True

    def go(self) -> None:
        """Take the chip away: whatever is open fails from now on."""
        self._chip = False
        for pin in self.board.pins.values():
            pin.__class__ = GonePin

    def level(self, pin: int) -> bool | None:
        """Tell how a line is driven; None while nobody has it."""
        return next((bool(known._state) for known in self.board.pins.values() if known._number == pin), None)

    def drive(self, pin: int, *, low: bool) -> None:
        """Close or open a contact to ground."""
        line = self.board.pin(pin)
        if low:
            line.drive_low()
        else:
            line.drive_high()

    def reserve_pins(self, requester: object, *names: object) -> None:
        """Note who uses a pin."""
        self.tries += 1
        if not self._chip:
            raise OSError('no GPIO chip is labelled "callpost"')
        self.board.reserve_pins(requester, *names)

    def release_pins(self, reserver: object, *names: str) -> None:
        """Forget who uses a pin."""
        self.board.release_pins(reserver, *names)

    def pin(self, name: int | str) -> object:
        """Give the pin; an error of the pin library's own kind when another process has it."""
        if name in self.taken:
            raise RuntimeError("'GPIO busy'")
        return self.board.pin(name)

    def close(self) -> None:
        """Make every pin an input again."""
        self.board.close()


class GonePin(MockPin):  # type: ignore[misc]
    """A pin of a chip that has gone."""

    def _get_state(self) -> bool:
        raise RuntimeError("'bad GPIO read'")

    def _set_state(self, value: bool) -> None:
        raise RuntimeError("'bad GPIO write'")
