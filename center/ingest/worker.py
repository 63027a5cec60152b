"""From messages to acknowledgements: take what has come, commit it, and only then answer."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from center.ingest.intake import Item, Refused, read
from center.ingest.store import Ack, Store
from center.mqtt import Link, Message

largest_batch = 200
log = logging.getLogger(__name__)


class Worker:
    """Commits messages in batches: what comes during one commit is the next batch, so nothing waits for a timer."""

    def __init__(self, store: Store, committed: Callable[[], None]) -> None:
        """`committed` is called after each commit."""
        self._store, self._committed = store, committed
        # Not bounded here: the broker sends no more than our receive maximum before we acknowledge.
        self._queue: asyncio.Queue[Message] = asyncio.Queue()

    def heard(self, message: Message) -> None:
        """Take a message; runs on the event loop."""
        self._queue.put_nowait(message)

    async def run(self, link: Link) -> None:
        """Commit and acknowledge until cancelled. Raises sqlite3.Error: a centre that cannot store must not go on."""
        while True:
            batch = await self._batch()
            items = [item for message in batch for item in read(message.topic, message.payload)]
            _log_refused(items)
            acks = await asyncio.to_thread(self._store.commit, items, datetime.now(UTC))
            self._answer(link, batch, acks)

    async def _batch(self) -> list[Message]:
        batch = [await self._queue.get()]
        while not self._queue.empty() and len(batch) < largest_batch:
            batch.append(self._queue.get_nowait())
        return batch

    def _answer(self, link: Link, batch: Sequence[Message], acks: Sequence[Ack]) -> None:
        self._committed()  # operators first: the board before the books
        for ack in acks:
            body = {"outbox": ack.outbox, "epoch": ack.epoch, "upto": ack.upto}
            link.publish(f"callpost/v1/{ack.device}/ack", body)
        for message in batch:
            link.acknowledge(message)


def _log_refused(items: Sequence[Item]) -> None:
    for item in items:
        if isinstance(item, Refused):
            log.warning("refused a message on %r: %s", item.topic[:200], item.reason)
