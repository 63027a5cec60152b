"""What a message from a post means. Pure: bytes in, items out; nothing that comes from outside can raise here."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from edge.event import Event, parse

largest_payload_bytes = 1 << 20
most_events = 100  # a message of topic `event`, contract section 4
largest_number = (1 << 63) - 1  # what SQLite stores as an integer
longest_name = 128
device_name = re.compile(r"[A-Za-z0-9.-]{1,128}")


@dataclass(frozen=True, slots=True)
class Fact:
    """One event of a device."""

    device: str
    event: Event


@dataclass(frozen=True, slots=True)
class Birth:
    """A device came to life; `firsts` is the lowest number that it still holds, per (outbox, epoch)."""

    device: str
    session: str
    body: Mapping[str, Any]
    firsts: Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Gone:
    """The broker speaks the last will of a session."""

    device: str
    session: str


@dataclass(frozen=True, slots=True)
class Beat:
    """A device is alive."""

    device: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that cannot be used, and why."""

    topic: str
    payload: bytes
    reason: str


Item = Fact | Birth | Gone | Beat | Refused


def read(topic: str, payload: bytes) -> list[Item]:
    """Return what a message says; what cannot be used comes back as `Refused`."""
    try:
        return list(_items(*_named(topic), topic, payload))
    except (ValueError, RecursionError) as problem:
        return [Refused(topic, payload, str(problem)[:400])]


def _named(topic: str) -> tuple[str, str]:
    """Return device and channel of a topic."""
    _, _, device, channel = topic.split("/")
    if not device_name.fullmatch(device):
        raise ValueError("the topic names no device")
    return device, channel


def _items(device: str, channel: str, topic: str, payload: bytes) -> Iterator[Item]:
    body = _decoded(payload)
    match channel:
        case "alarm":
            yield _fact(device, body)
        case "event":
            yield from _facts(device, topic, body)
        case "state":
            yield _state(device, _object(body))
        case "heartbeat":
            yield Beat(device, _object(body))
        case _:
            raise ValueError(f"nothing is expected on {channel!r}")


def _decoded(payload: bytes) -> object:
    if len(payload) > largest_payload_bytes:
        raise ValueError(f"{len(payload)} bytes are more than {largest_payload_bytes}")
    body = json.loads(payload.decode("utf-8"), parse_constant=_no_constant)
    # A lone surrogate is legal JSON and cannot be stored as text: find it here, not in the transaction.
    json.dumps(body, ensure_ascii=False).encode("utf-8")
    return body


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _object(body: object) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise ValueError("the message is not an object")
    return body


def _facts(device: str, topic: str, body: object) -> Iterator[Item]:
    if not isinstance(body, list) or not 1 <= len(body) <= most_events:
        raise ValueError(f"the message is not an array of 1 to {most_events} events")
    for one in body:
        try:
            yield _fact(device, one)
        except ValueError as problem:
            # Its neighbours are good; only this one is put aside.
            yield Refused(topic, json.dumps(one, ensure_ascii=False).encode(), str(problem)[:400])


def _fact(device: str, body: object) -> Fact:
    message = _object(body)
    if message.get("source") != f"/posts/{device}":
        raise ValueError(f"source {message.get('source')!r} is not the device of the topic")
    try:
        event = parse(message)
    except OverflowError as problem:
        raise ValueError(f"a number is out of range: {problem}") from problem
    _check_bounds(event)
    return Fact(device, event)


def _check_bounds(event: Event) -> None:
    if not 1 <= event.sequence <= largest_number or not 0 <= event.stamp.mono <= largest_number:
        raise ValueError("sequence or mono is out of range")
    names = (event.outbox, event.epoch, event.kind, event.stamp.boot)
    if not all(isinstance(name, str) and 0 < len(name) <= longest_name for name in names):
        raise ValueError(f"outbox, epoch, kind or boot is not a text of 1 to {longest_name} characters")
    if event.stamp.wall.tzinfo is None or event.recorded.tzinfo is None:
        raise ValueError("time or recordedtime names no time zone")
    if not all(1970 <= moment.year <= 9000 for moment in (event.stamp.wall, event.recorded)):
        raise ValueError("time or recordedtime is outside any calendar we keep")


def _state(device: str, body: Mapping[str, Any]) -> Birth | Gone:
    session, online = body.get("session"), body.get("online")
    if not isinstance(session, str) or not 0 < len(session) <= longest_name or not isinstance(online, bool):
        raise ValueError("a state needs online and session")
    if not online:
        return Gone(device, session)
    outboxes = body.get("outboxes", [])
    if not isinstance(outboxes, list):
        raise ValueError("outboxes is not an array")
    return Birth(device, session, body, dict(_first(_object(one)) for one in outboxes))


def _first(outbox: Mapping[str, Any]) -> tuple[tuple[str, str], int]:
    name, epoch, first = outbox.get("outbox"), outbox.get("epoch"), outbox.get("first")
    if not isinstance(name, str) or not isinstance(epoch, str) or not 0 < len(name + epoch) <= 2 * longest_name:
        raise ValueError("an outbox of the birth has no outbox or no epoch")
    if isinstance(first, bool) or not isinstance(first, int) or not 1 <= first <= largest_number:
        raise ValueError("an outbox of the birth has no first")
    return (name, epoch), first
