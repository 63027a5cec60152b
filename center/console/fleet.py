"""The fleet identity: what the centre asks of terminals outside incidents, as another client of the broker.

Who may end an incident must not be able to change a roster, and the other way round: the broker's access list says so.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from center.commands import Broker, Commander, Order, Reply
from center.console.facts import Facts

caller = "fleet"
# Questions to one device at a time: forged codes must not fill up its line.
most_at_once = 8


@dataclass(frozen=True, slots=True)
class Fleet:
    """Commands to devices that need no incident."""

    broker: Broker
    commander: Commander
    facts: Facts
    _asking: dict[str, int] = field(default_factory=dict)

    async def ask(self, device: str, operator: str, name: str, body: Mapping[str, Any]) -> Reply:
        """Send a command to one device; silence, and a device that is being asked a lot, come back as `unanswered`."""
        if self._asking.get(device, 0) >= most_at_once:
            return Reply("unanswered", "the post is being asked too much at once")
        self._asking[device] = self._asking.get(device, 0) + 1
        try:
            order = Order(device, self.facts.session(device), operator, name, body)
            return await self.commander.send(self.broker, order)
        finally:
            self._asking[device] -= 1
            if not self._asking[device]:
                del self._asking[device]

    async def ask_all(
        self, devices: list[str], operator: str, name: str, body: Mapping[str, Any]
    ) -> Mapping[str, Reply]:
        """Send one command to many devices at once; each has a reply of its own."""
        replies = await asyncio.gather(*(self.ask(device, operator, name, body) for device in devices))
        return dict(zip(devices, replies, strict=True))
