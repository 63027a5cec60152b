"""What waits for the disk, in its order: bounded while the disk fails, and what has to be dropped is remembered by name."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from edge.event import Event, Severity
from edge.outbox_file import Ack, Entry, Hole


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry, and the promises to keep once it is on the disk."""

    entry: Entry
    promises: "tuple[asyncio.Future[None], ...]"

    @property
    def alarms(self) -> bool:
        """Whether it carries an alarm, which is never dropped."""
        return any(event.severity is Severity.ALARM for event, _ in self.entry.events)


class WaitingList:
    """Entries and acknowledgements for the next commit; only the writer thread uses it."""

    def __init__(self, most: int) -> None:
        """Hold at most so many entries without an alarm."""
        self.entries: list[Waiting] = []
        self._acks: dict[tuple[str, str], Ack] = {}
        self._dropped: list[Hole] = []
        self._most = most

    @property
    def acks(self) -> list[Ack]:
        """The furthest acknowledgement of each outbox and epoch; it includes those before."""
        return list(self._acks.values())

    def add(self, item: Waiting | Ack) -> None:
        """Put it at the end."""
        if isinstance(item, Waiting):
            self.entries.append(item)
            return
        lane = item.outbox, item.epoch
        known = self._acks.get(lane)
        if known is None or known.upto < item.upto:
            self._acks[lane] = item

    def clear(self) -> None:
        """Everything is on the disk."""
        self.entries.clear()
        self._acks.clear()

    def bound(self) -> None:
        """Drop the oldest events of low severity when too much waits; the state kept with them stays."""
        low = [number for number, item in enumerate(self.entries) if not item.alarms]
        if len(low) <= self._most:
            return
        # One more than too many: what was kept with them needs an entry of its own.
        last = low[len(low) - self._most]
        old, rest = self.entries[: last + 1], self.entries[last + 1 :]
        gone = [event for item in old if not item.alarms for event, _ in item.entry.events]
        self._dropped = list(merged([*self._dropped, *runs(gone)]))
        self.entries = [*(item for item in old if item.alarms), *_state_of(old), *rest]

    def take_dropped(self) -> list[Hole]:
        """Return the numbers dropped since the last call, for the disk to learn once it is back."""
        dropped, self._dropped = self._dropped, []
        return dropped


def _state_of(old: list[Waiting]) -> Iterator[Waiting]:
    """Return what all of them together would have kept, alarms included, since the later word counts."""
    keep: dict[str, str] = {}
    for item in old:
        keep |= item.entry.keep
    promises = tuple(promise for item in old if not item.entry.events for promise in item.promises)
    if keep:
        yield Waiting(Entry((), keep), promises)


def runs(events: Iterable[Event]) -> Iterator[Hole]:
    """Name the events as runs without holes: a number between them that is still there must not be given up."""
    return merged(Hole(event.outbox, event.epoch, event.sequence, event.sequence) for event in events)


def merged(holes: Iterable[Hole]) -> Iterator[Hole]:
    """Join runs that touch."""
    run: Hole | None = None
    for hole in holes:
        if run and (run.outbox, run.epoch, run.last + 1) == (hole.outbox, hole.epoch, hole.first):
            run = Hole(run.outbox, run.epoch, run.first, hole.last)
            continue
        if run:
            yield run
        run = hole
    if run:
        yield run
