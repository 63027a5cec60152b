"""The datagram to the forwarder never waits: a full, a missing and a deaf socket all return at once."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.wake import Wake


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[socket.socket]:
    """Listen where the forwarder would."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "forwarder.sock"))
        listener.settimeout(5)
        yield listener


@pytest.fixture
def wake(tmp_path: Path) -> Iterator[Wake]:
    """Open the sender."""
    sender = Wake(tmp_path / "forwarder.sock", "school.gate")
    yield sender
    sender.close()


def test_the_datagram_carries_the_event(heard: socket.socket, wake: Wake) -> None:
    """As it will stand on the wire, Chinese included."""
    wake.event({"id": "a:b:1", "data": {"note": "报警"}})
    assert json.loads(heard.recv(65536)) == {"event": {"id": "a:b:1", "data": {"note": "报警"}}}


def test_what_is_worth_nothing_later_is_passed_on(heard: socket.socket, wake: Wake) -> None:
    """The post's own call offer."""
    wake.passing("call/offer", {"sdp": "v=0"})
    assert json.loads(heard.recv(65536)) == {"topic": "call/offer", "payload": {"sdp": "v=0"}}


def test_a_missing_forwarder_is_no_error(wake: Wake) -> None:
    """The file has the event."""
    wake.event({"id": "a:b:1"})


def test_a_full_socket_is_no_error_and_works_again(heard: socket.socket, wake: Wake) -> None:
    """Nobody reads: every further send returns at once, and once somebody reads again the next one arrives."""
    for number in range(1000):
        wake.event({"id": f"a:b:{number}"})
    heard.setblocking(False)
    got = 0
    while True:
        try:
            heard.recv(65536)
        except BlockingIOError:
            break
        got += 1
    assert 0 < got < 1000
    wake.event({"id": "last"})
    assert json.loads(heard.recv(65536)) == {"event": {"id": "last"}}


def test_a_socket_that_nobody_holds_any_more_is_no_error(heard: socket.socket, wake: Wake, tmp_path: Path) -> None:
    """The forwarder was killed and its socket file is still there."""
    heard.close()
    wake.event({"id": "a:b:1"})
    assert (tmp_path / "forwarder.sock").exists()


def test_an_event_too_large_for_a_datagram_is_no_error(heard: socket.socket, wake: Wake) -> None:
    """It is read from the file."""
    wake.event({"data": "x" * 10_000_000})
