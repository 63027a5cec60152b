"""What the forwarder says of the device: the birth after each connection, and the heartbeat."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from edge.forwarder.feed import Feed
from edge.forwarder.memory import Memory
from edge.forwarder.programs import ProgramDownError, Programs
from edge.outbox_reader import Span
from edge.program import version
from edge.settings import Device

most_faults = 50
unknown_readiness = "unknown"
Health = Callable[[], dict[str, Any]]


class Report:
    """Asks the programs and the files."""

    def __init__(
        self, device: Device, feeds: Sequence[Feed], memory: Memory, programs: Programs, own_health: Health
    ) -> None:
        """Remember whom to ask."""
        self._device = device
        self._feeds = feeds
        self._memory = memory
        self._programs = programs
        self._own_health = own_health

    async def birth(self, session: str) -> dict[str, Any]:
        """Return the content of topic `state`; programs that do not answer in time are named as not running."""
        names = [feed.program for feed in self._feeds if feed.program != "forwarder"]
        status, spans, *healths = await asyncio.gather(
            self.status(), self.spans(), *(self._health(name) for name in names)
        )
        known = {**dict(zip(names, healths, strict=True)), "forwarder": self._own_health()}
        return {
            "online": True,
            "session": session,
            "programs": list(known),
            "roles": list(self._device.roles),
            "versions": {
                "callpost": version,
                **{name: str(h["version"]) for name, h in known.items() if "version" in h},
            },
            "faults": [fault for name, health in known.items() for fault in _faults(name, health)][:most_faults],
            **status,
            "outboxes": self._beginnings(spans),
        }

    async def heartbeat(self, session: str, counter: int) -> dict[str, Any]:
        """Return the content of topic `heartbeat`."""
        status, spans = await asyncio.gather(self.status(), self.spans())
        queues: dict[str, int] = {}
        for span in spans:
            queues[span.outbox] = queues.get(span.outbox, 0) + span.last - span.first + 1
        return {"session": session, "counter": counter, **status, "queues": queues}

    async def status(self) -> dict[str, Any]:
        """Return readiness and open incident, as far as panic answers."""
        if "panic" not in [feed.program for feed in self._feeds]:
            return {"readiness": unknown_readiness, "incident": None}
        try:
            status = await self._programs.panic_status()
        except ProgramDownError:
            return {"readiness": unknown_readiness, "incident": None}
        return {"readiness": status.get("readiness", unknown_readiness), "incident": status.get("incident")}

    async def spans(self) -> list[Span]:
        """Return what the files hold; a file that cannot be read is left out."""
        found = await asyncio.gather(*(feed.spans() for feed in self._feeds))
        return [span for spans in found for span in spans or ()]

    def _beginnings(self, spans: Sequence[Span]) -> list[Mapping[str, Any]]:
        return [
            {"outbox": span.outbox, "epoch": span.epoch, "first": self._first(span), "last": span.last}
            for span in spans
            if self._first(span) >= 1
        ]

    def _first(self, span: Span) -> int:
        """Return the lowest number that we still have: what lies below counts as present at the centre."""
        held = [e.sequence for e in self._memory.of(span.outbox) if e.key == (span.outbox, span.epoch)]
        return min([span.first, *held])

    async def _health(self, program: str) -> dict[str, Any]:
        try:
            return await self._programs.health(program)
        except ProgramDownError:
            return {}


def _faults(program: str, health: Mapping[str, Any]) -> list[Any]:
    if not health:
        return [{"part": program, "reason": f"the program {program} does not answer"}]
    return list(health.get("faults", []))
