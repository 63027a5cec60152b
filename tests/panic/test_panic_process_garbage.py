"""Garbage on every route of the socket: never a 5xx, and the program lives."""

import json
from collections.abc import Iterator
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

from support.garbage import bodies, chunks, hurl, json_type, some, unix
from support.panic_process import PanicProcess, fits

routes = [
    ("GET", "/v1/health"),
    ("GET", "/v1/status"),
    ("POST", "/v1/acks"),
    ("POST", "/v1/link"),
    ("POST", "/v1/commands/incident.close"),
    ("POST", "/v1/commands/incident.dispatch"),
    ("POST", "/v1/commands/call.offer"),
    ("POST", "/v1/commands/%ff"),
    ("PUT", "/v1/call"),
    ("DELETE", "/v1/call?incident=%ff&reason="),
    ("DELETE", "/v1/call"),
    ("POST", "/v1/incidents"),
    ("GET", "/v1/sim"),
    ("POST", "/v1/sim/button/press"),
    ("POST", "/v1/sim/clock/set"),
    ("POST", "/v1/sim/disk/x"),
    ("POST", "/v1/sim/nothing/x"),
    ("PATCH", "/v1/acks"),
]
known = (
    "outbox", "epoch", "upto", "centre", "id", "operator", "body", "incident", "disposition", "note", "team",
    "eta_minutes", "speaking", "seconds", "connected", "since", "level", "mode", "trigger", "wall", "hold",
    "milliseconds", "panic", "panic-alarm", "test", "real",
)  # fmt: skip


@pytest.fixture(scope="module")
def panic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PanicProcess]:
    """Start one post for all of it."""
    with PanicProcess(tmp_path_factory.mktemp("garbage")) as running:
        yield running


def still_works(panic: PanicProcess) -> None:
    """The program has not ended and has no writer that died."""
    assert panic.process
    assert panic.process.poll() is None
    assert panic.request("GET", "/v1/health").status_code == 200


@given(route=st.sampled_from(routes), body=bodies(known))
@some(250)
def test_garbage_bodies(panic: PanicProcess, route: tuple[str, str], body: bytes) -> None:
    """Bytes, and JSON with our own keys and values that do not fit."""
    method, path = route
    answer = panic.request(method, path, content=body, headers=json_type)
    assert answer.status_code < 500, answer.text
    still_works(panic)


@pytest.mark.parametrize(
    ("method", "route", "body"),
    [
        ("POST", "/v1/acks", {"outbox": "panic", "epoch": "x", "upto": 2**63}),
        ("POST", "/v1/acks", {"outbox": "panic", "epoch": "x", "upto": -1}),
        ("POST", "/v1/commands/incident.close", {"id": "c", "operator": "", "body": {}}),
        ("POST", "/v1/commands/incident.close", {"id": "c", "operator": "W", "body": {"\ud800": 1}}),
        ("POST", "/v1/commands/incident.close", {"id": "c", "operator": "W", "body": {"incident": "\ud800"}}),
        ("PUT", "/v1/call", {"incident": "A", "operator": "W", "speaking": True, "seconds": 1e9}),
        ("POST", "/v1/incidents", {"mode": "live"}),
        ("POST", "/v1/sim/clock/set", {"wall": "9999-12-31T23:59:59-14:00"}),
    ],
)
def test_what_would_hurt_is_refused(panic: PanicProcess, method: str, route: str, body: dict[str, object]) -> None:
    """Numbers that the disk cannot hold, nameless operators, half characters, calls without end."""
    answer = panic.request(method, route, content=json.dumps(body), headers=json_type)
    assert 400 <= answer.status_code < 500, answer.text
    still_works(panic)


def test_an_operator_that_does_not_fit_changes_nothing(panic: PanicProcess) -> None:
    """What is refused is refused before the incident moves."""
    panic.request("POST", "/v1/incidents", json={"mode": "drill"})
    before = panic.incident
    for operator in ("", "x" * 81):
        body = {"id": "c", "operator": operator, "body": {"incident": before["incident"]}}
        assert panic.request("POST", "/v1/commands/incident.acknowledge", json=body).status_code == 422
    assert panic.incident == before
    panic.command("incident.close", disposition="drill")


@given(sent=chunks)
@some(40)
def test_garbage_bytes(panic: PanicProcess, sent: list[bytes]) -> None:
    """No HTTP at all: refused or hung up."""
    assert not hurl(unix(panic.socket), sent).startswith(b"HTTP/1.1 5")
    still_works(panic)


def test_a_very_long_and_a_very_deep_body(panic: PanicProcess) -> None:
    """A megabyte of digits, and thousands of brackets."""
    for body in (b"1" * 1_000_000, b"[" * 100_000, b'{"a":' * 20_000):
        answer = panic.request("POST", "/v1/acks", content=body, headers=json_type)
        assert 400 <= answer.status_code < 500
    still_works(panic)


def test_the_post_still_takes_a_press(panic: PanicProcess, tmp_path: Path) -> None:
    """After all of it."""
    del tmp_path
    for part in ("button", "disk", "clock"):
        panic.act(part, "mend")
    # Garbage has pressed as well, and how many events of it were heard depends on the time.
    known = sum(fits(event, "incident.raised", {"mode": "live"}) for event in panic.heard())
    panic.press()
    assert panic.hear("incident.raised", count=known + 1, mode="live")["data"]["trigger"] == "button"
