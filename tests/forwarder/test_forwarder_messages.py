"""Whatever bytes come, from the network or from a program, only ValueError with a sentence comes of it."""

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.event import ClockState, Event, Severity, Stamp
from edge.forwarder import payloads
from edge.forwarder.datagrams import NewEvent, NewOffer, read

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
names = ("panic", "media", "forwarder")


def dumped(content: object) -> bytes:
    """Return JSON as a careless sender writes it."""
    return json.dumps(content).encode()


@given(st.binary() | json_values.map(dumped))
def test_garbage(payload: bytes) -> None:
    """Random bytes and random JSON are refused, never more."""
    for reader in (payloads.acknowledgement, payloads.decoded, lambda data: read(data, "a.b", names)):
        with suppress(ValueError):
            reader(payload)


fields = ["id", "session", "issued", "ttl_seconds", "reply_to", "operator", "body"]


@given(st.dictionaries(st.sampled_from(fields), json_values))
def test_garbage_in_the_envelope(content: dict[str, object]) -> None:
    """Random values under the right names are refused, never more."""
    with suppress(ValueError):
        payloads.command(content)


event_fields = ["id", "type", "epoch", "sequence", "severity", "time", "recordedtime", "boot", "mono", "clockstate"]


@given(st.sampled_from([*event_fields, "source", "data"]), json_values)
def test_event_with_one_broken_field(field: str, value: object) -> None:
    """One random field in a good event is refused or harmless."""
    with suppress(ValueError):
        read(dumped({"event": good_event("a.b") | {field: value}}), "a.b", names)


def good_event(device: str) -> dict[str, object]:
    """Return an event as panic would send it."""
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    stamp = Stamp(moment, "boot", 1, ClockState.FLOOR)
    data = {"part": "siren"}
    event = Event("panic", "E", 1, "device.part_proved", Severity.DIAGNOSTIC, stamp, moment, data)
    return event.cloudevent(device)


def test_good_datagrams() -> None:
    """An event and an offer come through."""
    assert isinstance(read(dumped({"event": good_event("a.b")}), "a.b", names), NewEvent)
    offer = {"id": "O", "incident": "I", "sdp": "v=0"}
    assert read(dumped({"topic": "call/offer", "payload": offer}), "a.b", names) == NewOffer(dumped(offer))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"event": good_event("x.y")}, "not of this device"),
        ({"event": good_event("a.b") | {"id": "other:E:1"}}, "no program of this device"),
        ({"topic": "state", "payload": {}}, "not open to datagrams"),
        ({"topic": "call/offer", "payload": {"id": "O"}}, "incident"),
        ({}, "neither an event nor a message"),
    ],
)
def test_refused_datagrams(content: object, sentence: str) -> None:
    """Each refusal says why."""
    with pytest.raises(ValueError, match=sentence):
        read(dumped(content), "a.b", names)


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [
        (b"[" * 100_00, "nested too deeply|not JSON"),
        (b"x" * 70_000, "70000 bytes are more than 65536"),
        (b'{"id": NaN}', "NaN is no number"),
        (b'{"id": "\\ud800"}', "not JSON"),
        (b"[]", "not an object"),
    ],
)
def test_refused_payloads(payload: bytes, sentence: str) -> None:
    """Each refusal says why."""
    with pytest.raises(ValueError, match=sentence):
        payloads.decoded(payload)


@pytest.mark.parametrize("upto", ["5", 5.0, True, -1, 2**63])
def test_acknowledgement_takes_only_whole_numbers(upto: object) -> None:
    """A number that is none is refused: it would delete events."""
    with pytest.raises(ValueError, match="upto"):
        payloads.acknowledgement(dumped({"outbox": "panic", "epoch": "E", "upto": upto}))
