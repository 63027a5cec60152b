"""One centre: its two connections, when and where to make them, and what goes over them."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ulid import ULID

from edge.backoff import Backoff
from edge.forwarder.attempts import Attempts
from edge.forwarder.drain import AlarmDrain, BulkDrain
from edge.forwarder.lane_table import Now
from edge.forwarder.memory import is_alarm_outbox
from edge.forwarder.mqtt import Link, LinkError, Login, open_link
from edge.forwarder.paths import Route
from edge.forwarder.payloads import acknowledgement
from edge.forwarder.report import Report

log = logging.getLogger(__name__)
# An offer waits this long for a connection; later its addresses are of no use.
offer_seconds = 20.0
goodbye_seconds = 1.0

Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Duties:
    """What the rest of the forwarder does for a centre."""

    stored: Callable[[str, str, int], None]  # outbox, epoch, upto
    command: Callable[[str, bytes, str, Callable[[str, bytes], None]], None]  # name, payload, session, answer
    connected: Callable[[bool], None]
    path_changed: Callable[[str, str], None]  # path, reason


@dataclass(frozen=True, slots=True)
class Timing:
    """Times in seconds; `chance` gives the jitter, from 0 up to 1."""

    heartbeat: float
    sweep: float
    start_delay: float
    backoff: Backoff
    now: Now
    chance: Now


class Centre:
    """Keeps the connections to one centre alive and useful."""

    def __init__(  # noqa: PLR0917 - given once, in the composition root
        self,
        route: Route,
        login: Login,
        prefix: str,
        drains: tuple[AlarmDrain, BulkDrain],
        report: Report,
        duties: Duties,
        timing: Timing,
    ) -> None:
        """Take a pattern of the login, whose address and will are filled in for each attempt."""
        self._route = route
        self._login = login
        self._prefix = prefix
        self.alarms, self.bulk = drains
        self._report = report
        self._duties = duties
        self._timing = timing
        self._attempts = Attempts(timing.now() + timing.start_delay, timing.backoff)
        self._changed = asyncio.Event()
        self._rebirth = asyncio.Event()
        self._end: asyncio.Future[str] | None = None
        self._link: Link | None = None
        self._offer: tuple[float, bytes] | None = None
        self._last_path = ""
        self._reason = "the forwarder started"
        self._trouble = ""
        self._beats = 0
        self._birth_says: tuple[object, object] = (None, None)
        self._moving = False
        self.session = ""

    @property
    def trouble(self) -> str:
        """Why the centre is not connected; empty while it is."""
        return "" if self._link else self._trouble or "not connected yet"

    # What others tell us ---------------------------------------------------------------------

    def news(self, outbox: str) -> None:
        """Look at an outbox: an event, an acknowledgement or a turn is new."""
        if is_alarm_outbox(outbox):
            self.alarms.wake()
            self._changed.set()
        else:
            # The alarm drain would search its files for nothing.
            self.bulk.wake()

    def rebirth(self) -> None:
        """Publish the birth again, since what it says has changed."""
        self._rebirth.set()

    def move_on(self, reason: str) -> None:
        """Take the next address at once, because nobody has stored an alarm over this one."""
        if len(self._route.addresses) == 1 and self._link is not None:
            return  # there is no other way; cutting the only one would help nobody
        self._route = self._route.rotated()
        self._reason = reason
        self._attempts = self._attempts.at_once()
        self._changed.set()
        if self._end is not None and not self._end.done():
            self._moving = True
            self._end.set_result(f"left for another path: {reason}")

    def offer(self, message: bytes) -> None:
        """Send the post's call offer now, or as soon as there is a connection within its short life."""
        self._offer = (self._timing.now(), message)
        self._send_offer()

    # The life of a connection ----------------------------------------------------------------

    async def run(self) -> None:
        """Connect again and again until cancelled."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await self.alarms.look()
        while True:
            await self._turn()
            self._attempts = self._attempts.begun(self._timing.now())
            self.session = str(ULID())
            route = self._route
            try:
                link = await open_link(self._full_login(), self._received)
            except LinkError as problem:
                self._failed(route, str(problem))
            else:
                await self._use(route, link)

    async def _turn(self) -> None:
        """Wait until the next attempt is due; a waiting alarm ends the wait."""
        while True:
            self._changed.clear()
            wait = self._attempts.due(alarm_waiting=self.alarms.waits) - self._timing.now()
            if wait <= 0:
                return
            try:
                async with asyncio.timeout(min(wait, self._timing.sweep)):
                    await self._changed.wait()
            except TimeoutError:
                await self.alarms.look()

    def _full_login(self) -> Login:
        will = (self._prefix + "state", _bytes({"online": False, "session": self.session}))
        return replace(self._login, address=self._route.address, will=will)

    def _failed(self, route: Route, reason: str) -> None:
        if reason != self._trouble:
            log.warning("no connection: %s", reason)
        self._trouble = self._reason = reason[:400]
        if route == self._route:  # otherwise an escalation has chosen another address meanwhile
            self._attempts = self._attempts.failed(self._timing.now(), self._timing.chance())
            self._route = route.rotated()

    async def _use(self, route: Route, link: Link) -> None:
        began = self._timing.now()
        self._link = link
        self._announce(route)
        try:
            reason = await self._work(route, link)
        except asyncio.CancelledError:
            await self._say_goodbye(link)
            raise
        finally:
            self._link = None
            self._duties.connected(False)
            link.abandon()
        self._ended(route, reason, self._timing.now() - began)

    def _announce(self, route: Route) -> None:
        log.info("connected: %s", route.path)
        self._duties.connected(True)
        if route.path != self._last_path:
            self._duties.path_changed(route.path, self._reason)
        self._last_path = route.path

    def _ended(self, route: Route, reason: str, lasted_seconds: float) -> None:
        log.warning("connection ended: %s", reason)
        self._trouble = reason[:400]
        if self._moving:
            self._moving = False
            return
        self._reason = reason[:400]
        self._attempts = self._attempts.ended(self._timing.now(), lasted_seconds, self._timing.chance())
        self._route = route.rotated()

    async def _work(self, route: Route, link: Link) -> str:
        """Do everything a connection is for until it ends; return why it ended."""
        self._end = end = asyncio.get_running_loop().create_future()
        link.lost.add_done_callback(partial(_pass_on, end))
        async with asyncio.TaskGroup() as work:
            # Subscribing is written to the connection first, so that no acknowledgement can come too early.
            duties = [self._subscribe(link), self.alarms.run(link), self._births(link), self._beat(link)]
            tasks = [work.create_task(duty) for duty in (*duties, self._bulk(route.address))]
            self._send_offer()
            reason: str = await end
            for task in tasks:
                task.cancel()
        return reason

    async def _subscribe(self, link: Link) -> None:
        try:
            await link.subscribe(self._prefix + "ack", self._prefix + "command/+")
        except LinkError as problem:
            if self._end is not None and not self._end.done():
                self._end.set_result(str(problem))

    async def _say_goodbye(self, link: Link) -> None:
        link.publish(self._prefix + "state", _bytes({"online": False, "session": self.session}), retain=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(goodbye_seconds):
                await link.close()

    # The second connection -------------------------------------------------------------------

    async def _bulk(self, address: str) -> None:
        """Keep the connection for batches, to the same address as the one for alarms."""
        login = replace(self._login, address=address, client_id=f"{self._login.client_id}-bulk")
        backoff = self._timing.backoff
        while True:
            began = self._timing.now()
            try:
                link = await open_link(login, _ignore)
            except LinkError as problem:
                log.warning("no connection for batches: %s", problem)
                backoff = backoff.failed()
            else:
                await _until_lost(link, self.bulk.run(link))
                backoff = backoff.ended(self._timing.now() - began)
            await asyncio.sleep(backoff.wait_seconds(self._timing.chance()))

    # What is said over the first -------------------------------------------------------------

    async def _births(self, link: Link) -> None:
        while True:
            self._rebirth.clear()
            self._publish_state(link, await self._report.birth(self.session))
            await self._rebirth.wait()

    def _publish_state(self, link: Link, birth: Content) -> None:
        self._birth_says = (birth["readiness"], birth["incident"])
        link.publish(self._prefix + "state", _bytes(birth), retain=True)

    async def _beat(self, link: Link) -> None:
        while True:
            await asyncio.sleep(self._timing.heartbeat)
            self._beats += 1
            beat = await self._report.heartbeat(self.session, self._beats)
            link.publish(self._prefix + "heartbeat", _bytes(beat), qos=0)
            if (beat["readiness"], beat["incident"]) != self._birth_says:
                self.rebirth()

    def _send_offer(self) -> None:
        if self._link is None or self._offer is None:
            return
        (since, message), self._offer = self._offer, None
        if self._timing.now() - since <= offer_seconds:
            self._link.publish(self._prefix + "call/offer", message)

    # What is heard ---------------------------------------------------------------------------

    def _received(self, topic: str, payload: bytes) -> None:
        """Take a message; whatever it contains, it does no harm."""
        channel = topic.removeprefix(self._prefix)
        if channel == "ack":
            self._acknowledged(payload)
        elif channel.startswith("command/"):
            self._duties.command(channel.removeprefix("command/"), payload, self.session, self._answer)
        else:
            log.warning("a message on %.80r was not asked for", topic)

    def _acknowledged(self, payload: bytes) -> None:
        try:
            ack = acknowledgement(payload)
        except ValueError as problem:
            log.warning("an acknowledgement cannot be read: %s", problem)
            return
        self._duties.stored(ack.outbox, ack.epoch, ack.upto)

    def _answer(self, caller: str, reply: bytes) -> None:
        """Send a reply over the connection of the moment; without one, the centre asks again by the same id."""
        if self._link is not None:
            self._link.publish(f"{self._prefix}reply/{caller}", reply)


async def _until_lost(link: Link, work: Coroutine[Any, Any, None]) -> None:
    """Run something on a link until the link is lost."""
    task = asyncio.ensure_future(work)
    try:
        both: list[asyncio.Future[Any]] = [task, link.lost]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if link.lost.done():
            log.warning("connection for batches ended: %s", link.lost.result())
    finally:
        task.cancel()
        link.abandon()
    # Waiting for the set, not for the task: its cancellation and ours could not be told apart.
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()  # its own failure must end the program


def _pass_on(end: "asyncio.Future[str]", lost: "asyncio.Future[str]") -> None:
    if not end.done() and not lost.cancelled():
        end.set_result(lost.result())


def _ignore(topic: str, payload: bytes) -> None:
    log.warning("a message on %.80r (%d bytes) came over the wrong connection", topic, len(payload))


def _bytes(content: Content) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()
