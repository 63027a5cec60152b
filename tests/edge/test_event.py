"""The envelope: what goes in comes out, and what is on the wire is CloudEvents 1.0."""

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from edge.event import ClockState, Event, Severity, Stamp, parse, rfc3339

words = st.text(st.characters(codec="ascii", categories=["Lu", "Ll", "Nd"], include_characters="-"), min_size=1)
moments = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
payloads = st.dictionaries(
    st.text(), st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
)
events = st.builds(
    Event,
    outbox=words,
    epoch=words,
    sequence=st.integers(1, 10**20 - 1),
    kind=words,
    severity=st.sampled_from(Severity),
    stamp=st.builds(Stamp, moments, words, st.integers(0, 2**63), st.sampled_from(ClockState)),
    recorded=moments,
    data=payloads,
)
sample = Event(
    "panic-alarm",
    "01E",
    7,
    "incident.raised",
    Severity.ALARM,
    Stamp(datetime(2026, 11, 2, 8, 0, 0, 5, UTC), "boot", 12, ClockState.FLOOR),
    datetime(2026, 11, 2, 8, 0, 1, tzinfo=UTC),
    {"incident": "A"},
)


@given(events)
def test_an_event_survives_the_wire(event: Event) -> None:
    """As JSON text and back."""
    assert parse(json.loads(json.dumps(event.cloudevent("school.gate")))) == event


@given(events)
@settings(max_examples=50)
def test_every_event_is_a_cloudevent(event: Event) -> None:
    """Required attributes, names of lower-case letters and digits only, string values (CloudEvents 1.0, 3.1)."""
    message = event.cloudevent("school.gate")
    assert {"id", "source", "specversion", "type"} <= message.keys()
    assert message["specversion"] == "1.0"
    for name, value in message.items():
        assert re.fullmatch(r"[a-z0-9]{1,20}", name)
        assert name == "data" or (isinstance(value, str) and value)
    for name in ("time", "recordedtime"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", message[name])


def test_the_wire_form_is_the_contracts() -> None:
    """Field by field."""
    assert sample.cloudevent("school.gate") == {
        "specversion": "1.0",
        "id": "panic-alarm:01E:7",
        "source": "/posts/school.gate",
        "type": "callpost.incident.raised",
        "time": "2026-11-02T08:00:00.000005Z",
        "recordedtime": "2026-11-02T08:00:01.000000Z",
        "sequence": "00000000000000000007",
        "epoch": "01E",
        "boot": "boot",
        "mono": "12",
        "clockstate": "floor",
        "severity": "alarm",
        "datacontenttype": "application/json",
        "data": {"incident": "A"},
    }


def test_a_moment_is_written_in_utc() -> None:
    """Whatever zone it came in."""
    shanghai = datetime(2026, 11, 2, 16, tzinfo=timezone(timedelta(hours=8)))
    assert rfc3339(shanghai) == "2026-11-02T08:00:00.000000Z"


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "panic-alarm:01E"},
        {"id": 7},
        {"id": "panic-alarm:01E:8"},
        {"id": "panic-alarm:01F:7"},
        {"id": "panic-alarm:01E:seven"},
        {"id": "panic-alarm:01E:0", "sequence": "0"},
        {"type": "com.example.thing"},
        {"type": None},
        {"severity": "loud"},
        {"clockstate": "fine"},
        {"time": "yesterday"},
        {"recordedtime": None},
        {"mono": "soon"},
        {"data": [1]},
    ],
)
def test_what_is_not_ours_is_refused_with_a_sentence(wrong: dict[str, Any]) -> None:
    """The sentence says that it is no event of ours, and what is wrong."""
    with pytest.raises(ValueError, match=r"^not a Callpost event: .{5,}"):
        parse(sample.cloudevent("school.gate") | wrong)


@pytest.mark.parametrize("missing", sorted(set(sample.cloudevent("x")) - {"specversion", "source", "datacontenttype"}))
def test_a_missing_field_is_named(missing: str) -> None:
    """Every field that we read is needed."""
    message = sample.cloudevent("school.gate")
    del message[missing]
    with pytest.raises(ValueError, match=missing):
        parse(message)
