"""What the real programs send fits what docs/contract/ says: events, birth and heartbeat of a post that runs."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.describe.messages import Birth, CloudEvent, Heartbeat, OpenIncident
from edge.event import Severity
from edge.forwarder.feed import Feed
from edge.forwarder.memory import Memory
from edge.forwarder.programs import Programs
from edge.forwarder.report import Report
from edge.kinds import EVENTS, check_event
from edge.panic.settings import PanicSettings
from edge.settings import Device, load
from support.panic_process import PanicProcess


@pytest.fixture
def post() -> Iterator[PanicProcess]:
    """A real panic program in a folder whose name is short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="cp-") as folder, PanicProcess(Path(folder)) as panic:
        yield panic


def report_of(post: PanicProcess) -> Report:
    """Return the forwarder's report of this post, with no forwarder around it."""
    device: Device
    device, _ = load(post.settings, "panic", PanicSettings)
    feeds = [Feed("panic", post.database)]
    return Report(device, feeds, Memory(), Programs(device), lambda: {"version": "0.1.0", "faults": []})


def test_events_are_as_described(post: PanicProcess) -> None:
    """Every event of a press, an answer and a closing is an envelope of ours with the data of its kind."""
    post.press()
    post.press("assist")  # another key: the same one needs 5 ms of rest between two presses
    assert post.call(speaking=True) == 204
    post.hear("incident.call_started")  # more than eleven datagrams that nobody has read are dropped
    post.command("incident.dispatch", team="patrol 3", eta_minutes=4)
    post.command("incident.arrive")
    post.command("incident.close", disposition="test", note="")
    post.hear("incident.closed")
    seen = set()
    for message in post.heard():
        event = CloudEvent.model_validate(message)
        kind = event.type.removeprefix("callpost.")
        seen.add(kind)
        assert check_event(kind, event.data) == event.data
        assert set(message) == set(CloudEvent.model_fields), "no attribute that is not described"
        assert event.severity is EVENTS[kind].severity_of(event.data)
        assert event.id.partition(":")[0].endswith("-alarm") == (event.severity is Severity.ALARM)
    assert {"incident.raised", "incident.pressed_again", "incident.call_started", "incident.closed"} <= seen


@pytest.mark.parametrize("pressed", [False, True], ids=["at rest", "in an incident"])
def test_birth_and_heartbeat_are_as_described(post: PanicProcess, pressed: bool) -> None:
    """The forwarder's report fits the models, names the open incident, and has no field that is not described."""
    if pressed:
        post.press()
        post.hear("incident.raised")
    report = report_of(post)
    birth, heartbeat = asyncio.run(both(report))
    assert set(birth) == set(Birth.model_fields)
    assert set(heartbeat) == set(Heartbeat.model_fields)
    assert (Birth.model_validate(birth).incident is not None) == pressed
    assert (Heartbeat.model_validate(heartbeat).incident is not None) == pressed
    if pressed:
        assert set(birth["incident"]) == set(OpenIncident.model_fields)


async def both(report: Report) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a birth and a heartbeat of one session."""
    return await report.birth("a session"), await report.heartbeat("a session", 1)
