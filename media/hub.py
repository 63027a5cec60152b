"""Gives the camera's pictures to all who look, begins each with the last key frame, and remembers the last seconds."""

import asyncio
from collections import deque
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from drivers.camera import AccessUnit

ticks_per_second = 90_000
default_ring_seconds = 30.0
default_max_bytes = 64 * 1024 * 1024  # 30 s at 16 Mb/s


class Hub:
    """One camera's fan-out. Bounded: by `max_bytes`, and by `ring_seconds` and one more group of pictures."""

    def __init__(self, ring_seconds: float = default_ring_seconds, max_bytes: int = default_max_bytes) -> None:
        self._ticks = round(ring_seconds * ticks_per_second)
        self._max_bytes = max_bytes
        self._groups: deque[Group] = deque()
        self._bytes = 0
        self._subscriptions: set[Subscription] = set()
        self._last_unit_ns: int | None = None

    @property
    def last_unit_ns(self) -> int | None:
        """When the newest picture arrived (CLOCK_MONOTONIC); None before the first."""
        return self._last_unit_ns

    def put(self, unit: AccessUnit) -> None:
        """Remember a picture and give it to everybody; never waits."""
        self._last_unit_ns = unit.arrived_ns
        if unit.key:
            self._groups.append(Group())
        if self._groups:
            self._groups[-1].add(unit)
            self._bytes += len(unit.data)
            self._trim(unit.pts)
        for subscription in self._subscriptions:
            subscription.put(unit)

    def subscribe(self, maxsize: int = 250) -> "Subscription":
        """Return a view that begins with the last key frame; it falls behind by `maxsize` pictures at most."""
        subscription = Subscription(self, maxsize)
        self._subscriptions.add(subscription)
        return subscription

    def forget(self, subscription: "Subscription") -> None:
        """Give nothing more to a view."""
        self._subscriptions.discard(subscription)

    def group(self) -> tuple[AccessUnit, ...]:
        """Return the last key frame and everything since."""
        return tuple(self._groups[-1].units) if self._groups else ()

    def ring(self) -> tuple[AccessUnit, ...]:
        """Return the last seconds, from a key frame on."""
        return tuple(unit for group in self._groups for unit in group.units)

    def _trim(self, now: int) -> None:
        """Drop whole groups: those that the ring can do without, then the oldest, at last one that has no end."""
        while len(self._groups) > 1 and (self._bytes > self._max_bytes or self._groups[1].begin <= now - self._ticks):
            self._drop_oldest()
        if self._bytes > self._max_bytes or self._groups[0].begin < now - 2 * self._ticks:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        self._bytes -= self._groups.popleft().bytes


class Group:
    """A key frame and the pictures that need it."""

    def __init__(self) -> None:
        self.units: list[AccessUnit] = []
        self.bytes = 0

    def add(self, unit: AccessUnit) -> None:
        """Append a picture."""
        self.units.append(unit)
        self.bytes += len(unit.data)

    @property
    def begin(self) -> int:
        """The time of the key frame, in 90 kHz."""
        return self.units[0].pts


class Subscription:
    """One viewer's pictures: `async for`, within `with`. What is skipped ends at a key frame, so all can be decoded."""

    def __init__(self, hub: Hub, maxsize: int) -> None:
        self._hub = hub
        self._maxsize = maxsize
        self._queue: deque[AccessUnit] = deque()
        self._arrived = asyncio.Event()
        self._closed = False
        self._waiting = True
        self._room = maxsize
        self.skipped = 0  # pictures that this viewer was too slow for
        self._begin(hub.group())

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """End; whoever waits for a picture is told that there is none."""
        self._hub.forget(self)
        self._closed = True
        self._arrived.set()

    def replay(self) -> None:
        """Begin again with the last key frame and everything since (a viewer has lost pictures)."""
        self._begin(self._hub.group())

    def put(self, unit: AccessUnit) -> None:
        """Take a picture; a full queue takes none until the next key frame, which then replaces what is queued."""
        full = len(self._queue) >= self._room
        if unit.key:
            self._waiting = False
            if full:
                self.skipped += len(self._queue)
                self._queue.clear()
        elif full or self._waiting:
            self._waiting = True
            self.skipped += 1
            return
        self._queue.append(unit)
        self._arrived.set()

    @property
    def ready(self) -> int:
        """How many pictures wait for the viewer."""
        return len(self._queue)

    def __aiter__(self) -> Self:
        """Return itself."""
        return self

    async def __anext__(self) -> AccessUnit:
        """Return the next picture."""
        while not self._queue:
            if self._closed:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        return self._queue.popleft()

    def _begin(self, group: Iterable[AccessUnit]) -> None:
        self._queue = deque(group)
        self._waiting = not self._queue
        self._room = len(self._queue) + self._maxsize
        if self._queue:
            self._arrived.set()
