"""Light, siren and lamps: set what the incident shows, and set it again each second, since relays do forget."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from drivers.lamp import Lamp
from drivers.relay import Relay
from edge.panic.incident import Signals

reassert_seconds = 1.0


@dataclass(frozen=True, slots=True)
class Outputs:
    """The parts that a person at the gate sees and hears."""

    light: Relay
    siren: Relay
    called: Lamp
    answered: Lamp
    ready: Lamp
    watched: Lamp

    def all(self) -> tuple[Relay | Lamp, ...]:
        """Return the parts, light and siren first."""
        return (self.light, self.siren, self.called, self.answered, self.ready, self.watched)


class SignalBoard:
    """Drives the outputs. A part that fails is a fault, and the others are set all the same."""

    def __init__(self, outputs: Outputs, fault: Callable[[str, str | None], None]) -> None:
        """Begin dark; `fault` is told a part and a reason, or None when the part was set."""
        self._outputs = outputs
        self._fault = fault
        self.signals = Signals()
        self.ready = False

    def show(self, signals: Signals) -> None:
        """Set everything, light and siren first."""
        self.signals = signals
        self._drive()

    def show_ready(self, ready: bool) -> None:
        """Set the lamp that promises that a press would work."""
        if ready != self.ready:
            self.ready = ready
            self._drive()

    async def keep_showing(self, also: Callable[[], None]) -> None:
        """Set everything again each second, for ever: a relay that was mended or glitched follows at once."""
        while True:
            await asyncio.sleep(reassert_seconds)
            self._drive()
            also()

    def _drive(self) -> None:
        signals, parts = self.signals, self._outputs
        problems = {
            "light": _tried(lambda: parts.light.set(signals.light)),
            "siren": _tried(lambda: parts.siren.set(signals.siren)),
            "lamp_called": _tried(lambda: parts.called.show(signals.called)),
            "lamp_answered": _tried(lambda: parts.answered.show(signals.answered)),
            "lamp_watched": _tried(lambda: parts.watched.show(signals.watched)),
            "lamp_ready": _tried(lambda: parts.ready.show("on" if self.ready else "off")),
        }
        # Told only after all are set: a fault is written down, and nothing is written before the light is on.
        for part, reason in problems.items():
            self._fault(part, reason)


def _tried(act: Callable[[], None]) -> str | None:
    try:
        act()
    except OSError as problem:
        return str(problem)
    return None
