"""Carries out what paths.py decides: the next address at once, and the second centre for an incident."""

import json
import logging
from collections.abc import Callable

from edge.event import Event, parse
from edge.forwarder import paths
from edge.forwarder.cursors import Cursors
from edge.forwarder.memory import Key, program_of
from edge.forwarder.paths import Escalation, MoveOn, Narrow, Widen
from edge.outbox_reader import StoredEvent

log = logging.getLogger(__name__)
watched = ('"callpost.incident.escalated"', '"callpost.incident.closed"')


class Escalations:
    """Looks at every event of an incident, whether it comes by datagram or from a file."""

    def __init__(self, cursors: Cursors, move_on: Callable[[str], None], second_turn: Callable[[], None]) -> None:
        """Take what sends the first centre to its next address, and what tells the second that its share changed."""
        self._cursors = cursors
        self._move_on = move_on
        self._second_turn = second_turn
        self._widened = cursors.widened()
        self._now = Escalation(widened=frozenset(self._widened))

    def observe_row(self, row: StoredEvent) -> None:
        """Look at a row of a file; the owner wrote it, so a broken one is left to the centre."""
        if any(kind in row.body for kind in watched):
            try:
                event = parse(json.loads(row.body))
            except ValueError as problem:
                log.warning("%s:%s:%d cannot be read: %s", row.outbox, row.epoch, row.sequence, problem)
            else:
                self.observe(event)

    def observe(self, event: Event) -> None:
        """Look at an event."""
        incident, step = str(event.data.get("incident", "")), str(event.data.get("step", ""))
        self._now, effects = paths.step(self._now, event.id, event.kind, incident, step)
        for effect in effects:
            self._carry_out(effect, event.id)

    def _carry_out(self, effect: paths.Effect, event_id: str) -> None:
        match effect:
            case MoveOn(incident):
                self._move_on(f"incident {incident} was not received")
            case Widen(incident):
                log.warning("incident %s goes to the second centre as well", incident)
                self._put(incident, program_of(event_id.partition(":")[0]), None)
                self._second_turn()
            case Narrow(incident):
                self._put(incident, self._widened[incident][0], event_id)

    def _put(self, incident: str, program: str, closing: str | None) -> None:
        self._widened[incident] = (program, closing)
        self._cursors.widen(incident, program, closing)

    def programs(self) -> frozenset[str]:
        """Return the programs whose outboxes the second centre gets now."""
        return frozenset(program for program, _ in self._widened.values())

    def stored(self, key: Key, upto: int) -> None:
        """Release the second centre from incidents that are closed, once some centre has stored the closing."""
        for incident, (_, closing) in list(self._widened.items()):
            if closing is not None and _covers(key, upto, closing):
                del self._widened[incident]
                self._cursors.narrow(incident)
                log.info("incident %s is closed; the second centre is released", incident)


def _covers(key: Key, upto: int, event_id: str) -> bool:
    outbox, epoch, sequence = event_id.split(":")
    return key == (outbox, epoch) and int(sequence) <= upto
