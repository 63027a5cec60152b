"""Carries out what the call machine decides: connections, the lease at panic, and who is heard."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiortc import RTCIceServer
from ulid import ULID

from media import call
from media.panic_link import PanicLink, Talk
from media.playout import Playout
from media.signaling import BadDescription, Peer, Studio, Told

log = logging.getLogger(__name__)
OFFER_AGAIN_SECONDS = 1.0
"""An own offer that ended is followed by the next one no sooner: a centre that refuses must not be flooded."""


class Refused(Exception):
    """The post does not do what was asked; the text is the reason for the operator."""


@dataclass(frozen=True)
class Outside:
    """Where the desk's facts and offers go."""

    record: Callable[[str, Mapping[str, Any]], object]
    send_offer: Callable[[Mapping[str, str]], None]


@dataclass(frozen=True)
class Limits:
    """How long a connection may take, and the servers that every connection may use."""

    operators: int
    connect_seconds: float
    servers: tuple[RTCIceServer, ...] = ()


class Desk:
    """Every call of the post."""

    def __init__(self, studio: Studio, playout: Playout, lease: PanicLink, outside: Outside, limits: Limits) -> None:
        self._studio = studio
        self._playout = playout
        self._lease = lease
        self._outside = outside
        self._limits = limits
        self._calls = call.Calls(most=limits.operators)
        self._peers: dict[str, Peer] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._opened: dict[str, float] = {}
        self._turn: tuple[RTCIceServer, ...] = ()
        self._offered_at = -OFFER_AGAIN_SECONDS
        self._offer_for = ""
        self._offer_waits = False
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def calls(self) -> call.Calls:
        """The present lines."""
        return self._calls

    @property
    def occupied(self) -> str | None:
        """Say why loudspeaker and microphone are needed now, or None."""
        if any(line.stage is call.Stage.CONNECTED for line in self._calls.lines):
            return "a call is up"
        return None if self._calls.incident is None else "an incident is open"

    def incident(self, incident: call.Incident | None) -> None:
        """Panic says which incident is open."""
        self._run(self._give(call.IncidentIs(incident)))

    def servers(self, incident: str, servers: Sequence[RTCIceServer]) -> None:
        """TURN servers for the next connections of this incident. Raises Refused."""
        self.check(incident)
        self._turn = tuple(servers)
        self._offer_soon(incident)

    async def offer(self, incident: str, operator: str, sdp: str, *, speak: bool) -> dict[str, str]:
        """Take an operator's offer; return the answer and the operator's role. Raises Refused."""
        name = str(ULID())
        role = self._admitted(call.Asked(name, incident, operator, speak))
        peer = self._new_peer(name)
        self._set_timer(name)
        try:
            return {"sdp": await peer.answer(sdp, role), "role": role.value}
        except BadDescription as problem:
            self._lost(name, str(problem))
            raise Refused(str(problem)) from problem

    async def answer(self, incident: str, operator: str, offer: str, sdp: str, *, speak: bool) -> dict[str, str]:
        """Take an operator's answer to the post's own offer. Raises Refused."""
        role = self._admitted(call.Answered(offer, incident, operator, speak))
        self._set_timer(offer)
        try:
            await self._peers[offer].accept(sdp)
        except BadDescription as problem:
            self._lost(offer, str(problem))
            raise Refused(str(problem)) from problem
        return {"role": role.value}

    def hang_up(self, incident: str, operator: str) -> None:
        """End an operator's call. Raises Refused for another incident."""
        self.check(incident)
        self._run(self._give(call.HungUp(incident, operator)))

    async def close(self) -> None:
        """End every connection."""
        self.incident(None)
        await asyncio.gather(*self._tasks)

    def check(self, incident: str) -> None:
        """Raise Refused unless this incident is open."""
        now = self._calls.incident
        if now is None:
            raise Refused(call.NO_INCIDENT)
        if now.id != incident:
            raise Refused(call.OTHER_INCIDENT)

    def _admitted(self, given: call.Asked | call.Answered) -> call.Role:
        effects = self._give(given)
        self._run(effects)
        for effect in effects:
            match effect:
                case call.Admit(_, role):
                    return role
                case call.Refuse(_, reason):
                    raise Refused(reason)
        raise Refused("the post cannot take this call")

    def _give(self, given: call.Input) -> list[call.Effect]:
        self._calls, effects = call.step(self._calls, given)
        return effects

    def _run(self, effects: Iterable[call.Effect]) -> None:
        for effect in effects:
            self._carry_out(effect)

    def _carry_out(self, effect: call.Effect) -> None:
        match effect:
            case call.DropLease(reason):
                self._lease.drop(reason)
                self._playout.operator_gone()
            case call.HoldLease(_, incident, operator):
                self._lease.hold(Talk(incident, operator))
            case call.ViewOpened(name, incident, operator):
                self._opened[name] = time.monotonic()
                self._outside.record("media.view_opened", {"incident": incident, "operator": operator})
            case call.ViewClosed(name, incident, operator):
                seconds = round(time.monotonic() - self._opened.pop(name), 1)
                data = {"incident": incident, "operator": operator, "seconds": seconds}
                self._outside.record("media.view_closed", data)
            case call.End(name, reason):
                self._end(name, reason)
            case call.MakeOffer(incident):
                self._offer_soon(incident)
            case call.Admit() | call.Refuse():
                pass  # the answer to whoever asked, see _admitted

    def _new_peer(self, name: str) -> Peer:
        told = Told(self._connected, self._lost, self._voice)
        peer = Peer(name, self._studio, (*self._limits.servers, *self._turn), told)
        self._peers[name] = peer
        return peer

    def _connected(self, name: str) -> None:
        self._stop_timer(name)
        self._run(self._give(call.Connected(name)))

    def _lost(self, name: str, reason: str) -> None:
        self._run(self._give(call.Lost(name, reason)))

    def _voice(self, name: str, block: bytes) -> None:
        if call.heard(self._calls) == name:
            self._playout.hear(block)

    def _end(self, name: str, reason: str) -> None:
        log.info("call %s ends: %s", name, reason)
        self._stop_timer(name)
        peer = self._peers.pop(name, None)
        if peer is not None:
            self._start(peer.close())

    def _set_timer(self, name: str) -> None:
        loop = asyncio.get_running_loop()
        reason = "the connection did not come up in time"
        self._timers[name] = loop.call_later(self._limits.connect_seconds, self._lost, name, reason)

    def _stop_timer(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    def _offer_soon(self, incident: str) -> None:
        """An offer that still waits serves for every wish since: many short calls must not queue one offer each."""
        self._offer_for = incident
        if not self._offer_waits:
            self._offer_waits = True
            self._start(self._make_offer())

    async def _make_offer(self) -> None:
        await asyncio.sleep(self._offered_at + OFFER_AGAIN_SECONDS - time.monotonic())
        self._offer_waits = False
        self._offered_at = time.monotonic()
        incident = self._offer_for
        name = str(ULID())
        peer = self._new_peer(name)
        sdp = await peer.offer()
        now = self._calls.incident
        if now is None or now.id != incident:
            self._end(name, call.INCIDENT_OVER)
            return
        self._run(self._give(call.Offered(name)))
        self._outside.send_offer({"id": name, "incident": incident, "sdp": sdp})

    def _start(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(_report)


def _report(task: "asyncio.Task[None]") -> None:
    """Log a call that broke: it must not end the program and with it the other calls, but it must be seen."""
    if not task.cancelled() and task.exception() is not None:
        log.error("a call broke", exc_info=task.exception())
