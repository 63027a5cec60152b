"""lgpio's pins without a blip, by number or name: importing this file loads lgpio, which makes a FIFO in the working directory."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock

import lgpio  # type: ignore[import-untyped]
from gpiozero import GPIOPinInUse  # type: ignore[import-untyped]
from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin  # type: ignore[import-untyped]

from drivers.chips import Chip, line_offset
from drivers.header import OpenChip


class SteadyPin(LGPIOPin):  # type: ignore[misc]
    """A pin that becomes an output with its level already set, and that is nobody's after it was closed."""

    def output_with_state(self, state: bool) -> None:
        """Claim the output at this level in one request to the kernel."""
        # gpiozero claims the line low and then sets it: a relay board that switches on at a low level, as most do,
        # would sound the siren for an instant at each start.
        lgpio.gpio_claim_output(self.factory._handle, self._number, int(state))  # noqa: SLF001 - gpiozero offers no other way

    def _get_state(self) -> bool:
        with self.factory.expecting_the_chip():
            state: bool = super()._get_state()
            return state

    def _set_state(self, value: bool) -> None:
        with self.factory.expecting_the_chip():
            super()._set_state(value)

    def close(self) -> None:
        """Stop the edges, become an input, and give the line back to the kernel, so that it can be opened again."""
        handle = self.factory._handle  # noqa: SLF001 - as above
        self.factory.pins.pop(self.info, None)
        if handle is None:
            return
        # An error here means that the chip has gone and the line with it; each step is still worth trying.
        with suppress(lgpio.error):
            self.when_changed = None
        self._when_changed = None  # which an error leaves as it was
        with suppress(lgpio.error):
            super().close()
        with suppress(lgpio.error):
            lgpio.gpio_free(handle, self._number)


class SteadyPins(LGPIOFactory):  # type: ignore[misc]
    """The pins of one GPIO chip, by their number or by the kernel's name of their line."""

    _handle: int | None

    def __init__(self, chip: Chip) -> None:
        """Open the chip for claiming; lgpio.error when it is not permitted."""
        super().__init__(chip=chip.number)
        self._asked = chip
        # gpiozero keeps these once for all factories; a chip that has come back must not meet the pins of the one that went.
        self.pins: dict[object, SteadyPin] = {}
        self._reservations: dict[object, list[object]] = defaultdict(list)
        self._res_lock = Lock()
        self.pin_class = SteadyPin

    @property
    def gone(self) -> bool:
        """Whether the chip has gone since it was opened."""
        return self._asked.gone

    def reserve_pins(self, requester: object, *names: int | str) -> None:
        """Note who uses a pin; OSError when another part does, or no line has this name."""
        for name in names:
            try:
                super().reserve_pins(requester, self._offset(name))
            except GPIOPinInUse as problem:
                raise OSError(f"pin {name} cannot be had: another part of this post is on the same line") from problem

    def pin(self, name: int | str) -> object:
        """Give the pin; OSError with a sentence when it cannot be claimed."""
        offset = self._offset(name)
        with self._claiming(name, offset):
            return super().pin(offset)

    def close(self) -> None:
        """Make every pin an input again and let go of the chip, also of one that has gone."""
        for pin in list(self.pins.values()):
            pin.close()
        # First forgotten, then closed: lgpio gives the same handle to whoever opens a chip next.
        handle, self._handle = self._handle, None
        if handle is not None:
            lgpio.gpiochip_close(handle)
        self._asked.close()

    @contextmanager
    def expecting_the_chip(self) -> Iterator[None]:
        """Let go of a chip at the first read or write that finds it gone, for then all its pins have gone."""
        # At once: for each line with edges lgpio's thread prints an error every half millisecond until it is freed.
        # Closing takes 0.1 s in lgpio, which matters little now.
        try:
            yield
        except Exception as problem:
            if not self.gone:
                raise
            self.close()
            raise OSError("its GPIO chip has gone") from problem

    @contextmanager
    def _claiming(self, name: int | str, offset: int) -> Iterator[None]:
        try:
            yield
        except lgpio.error as problem:
            # A pin that could not be made has no user: whoever reserved it has failed with it.
            for _, info in self.board_info.find_pin(offset):
                self._reservations.pop(info, None)
            raise OSError(f"pin {name} cannot be claimed: {self._reason(offset, problem)}") from problem

    def _reason(self, offset: int, problem: Exception) -> str:
        try:
            user = self._asked.line(offset).user
        except OSError:
            return f"{problem}"
        return f"{problem}" if user is None else f'line {offset} is in use already, by "{user}"; gpioinfo shows it'

    def _offset(self, name: int | str) -> int:
        offset = line_offset(name, self._asked.label, self._asked.names()) if isinstance(name, str) else name
        if not any(self.board_info.find_pin(offset)):
            raise OSError(f'pin "{name}" is line {offset} of the chip, which is not on the 40-pin header (GPIO0 to 27)')
        return offset


def open_lgpio(chip: Chip) -> OpenChip:
    """Open the pins of one GPIO chip; lgpio.error when it is not there or not permitted."""
    opened: OpenChip = SteadyPins(chip)
    return opened
