"""One input line with its pull-up: its level now, and each edge with the kernel's time of it."""

from collections.abc import Callable

from gpiozero import GPIODevice  # type: ignore[import-untyped]

from drivers.factory import Factory
from drivers.telling import tell

Edge = Callable[[bool, int], None]


class InputLine:
    """One pin as an input, pulled up: high when nothing is connected, low when a contact ties it to ground."""

    def __init__(self, pin: int | str, factory: Factory) -> None:
        """Claim the pin; gpiozero.GPIOPinInUse when another part has it, OSError when it cannot be had now."""
        self._device = GPIODevice(pin, pin_factory=factory)
        self._changed: Edge | None = None
        try:
            self._device.pin.input_with_pull("up")
            self._device.pin.edges = "both"
        except Exception:
            self._device.close()
            raise

    def watch(self, changed: Edge) -> None:
        """Call `changed(low, at_ns)` for each edge, from the pin library's thread; at_ns is CLOCK_MONOTONIC."""
        self._changed = changed
        # gpiozero keeps a weak reference only; the bound method lives as long as this line does.
        self._device.pin.when_changed = self._edge

    def low(self) -> bool:
        """Read the level now: True for low."""
        return not self._device.pin.state

    def close(self) -> None:
        """Stop the edges and give the pin back."""
        if self._device.closed:
            return
        try:
            self._device.pin.when_changed = None
        finally:
            self._device.close()

    def _edge(self, ticks: float, state: int) -> None:
        # The ticks of both factories are seconds of CLOCK_MONOTONIC; lgpio's come from the kernel's event.
        if self._changed is not None:
            tell(self._changed, not state, round(ticks * 1e9))
