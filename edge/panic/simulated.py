"""Which parts of a panic post are played by software, as the demo page names them."""

from collections.abc import Mapping
from typing import Any

from drivers.contact import Contact, SimulatedContact
from drivers.lamp import Lamp, SimulatedLamp
from drivers.power import SimulatedPower, Supply
from drivers.relay import SimulatedRelay
from edge.panic.signals import Outputs, SignalBoard
from edge.sim_api import Simulated


class DuckedSiren:
    """The simulated siren, which also shows when it gives way to a voice."""

    def __init__(self, relay: SimulatedRelay, board: SignalBoard) -> None:
        """Show this relay."""
        self._relay = relay
        self._board = board

    def shows(self) -> Mapping[str, Any]:
        """Return whether it sounds, and whether it is ducked."""
        return {**self._relay.shows(), "ducked": self._board.signals.ducked}

    async def act(self, action: str, body: Mapping[str, Any]) -> None:
        """Do it to the relay."""
        await self._relay.act(action, body)


def parts(contacts: Mapping[str, Contact], outputs: Outputs, power: Supply, board: SignalBoard) -> dict[str, Simulated]:
    """Return the simulated ones among the parts."""
    found: dict[str, Simulated] = {name: part for name, part in contacts.items() if isinstance(part, SimulatedContact)}
    if isinstance(outputs.light, SimulatedRelay):
        found["light"] = outputs.light
    if isinstance(outputs.siren, SimulatedRelay):
        found["siren"] = DuckedSiren(outputs.siren, board)
    found |= {f"lamp_{name}": lamp for name, lamp in _lamps(outputs).items() if isinstance(lamp, SimulatedLamp)}
    if isinstance(power, SimulatedPower):
        found |= {"mains": power.mains, "battery": power.battery}
    return found


def _lamps(outputs: Outputs) -> dict[str, Lamp]:
    return {
        "called": outputs.called,
        "answered": outputs.answered,
        "ready": outputs.ready,
        "watched": outputs.watched,
    }
