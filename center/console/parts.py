"""What the pages of the console are made of, put together once in __main__."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from center.commands import Broker, Commander, Offers, Order, Reply
from center.console.auth import Gate
from center.console.facts import Facts
from center.console.fleet import Fleet
from center.console.live import Changes
from center.console.public_limit import PublicLimit
from center.console.rating_records import RatingRecords
from center.console.records import Records
from center.console.reports import Reports
from center.console.settings import ConsoleSettings
from center.console.uploads import Uploads
from center.console.views import Views
from center.incidents import Incident

# Moves come many a second while somebody holds a key down; the stop after them says nothing new.
unrecorded = frozenset({"ptz.stop", "call.ice"})


@dataclass(frozen=True, slots=True)
class Console:
    """The parts of the console."""

    settings: ConsoleSettings
    facts: Facts
    records: Records
    gate: Gate
    views: Views
    changes: Changes
    commander: Commander
    offers: Offers
    broker: Broker
    uploads: Uploads
    fleet: Fleet
    reports: Reports
    rating_records: RatingRecords
    public_limit: PublicLimit
    # What goes on after an answer was given; if it dies, the process does.
    background: asyncio.TaskGroup

    async def command(self, incident: Incident, operator: str, name: str, body: Mapping[str, Any]) -> Reply:
        """Record who does what, do it, and record what came of it."""
        recorded = name not in unrecorded
        shown = {key: value for key, value in body.items() if key not in ("sdp", "incident", "upload", "servers")}
        number = self.records.act(operator, incident.id, name, shown) if recorded else 0
        order = Order(incident.device, self.facts.session(incident.device), operator, name, body)
        reply = await self.commander.send(self.broker, order)
        if recorded:
            self.records.settle(number, reply.status, reply.reason)
            self.changes.tell()
        return reply
