"""Everything the forwarder is made of, and how news travels between the pieces."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from edge.clock import Clock
from edge.event import ClockState, rfc3339
from edge.forwarder.acks import AckPosts, Stored
from edge.forwarder.centre import Centre
from edge.forwarder.commands import Commands, Received
from edge.forwarder.cursors import Cursors
from edge.forwarder.datagrams import Datagram, NewEvent, NewOffer
from edge.forwarder.escalations import Escalations
from edge.forwarder.feed import Feed
from edge.forwarder.lane_table import LaneTable, Now
from edge.forwarder.link_news import LinkNews
from edge.forwarder.memory import Memory, Remembered, alarm_suffix
from edge.outbox import Outbox

log = logging.getLogger(__name__)
# Events after which the birth no longer tells the truth.
birth_changes = frozenset({"incident.raised", "incident.level_raised", "incident.closed", "device.started"})


@dataclass(frozen=True, slots=True)
class Parts:
    """What the uplink connects; the centres come later, since they need it."""

    feeds: tuple[Feed, ...]
    memory: Memory
    cursors: Cursors
    outbox: Outbox
    clock: Clock
    posts: AckPosts
    news: LinkNews
    now: Now


class Uplink:
    """Passes events, acknowledgements, commands and escalations on to where they belong."""

    def __init__(self, parts: Parts) -> None:
        """Start without centres."""
        self._parts = parts
        self.centres: list[Centre] = []
        self.tables: list[LaneTable] = []
        self.names: list[str] = []
        self.commands: Commands | None = None
        self._told = parts.outbox.kept.get("synchronised_boot", "")
        self.escalations = Escalations(parts.cursors, self._move_on, self._second_turn)

    # What programs say -----------------------------------------------------------------------

    def datagram(self, news: Datagram) -> None:
        """Take a datagram: an alarm is on the wire before this returns, if there is a connection."""
        match news:
            case NewEvent():
                self._event(news)
            case NewOffer(message):
                for number in range(len(self.centres)):
                    if self.feeds_of(number):
                        self.centres[number].offer(message)

    def _event(self, news: NewEvent) -> None:
        event = news.event
        key = (event.outbox, event.epoch)
        if event.sequence > self.tables[0][key].acked:
            self._parts.memory.remember(Remembered(key, event.sequence, news.message, self._parts.now()))
        for centre in self.centres:
            centre.news(event.outbox)
        self.escalations.observe(event)
        if event.kind in birth_changes:
            self._rebirth()

    def feeds_of(self, number: int) -> tuple[Feed, ...]:
        """Return the files that a centre gets: the first all, another one those of its incidents."""
        if number == 0:
            return self._parts.feeds
        if number > 1:
            return ()
        programs = self.escalations.programs()
        return tuple(feed for feed in self._parts.feeds if feed.program in programs)

    # What centres say ------------------------------------------------------------------------

    def stored(self, number: int, outbox: str, epoch: str, upto: int) -> None:
        """Take the word of a centre that it has stored a lane up to a number."""
        key = (outbox, epoch)
        if not self.tables[number].acknowledge(key, upto):
            return
        self._parts.cursors.store(self.names[number], key, upto)
        self._parts.posts.put(Stored(number, key, upto))
        if number == 0:
            self._parts.memory.forget(key, upto)
        self.escalations.stored(key, upto)
        self.centres[number].news(outbox)

    def command(self, received: Received) -> None:
        """Take a command of a centre."""
        if self.commands is not None:
            self.commands.received(received)

    def connected(self, number: int, *, connected: bool) -> None:
        """Take note of a connection, or of its loss."""
        self._parts.news.put(self.names[number], connected=connected)

    def path_changed(self, path: str, reason: str) -> None:
        """Record the way that is used now."""
        self._parts.outbox.record("path.changed", {"path": path[:80], "reason": reason[:400]})

    # Escalation ------------------------------------------------------------------------------

    def _move_on(self, reason: str) -> None:
        if self.centres:
            self.centres[0].move_on(reason)

    def _second_turn(self) -> None:
        if len(self.centres) < 2:
            log.warning("the settings name no second centre")
            return
        self.centres[1].rebirth()
        for program in self.escalations.programs():
            for outbox in (program, program + alarm_suffix):
                self.centres[1].news(outbox)

    def _rebirth(self) -> None:
        for centre in self.centres:
            centre.rebirth()

    # Now and then ----------------------------------------------------------------------------

    async def sweep(self, seconds: float) -> None:
        """Look after what no message announces, until cancelled."""
        while True:
            await self._repeat_acknowledgements()
            self._tell_the_time_once()
            await asyncio.sleep(seconds)

    async def _repeat_acknowledgements(self) -> None:
        """Tell owners again that still hold what the first centre has stored: they restarted, or missed it."""
        for feed in self._parts.feeds:
            for span in await feed.spans() or ():
                acked = self.tables[0][span.outbox, span.epoch].acked
                if span.first <= min(acked, span.last):
                    self._parts.posts.put(Stored(0, (span.outbox, span.epoch), acked))

    def _tell_the_time_once(self) -> None:
        """Whenever the clock has become true: the centre then dates the earlier events of this boot."""
        stamp = self._parts.clock.stamp()
        if stamp.state is not ClockState.SYNCHRONISED:
            self._told = ""
        elif self._told != stamp.boot:
            data = {"boot": stamp.boot, "mono": str(stamp.mono), "wall": rfc3339(stamp.wall)}
            self._parts.outbox.record("clock.synchronised", data, keep={"synchronised_boot": stamp.boot})
            self._told = stamp.boot

    def health(self, program_version: str) -> dict[str, Any]:
        """Return what the local interface says."""
        faults = [
            {"part": f"centre {name}", "reason": centre.trouble}
            for name, centre in zip(self.names, self.centres, strict=True)
            if centre.trouble
        ]
        faults += [{"part": f"outbox {f.program}", "reason": f.trouble} for f in self._parts.feeds if f.trouble]
        if self._parts.outbox.trouble:
            faults.append({"part": "disk", "reason": self._parts.outbox.trouble})
        session = self.centres[0].session if self.centres else ""
        return {"program": "forwarder", "version": program_version, "session": session, "faults": faults}
