"""What both drains share: publishing events of lanes on one link, with bytes in flight bounded."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from edge.forwarder import lanes
from edge.forwarder.lane_table import LaneTable
from edge.forwarder.memory import Key
from edge.forwarder.mqtt import Link
from edge.forwarder.window import Window

log = logging.getLogger(__name__)
cloudevent_type = "application/cloudevents+json"
batch_type = "application/cloudevents-batch+json"


class LaneSender:
    """Publishes on the link of the moment; a PUBACK frees the window and wakes whoever waits."""

    def __init__(self, table: LaneTable, topic: str, window_bytes: int) -> None:
        """Start without a link."""
        self._table = table
        self._topic = topic
        self._window_bytes = window_bytes
        self._window = Window(window_bytes)
        self.link: Link | None = None
        self.woken = asyncio.Event()
        self._freed = asyncio.Event()
        self._refusal = ""

    def attach(self, link: Link | None) -> None:
        """Use a new link, with nothing in flight, or none."""
        self.link = link
        self._window = Window(self._window_bytes)
        self._freed.set()

    async def room(self, size_bytes: int) -> None:
        """Wait until a message of this size may go."""
        while not self._window.has_room(size_bytes):
            self._freed.clear()
            await self._freed.wait()

    def send_early(self, key: Key, sequence: int, payload: bytes, content_type: str) -> None:
        """Publish one event from memory."""
        self._table[key] = lanes.sent_early(self._table[key], sequence)
        self._publish(key, payload, content_type)

    def send_through(self, key: Key, last: int, events: int, payload: bytes, content_type: str) -> None:
        """Publish events read from the file in order."""
        self._table[key] = lanes.sent_through(self._table[key], last, events)
        self._publish(key, payload, content_type)

    def _publish(self, key: Key, payload: bytes, content_type: str) -> None:
        link = self.link
        if link is None:
            return
        self._window = self._window.sent(len(payload))
        future = link.publish(self._topic, payload, content_type=content_type)
        future.add_done_callback(partial(self._taken, link, key, len(payload)))

    def _taken(self, link: Link, key: Key, size: int, future: "asyncio.Future[None]") -> None:
        if link is not self.link:
            return  # the lanes have been rewound for another connection since
        problem = future.exception()
        if problem is not None and not link.lost.done() and str(problem) != self._refusal:
            self._refusal = str(problem)
            log.warning("%s: %s", self._topic, problem)
        self._window = self._window.freed(size)
        self._table.taken(key)
        self._freed.set()
        self.woken.set()

    async def wait(self, outboxes: Callable[[], tuple[str, ...]], sweep_seconds: float) -> None:
        """Wait until woken, until something is overdue, or for the sweep."""
        dues = [due for outbox in outboxes() if (due := self._table.seconds_until_due(outbox)) is not None]
        try:
            async with asyncio.timeout(min([sweep_seconds, *dues])):
                await self.woken.wait()
        except TimeoutError:
            pass
