"""Acknowledgements to the owners of the outboxes: repeated until taken, the latest wins."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from edge.backoff import Backoff
from edge.forwarder.memory import Key, program_of
from edge.forwarder.programs import ProgramDownError, ProgramRefusesError, Programs
from edge.outbox import Ack

log = logging.getLogger(__name__)
Chance = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Stored:
    """A centre, by its place in the settings, has stored a lane up to a number."""

    centre: int
    key: Key
    upto: int


class AckPost:
    """Hands acknowledgements of one program to it."""

    def __init__(self, program: str, programs: Programs, chance: Chance) -> None:
        """Start with nothing to say."""
        self._program = program
        self._programs = programs
        self._chance = chance
        self._latest: dict[tuple[int, Key], int] = {}
        self._news = asyncio.Event()

    def put(self, stored: Stored) -> None:
        """Say this as soon as the program listens; a higher number replaces a lower one."""
        name = (stored.centre, stored.key)
        self._latest[name] = max(stored.upto, self._latest.get(name, 0))
        self._news.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        backoff = Backoff(first_seconds=0.5, ceiling_seconds=15)
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self._deliver()
                backoff = Backoff(first_seconds=0.5, ceiling_seconds=15)
            except ProgramDownError as problem:
                log.info("acknowledgements wait: %s", problem)
                backoff = backoff.failed()
                self._news.set()
                # Half of it is fixed: there is no herd here, only a program that starts.
                await asyncio.sleep(backoff.bound_seconds / 2 + backoff.wait_seconds(self._chance()) / 2)

    async def _deliver(self) -> None:
        for (centre, key), upto in list(self._latest.items()):
            outbox, epoch = key
            message = {"outbox": outbox, "epoch": epoch, "upto": upto, "centre": centre}
            try:
                await self._programs.acknowledge(self._program, message)
            except ProgramRefusesError as problem:
                log.warning("an acknowledgement was not taken: %s", problem)
            if self._latest.get((centre, key)) == upto:
                del self._latest[centre, key]


class AckPosts:
    """Finds the owner of an outbox; the forwarder's own is next door."""

    def __init__(self, programs: tuple[str, ...], calls: Programs, own: Callable[[Ack], None], chance: Chance) -> None:
        """Make one post for each program."""
        self._own = own
        self.posts = {name: AckPost(name, calls, chance) for name in programs if name != "forwarder"}

    def put(self, stored: Stored) -> None:
        """Hand over what a centre has stored; only the owner decides what it means."""
        program = program_of(stored.key[0])
        if program in self.posts:
            self.posts[program].put(stored)
        elif program == "forwarder" and stored.centre == 0:
            self._own(Ack(*stored.key, stored.upto))
