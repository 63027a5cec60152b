"""Outboxes to publishes, for one centre: alarms one by one on their own connection, the rest in batches on another.

Which event goes when is decided in lanes.py and window.py; here are only the files, the memory and the connections.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from edge.forwarder.feed import Feed
from edge.forwarder.lane_sender import LaneSender, batch_type, cloudevent_type
from edge.forwarder.lane_table import LaneTable, Now
from edge.forwarder.memory import Key, Memory, Remembered, alarm_suffix
from edge.forwarder.mqtt import Link
from edge.forwarder.window import brackets_bytes, first_batch
from edge.outbox_reader import StoredEvent

page_rows = 500
# A datagram comes a few milliseconds before its row; one whose predecessors are still missing now has lost them.
missing_seconds = 1.0

Feeds = Callable[[], Sequence[Feed]]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where events come from: the files this centre is to get, the memory, and who else looks at each row."""

    feeds: Feeds
    memory: Memory
    observe: Callable[[StoredEvent], None]
    now: Now

    def outboxes(self, suffix: str) -> tuple[str, ...]:
        """Return the outboxes with alarms (suffix "-alarm") or without ("")."""
        return tuple(feed.program + suffix for feed in self.feeds())


class AlarmDrain:
    """Alarms: from the datagram at once, from the file for everything else."""

    def __init__(self, sources: Sources, table: LaneTable, sender: LaneSender, sweep_seconds: float) -> None:
        """Start without a connection."""
        self._sources = sources
        self._table = table
        self._sender = sender
        self._sweep_seconds = sweep_seconds
        self._after: dict[str, int] = {}
        self._in_file = False

    @property
    def waits(self) -> bool:
        """Whether an alarm is known that the centre has not acknowledged."""
        remembered = (event for outbox in self._outboxes() for event in self._sources.memory.of(outbox))
        return self._in_file or any(event.sequence > self._table[event.key].acked for event in remembered)

    async def look(self) -> None:
        """See whether the files hold an unacknowledged alarm."""
        held = [span for feed in self._sources.feeds() for span in await feed.spans() or ()]
        self._in_file = any(
            span.last >= span.first and span.last > self._table[span.outbox, span.epoch].acked
            for span in held
            if span.outbox.endswith(alarm_suffix)
        )

    def wake(self) -> None:
        """Something is new: an alarm, an acknowledgement, another centre's turn. What is in memory goes at once."""
        self._from_memory()
        self._sender.woken.set()

    async def run(self, link: Link) -> None:
        """Send on this connection until cancelled."""
        for outbox in self._outboxes():
            self._restart(outbox)
        self._sender.attach(link)
        try:
            while True:
                self._sender.woken.clear()
                for outbox in self._outboxes():
                    if self._table.send_again_where_due(outbox):
                        self._after.pop(outbox, None)
                self._from_memory()
                for feed in self._sources.feeds():
                    await self._from_file(feed)
                await self.look()
                await self._sender.wait(self._outboxes, self._sweep_seconds)
        finally:
            self._sender.attach(None)

    def _restart(self, outbox: str) -> None:
        self._table.rewind(outbox)
        self._after.pop(outbox, None)

    def _outboxes(self) -> tuple[str, ...]:
        return self._sources.outboxes(alarm_suffix)

    def _from_memory(self) -> None:
        if self._sender.link is None:
            return
        for outbox in self._outboxes():
            for event in self._sources.memory.of(outbox):
                lane = self._table[event.key]
                if lane.wants(event.sequence) and lane.allowance(self._table.policy):
                    self._sender.send_early(event.key, event.sequence, event.message, cloudevent_type)

    async def _from_file(self, feed: Feed) -> None:
        outbox = feed.program + alarm_suffix
        while rows := await feed.rows(outbox, self._after.get(outbox, 0), page_rows):
            for row in rows:
                if not await self._send(row):
                    return
                self._after[outbox] = row.position

    async def _send(self, row: StoredEvent) -> bool:
        """Send one alarm unless it is a double; False when the lane may not run further ahead now."""
        key, payload = (row.outbox, row.epoch), row.body.encode()
        self._sources.observe(row)
        await self._sender.room(len(payload))
        lane = self._table[key]
        if not lane.wants(row.sequence):
            return True
        if not lane.allowance(self._table.policy):
            return False
        self._sender.send_through(key, row.sequence, 1, payload, cloudevent_type)
        return True


class BulkDrain:
    """Everything else, in the order of each lane, in arrays of up to 100."""

    def __init__(
        self, sources: Sources, table: LaneTable, sender: LaneSender, batch: tuple[int, int], sweep_seconds: float
    ) -> None:
        """Start without a connection; `batch` is the most bytes and the most events of one message."""
        self._sources = sources
        self._table = table
        self._sender = sender
        self._batch_bytes, self._batch_events = batch
        self._sweep_seconds = sweep_seconds
        self._after: dict[str, int] = {}

    def wake(self) -> None:
        """Something is new."""
        self._sender.woken.set()

    async def run(self, link: Link) -> None:
        """Send on this connection until cancelled."""
        for outbox in self._outboxes():
            self._table.rewind(outbox)
        self._after.clear()
        self._sender.attach(link)
        try:
            while True:
                self._sender.woken.clear()
                self._set_back()
                if not any([await self._pass(feed) for feed in self._sources.feeds()]):
                    await self._sender.wait(self._outboxes, self._sweep_seconds)
        finally:
            self._sender.attach(None)

    def _outboxes(self) -> tuple[str, ...]:
        return self._sources.outboxes("")

    def _set_back(self) -> None:
        for outbox in self._outboxes():
            if self._table.send_again_where_due(outbox):
                self._after.pop(outbox, None)

    async def _pass(self, feed: Feed) -> bool:
        """Send one page of a file, then what only memory has; return whether there may be more."""
        outbox = feed.program
        rows = await feed.rows(outbox, self._after.get(outbox, 0), page_rows)
        for key, lane_rows in groupby(rows, lambda row: (row.outbox, row.epoch)):
            if not await self._send_lane(key, list(lane_rows)):
                return False
        if len(rows) < page_rows:
            await self._from_memory(feed)
            return False
        return True

    async def _send_lane(self, key: Key, rows: list[StoredEvent]) -> bool:
        """Send the rows of one lane; False when the lane may not run further ahead now."""
        while rows:
            # A datagram may have brought the first ones already.
            while rows and not self._table[key].wants(rows[0].sequence):
                self._passed(key, rows.pop(0))
            if not rows:
                break
            allowed = min(self._batch_events, self._table[key].allowance(self._table.policy))
            if allowed == 0:
                return False
            rows = await self._send_batch(key, rows, allowed)
        return True

    async def _send_batch(self, key: Key, rows: list[StoredEvent], allowed: int) -> list[StoredEvent]:
        bodies = [row.body.encode() for row in rows[:allowed]]
        count = first_batch([len(body) for body in bodies], self._batch_bytes, allowed)
        payload = b"[" + b",".join(bodies[:count]) + b"]"
        await self._sender.room(len(payload))
        if self._table[key].wants(rows[0].sequence):  # an acknowledgement may have come while waiting
            self._sender.send_through(key, rows[count - 1].sequence, count, payload, batch_type)
        for row in rows[:count]:
            self._passed(key, row)
        return rows[count:]

    def _passed(self, key: Key, row: StoredEvent) -> None:
        self._sources.observe(row)
        self._after[row.outbox] = row.position
        self._sources.memory.drop(key, row.sequence)

    async def _from_memory(self, feed: Feed) -> None:
        """Send what the file does not have, or not yet."""
        remembered = list(self._sources.memory.of(feed.program))
        while remembered:
            batch = self._next_in_order(remembered)
            if batch:
                await self._send_remembered(batch)
                del remembered[: len(batch)]
                continue
            event = remembered.pop(0)
            if self._is_orphan(feed, event):
                await self._sender.room(len(event.message) + brackets_bytes)
                self._sender.send_early(event.key, event.sequence, b"[" + event.message + b"]", batch_type)

    def _next_in_order(self, remembered: list[Remembered]) -> list[Remembered]:
        """Return the events at the head that continue their lane without a gap, as many as make one message."""
        key = remembered[0].key
        lane = self._table[key]
        allowed = min(self._batch_events, lane.allowance(self._table.policy))
        in_order: list[Remembered] = []
        for sequence, event in enumerate(remembered[:allowed], start=lane.sent + 1):
            if (event.key, event.sequence) != (key, sequence):
                break
            in_order.append(event)
        return in_order[: first_batch([len(event.message) for event in in_order], self._batch_bytes, allowed)]

    async def _send_remembered(self, batch: list[Remembered]) -> None:
        payload = b"[" + b",".join(event.message for event in batch) + b"]"
        await self._sender.room(len(payload))
        if self._table[batch[0].key].sent + 1 == batch[0].sequence:  # an acknowledgement may have come while waiting
            self._sender.send_through(batch[0].key, batch[-1].sequence, len(batch), payload, batch_type)

    def _is_orphan(self, feed: Feed, event: Remembered) -> bool:
        """Whether the predecessors of an event are missing from the file, so that it goes without them."""
        lane = self._table[event.key]
        if not lane.wants(event.sequence) or not lane.allowance(self._table.policy):
            return False
        return feed.trouble is not None or self._sources.now() - event.arrived > missing_seconds
