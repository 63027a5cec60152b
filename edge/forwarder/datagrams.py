"""Datagrams from the programs of this device: a new event, or a message that is worth nothing later."""

import asyncio
import json
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from edge.event import Event, parse
from edge.forwarder.payloads import Message, decoded, first_sentence

log = logging.getLogger(__name__)
receive_buffer_bytes = 1_048_576
offer_topic = "call/offer"
longest_epoch = 64
largest_number = 2**63 - 1


class Offer(Message):
    """The post's own call offer."""

    id: str = Field(min_length=1, max_length=64)
    incident: str = Field(min_length=1, max_length=64)
    sdp: str = Field(min_length=1, max_length=60_000)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event as it will stand on the wire."""

    event: Event
    message: bytes


@dataclass(frozen=True, slots=True)
class NewOffer:
    """A call offer for topic `call/offer`, never stored."""

    message: bytes


Datagram = NewEvent | NewOffer


def read(datagram: bytes, device: str, programs: tuple[str, ...]) -> Datagram:
    """Return what a datagram says. Raises ValueError with a sentence when it says nothing that we pass on."""
    content = decoded(datagram)
    match content:
        case {"event": dict(message)}:
            return _event(message, device, programs)
        case {"topic": "call/offer", "payload": dict(payload)}:
            return _offer(payload)
        case {"topic": topic}:
            raise ValueError(f"topic {topic!r:.80} is not open to datagrams, only {offer_topic} is")
        case _:
            raise ValueError("the datagram is neither an event nor a message")


def _event(message: dict[str, Any], device: str, programs: tuple[str, ...]) -> NewEvent:
    try:
        event = parse(message)
    except OverflowError as problem:
        raise ValueError(f"a number is out of range: {problem}") from problem
    if message.get("source") != f"/posts/{device}":
        raise ValueError(f"the event is of {message.get('source')!r:.80}, not of this device")
    if event.outbox.removesuffix("-alarm") not in programs:
        raise ValueError(f"outbox {event.outbox!r:.80} belongs to no program of this device")
    if not isinstance(event.epoch, str) or not 0 < len(event.epoch) <= longest_epoch or event.sequence > largest_number:
        raise ValueError("epoch or sequence is out of range")
    return NewEvent(event, json.dumps(message, ensure_ascii=False).encode())


def _offer(payload: dict[str, Any]) -> NewOffer:
    try:
        offer = Offer.model_validate(payload)
    except ValidationError as problem:
        raise ValueError(f"call offer: {first_sentence(problem)}") from problem
    return NewOffer(json.dumps(offer.model_dump(), ensure_ascii=False).encode())


class _Listener(asyncio.DatagramProtocol):
    """Hands over what can be read; the rest is logged, since a program of ours sent it."""

    def __init__(self, device: str, programs: tuple[str, ...], take: Callable[[Datagram], None]) -> None:
        self._device = device
        self._programs = programs
        self._take = take

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Take one datagram."""
        del addr
        try:
            news = read(data, self._device, self._programs)
        except ValueError as problem:
            log.warning("a datagram of %d bytes is dropped: %.300s", len(data), problem)
            return
        self._take(news)


async def listen(
    path: Path, device: str, programs: tuple[str, ...], take: Callable[[Datagram], None]
) -> asyncio.DatagramTransport:
    """Open the socket, in a directory that only the programs' group enters. Raises OSError."""
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True)
        path.parent.chmod(0o2770)  # setgid: the socket gets the directory's group
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Listener(device, programs, take),
        local_addr=str(path),
        family=socket.AF_UNIX,
    )
    path.chmod(0o660)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
    return transport
