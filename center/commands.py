"""Ask a post to do something, and wait for what it says."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from ulid import ULID

from center.mqtt import Message
from edge.event import rfc3339

log = logging.getLogger(__name__)
patience_seconds = 6.0


class Broker(Protocol):
    """What commands need of the connection."""

    ready: asyncio.Event

    def publish(self, topic: str, payload: Mapping[str, Any]) -> None:
        """Send a message."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a post said; `status` is done, accepted or refused, or `unanswered` when it said nothing."""

    status: str
    reason: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def well(self) -> bool:
        """Whether the command was carried out, or is being so."""
        return self.status in ("done", "accepted")


@dataclass(frozen=True, slots=True)
class Order:
    """One command for one session of one device, in somebody's name."""

    device: str
    session: str | None
    operator: str
    name: str
    body: Mapping[str, Any]


class Commander:
    """Publishes commands as `caller` and matches the replies by id."""

    def __init__(self, caller: str, patience: float = patience_seconds) -> None:
        """`patience` in seconds: how long to wait for a reply, and how long a command stays valid."""
        self.caller = caller
        self._patience = patience
        self._waiting: dict[tuple[str, str], asyncio.Future[Reply]] = {}

    @property
    def topic(self) -> str:
        """Where our replies arrive."""
        return f"callpost/v1/+/reply/{self.caller}"

    def heard(self, message: Message) -> None:
        """Take a reply; one that nobody waits for, or from another device, is logged and left."""
        device = message.topic.split("/")[2]
        try:
            body = json.loads(message.payload)
            identifier, reply = body["id"], _reply(body)
        except (ValueError, KeyError, TypeError, RecursionError) as problem:
            log.warning("a reply of %s cannot be read: %s", device, problem)
            return
        waiting = self._waiting.get((device, str(identifier)))
        if waiting and not waiting.done():
            waiting.set_result(reply)

    async def send(self, broker: Broker, order: Order) -> Reply:
        """Publish the command and return the reply; silence comes back as `unanswered` with a sentence."""
        if not broker.ready.is_set():
            return Reply("unanswered", "the centre has no connection to its broker")
        if order.session is None:
            return Reply("unanswered", "the post has not reported itself yet")
        identifier = str(ULID())
        waiting: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[order.device, identifier] = waiting
        broker.publish(f"callpost/v1/{order.device}/command/{order.name}", self._message(identifier, order))
        try:
            return await asyncio.wait_for(waiting, self._patience)
        except TimeoutError:
            return Reply("unanswered", f"the post did not answer within {self._patience:g} s")
        finally:
            del self._waiting[order.device, identifier]

    def _message(self, identifier: str, order: Order) -> dict[str, Any]:
        return {
            "id": identifier,
            "session": order.session,
            "issued": rfc3339(datetime.now(UTC)),
            "ttl_seconds": self._patience,
            "reply_to": self.caller,
            "operator": order.operator,
            "body": dict(order.body),
        }


def _reply(body: Mapping[str, Any]) -> Reply:
    reason, inner = body.get("reason"), body.get("body")
    if body["status"] not in ("done", "accepted", "refused"):
        raise ValueError(f"its status is {body['status']!r}")
    return Reply(body["status"], str(reason) if reason else None, inner if isinstance(inner, dict) else {})


class Offers:
    """The posts' own call offers, in memory only: each at most once and never an old one."""

    def __init__(self, now: Callable[[], float], lifetime_seconds: float = 60, most: int = 500) -> None:
        """`now` is a monotonic clock in seconds."""
        self._now, self._lifetime, self._most = now, lifetime_seconds, most
        self._offers: dict[tuple[str, str], tuple[float, str, str]] = {}

    def heard(self, message: Message) -> None:
        """Take an offer; a newer one for the same incident replaces it."""
        device = message.topic.split("/")[2]
        try:
            body = json.loads(message.payload)
            identifier, incident, sdp = body["id"], body["incident"], body["sdp"]
        except (ValueError, KeyError, TypeError, RecursionError) as problem:
            log.warning("a call offer of %s cannot be read: %s", device, problem)
            return
        if not all(isinstance(text, str) and 0 < len(text) <= 60_000 for text in (identifier, incident, sdp)):
            log.warning("a call offer of %s is not made of texts", device)
            return
        self._offers[device, incident] = (self._now(), identifier, sdp)
        self._forget_old()

    def take(self, device: str, incident: str) -> tuple[str, str] | None:
        """Return (id, sdp) of a fresh offer and forget it, or None."""
        self._forget_old()
        found = self._offers.pop((device, incident), None)
        return found[1:] if found else None

    def _forget_old(self) -> None:
        oldest = self._now() - self._lifetime
        fresh = [(key, offer) for key, offer in self._offers.items() if offer[0] >= oldest]
        self._offers = dict(fresh[-self._most :])
