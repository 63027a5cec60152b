"""Which address of which centre comes next, and which incidents the second centre gets. Pure.

The chain follows the outer contract, section 5: another path when nobody has stored the alarm, then a second centre.
"""

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Route:
    """The addresses of one centre, in the order of the settings, and the one to use."""

    centre: str
    addresses: tuple[str, ...]
    turn: int = 0

    @property
    def address(self) -> str:
        """The address to use now, "host:port"."""
        return self.addresses[self.turn]

    @property
    def path(self) -> str:
        """How events name this way."""
        return f"{self.centre} {self.address}"

    def rotated(self) -> "Route":
        """Return the route on its next address; the only address stays."""
        return replace(self, turn=(self.turn + 1) % len(self.addresses))


@dataclass(frozen=True, slots=True)
class Escalation:
    """What escalation has led to so far: the incidents that a second centre gets as well."""

    widened: frozenset[str] = field(default_factory=frozenset)
    handled: frozenset[str] = field(default_factory=frozenset)  # ids of events, which come by datagram and by file


@dataclass(frozen=True, slots=True)
class MoveOn:
    """The first centre's alarm connection takes its next address at once."""

    incident: str


@dataclass(frozen=True, slots=True)
class Widen:
    """The second centre gets this incident from now on."""

    incident: str


@dataclass(frozen=True, slots=True)
class Narrow:
    """The incident is closed; the second centre gets no more incidents than before it."""

    incident: str


Effect = MoveOn | Widen | Narrow


def step(
    now: Escalation, event_id: str, kind: str, incident: str, escalated_to: str
) -> tuple[Escalation, list[Effect]]:
    """Take one event of an incident; return the next escalation and what follows. A repeated event changes nothing."""
    if event_id in now.handled:
        return now, []
    after = replace(now, handled=now.handled | {event_id})
    match kind, escalated_to:
        case "incident.escalated", "next_path":
            return after, [MoveOn(incident)]
        case "incident.escalated", "second_centre":
            return replace(after, widened=now.widened | {incident}), [Widen(incident)]
        case "incident.closed", _ if incident in now.widened:
            return replace(after, widened=now.widened - {incident}), [Narrow(incident)]
        case _:
            return now, []
