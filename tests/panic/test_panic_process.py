"""The real panic program: a press at the gate, and everything that may be missing or broken while it happens."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from support.panic_process import PanicProcess, stopped
from support.patience import deadline_seconds, until

alarmed = {
    "light": {"on": True},
    "siren": {"on": True, "ducked": False},
    "lamp_called": {"pattern": "on"},
    "lamp_answered": {"pattern": "off"},
    "lamp_watched": {"pattern": "off"},
}
dark = {
    "light": {"on": False},
    "siren": {"on": False, "ducked": False},
    "lamp_called": {"pattern": "off"},
    "lamp_answered": {"pattern": "off"},
    "lamp_watched": {"pattern": "off"},
}

peer = """
import asyncio, sys
from pathlib import Path
from edge.local_api import local_app, serve

app = local_app("peer")

@app.put("/v1/incident")
async def incident(body: dict) -> None:
    print(body["cause"], body["incident"], flush=True)

@app.post("/v1/prompts", status_code=202)
async def prompt(body: dict) -> None:
    print("said", body["prompt"], flush=True)

asyncio.run(serve(app, Path(sys.argv[1])))
"""


@pytest.fixture
def panic(tmp_path: Path) -> Iterator[PanicProcess]:
    """Start a post whose media program is not there."""
    with PanicProcess(tmp_path) as running:
        yield running


@pytest.fixture
def media(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Start a program that stands where media would."""
    socket = tmp_path / "run" / "media" / "api.sock"
    socket.parent.mkdir(parents=True)
    command = [sys.executable, "-P", "-c", peer, str(socket)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        until(socket.exists)
        yield process
        process.kill()


@pytest.fixture(scope="module", autouse=True)
def stuck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PanicProcess]:
    """Stick the key of another post; it takes 30 s until it counts as stuck, and the other tests run meanwhile."""
    with PanicProcess(tmp_path_factory.mktemp("stuck")) as running:
        running.act("button", "stick")
        yield running


def read_until(process: "subprocess.Popen[str]", *wanted: str) -> None:
    """Read lines until all of these have come, in any order; the test's own timeout ends the wait."""
    assert process.stdout
    missing = set(wanted)
    while missing:
        missing.discard(process.stdout.readline().strip())


def renewed_until(panic: PanicProcess, shown: Mapping[str, Any], *, speaking: bool = False) -> None:
    """Renew the lease of a call as media does, until this is shown: two seconds may pass between two requests."""
    until(lambda: panic.call(speaking=speaking) == 204 and shown.items() <= panic.signals().items(), str(shown))


def test_a_press_with_media_absent_shows_tells_and_stores(panic: PanicProcess) -> None:
    """Light, siren and lamp; the datagram and the disk carry the same event; further presses are counted."""
    assert panic.signals() == dark
    panic.press()
    until(lambda: panic.signals() == alarmed)
    heard = panic.hear("incident.raised", level="panic", mode="live", trigger="button")
    assert heard["severity"] == "alarm"
    assert heard["data"]["incident"] == panic.incident["incident"]
    assert until(lambda: panic.stored("incident.raised")) == [heard]
    panic.press()
    panic.hear("incident.pressed_again", presses=2)
    assert panic.incident["presses"] == 2
    reply = panic.command("incident.close", disposition="accidental")
    assert reply == {"status": "done", "reason": None, "body": {}}
    assert panic.signals() == dark
    panic.hear("incident.closed", presses=2, by="Wang", disposition="accidental")
    assert panic.status()["incident"] is None
    assert panic.stop() == 0


def test_a_press_with_media_stopped_is_not_held_up(panic: PanicProcess, media: "subprocess.Popen[str]") -> None:
    """A peer that hangs in every request; once it goes on it learns what is open, and that it was raised."""
    read_until(media, "kept None")
    with stopped(media):
        for _ in range(3):
            panic.press()
        until(lambda: panic.signals() == alarmed)
        panic.hear("incident.pressed_again", presses=3)
        until(lambda: len(panic.stored("incident.pressed_again")) == 2)
    read_until(media, f"raised {panic.incident['incident']}")
    panic.command("incident.close", disposition="real")
    read_until(media, "closed None", "said closed")


def test_the_way_of_an_incident(panic: PanicProcess) -> None:
    """Received, silenced, in call, on the way, arrived, closed, each with its lamps and its event."""
    panic.press()
    raised = panic.hear("incident.raised")
    panic.acknowledge(raised)
    panic.hear("incident.received", centre=0)
    until(lambda: panic.signals() == {**alarmed, "lamp_called": {"pattern": "flash"}})
    answered = {**alarmed, "lamp_called": {"pattern": "off"}, "lamp_answered": {"pattern": "on"}}
    watched = {**answered, "lamp_watched": {"pattern": "on"}}
    renewed_until(panic, {**watched, "siren": {"on": False, "ducked": True}}, speaking=True)
    panic.hear("incident.call_started", operator="Wang")
    renewed_until(panic, watched)
    over = {"incident": panic.incident["incident"]}
    until(lambda: panic.call() == 204 and panic.request("DELETE", "/v1/call", params=over).status_code == 204)
    assert panic.signals() == answered
    panic.hear("incident.call_ended", reason="the operator hung up")
    panic.command("incident.silence")
    assert panic.signals() == {**answered, "siren": {"on": False, "ducked": False}}
    assert panic.command("incident.silence")["status"] == "refused"
    panic.command("incident.dispatch", team="3", eta_minutes=4)
    panic.hear("incident.team_dispatched", team="3", eta_minutes=4)
    panic.command("incident.arrive")
    panic.hear("incident.team_arrived", how="operator")
    assert panic.incident["state"] == "arrived"
    assert panic.command("incident.close", disposition="real", note="报警")["status"] == "done"
    until(lambda: panic.stored("incident.closed", note="报警"))


def test_an_acknowledgement_lets_go_of_the_event_only_for_the_first_centre(panic: PanicProcess) -> None:
    """Any centre's makes `received`; only the first one's deletes."""
    panic.press()
    raised = panic.hear("incident.raised")
    panic.acknowledge({**raised, "id": raised["id"].replace(":", "x:", 1)})
    panic.acknowledge(raised, centre=1)
    panic.hear("incident.received", centre=1)
    assert panic.stored("incident.raised")
    panic.acknowledge(raised)
    until(lambda: not panic.stored("incident.raised"))
    assert sum(event["type"] == "callpost.incident.received" for event in panic.heard()) == 1


def test_the_siren_returns_when_media_does_not_renew_the_call(panic: PanicProcess) -> None:
    """The lease runs out by itself."""
    panic.press()
    until(lambda: panic.status()["incident"])
    renewed_until(panic, {"siren": {"on": False, "ducked": True}}, speaking=True)
    panic.hear("incident.call_ended", reason="media did not renew the call")
    until(lambda: panic.signals()["siren"] == {"on": True, "ducked": False}, "the siren is back after the last renewal")
    assert panic.signals()["lamp_watched"] == {"pattern": "off"}


def test_assist_then_panic(panic: PanicProcess) -> None:
    """The assist key has no light; a panic press in the same incident turns it at once."""
    panic.press("assist")
    panic.hear("incident.raised", level="assist", trigger="assist")
    assert panic.signals() == {**dark, "lamp_called": {"pattern": "on"}}
    panic.press()
    raised = panic.hear("incident.level_raised", was_level="assist", level="panic", mode="live")
    assert panic.signals() == alarmed
    panic.acknowledge(raised)
    panic.hear("incident.received")


@pytest.mark.parametrize(("mode", "siren"), [("drill", True), ("test", False)])
def test_a_drill_is_begun_and_turned_into_a_real_alarm(panic: PanicProcess, mode: str, siren: bool) -> None:
    """By POST /v1/incidents; a second one is refused; the key switch closes it as what it is."""
    body = {"mode": mode, "trigger": "technician"}
    incident = panic.request("POST", "/v1/incidents", json=body).json()["incident"]
    panic.hear("incident.raised", incident=incident, mode=mode, level="panic")
    assert panic.signals()["siren"]["on"] is siren
    assert panic.request("POST", "/v1/incidents", json=body).status_code == 409
    panic.act("key_switch", "turn", milliseconds=40)
    panic.hear("incident.closed", by="key switch", disposition=mode)
    incident = panic.request("POST", "/v1/incidents", json=body).json()["incident"]
    panic.press()
    panic.hear("incident.level_raised", incident=incident, was_mode=mode, mode="live")
    assert panic.signals() == alarmed
    panic.act("key_switch", "turn", milliseconds=40)
    panic.hear("incident.closed", by="key switch", disposition="accidental")


def test_a_silent_button_shows_nothing(tmp_path: Path) -> None:
    """The owner has decided so; the alarm goes out all the same."""
    with PanicProcess(tmp_path, more='policy = { button_level = "silent" }\n') as panic:
        panic.press()
        raised = panic.hear("incident.raised", level="silent")
        assert panic.signals() == dark
        panic.acknowledge(raised)
        panic.hear("incident.received")
        panic.call(speaking=True)
        assert panic.signals() == dark


def test_a_short_glitch_is_no_press(panic: PanicProcess) -> None:
    """Ten milliseconds; the real press after it is the first."""
    panic.act("button", "press", milliseconds=5)
    panic.press()
    panic.hear("incident.raised")
    assert panic.incident["presses"] == 1


def test_tamper_power_and_loops_are_told_with_their_severity(panic: PanicProcess) -> None:
    """Opened, cut and mended; mains and battery."""
    panic.act("tamper", "open")
    assert panic.hear("device.tampered")["severity"] == "alarm"
    panic.act("mains", "off")
    assert panic.hear("device.power_changed", mains=False, battery="ok")["severity"] == "state"
    panic.act("battery", "low")
    panic.hear("device.power_changed", mains=False, battery="low")
    panic.act("mains", "mend")
    panic.hear("device.power_changed", mains=True, battery="low")
    for part, severity in (("button", "alarm"), ("tamper", "alarm"), ("key_switch", "state")):
        panic.act(part, "cut")
        fault = panic.hear("device.fault_raised", part=part)
        assert (fault["severity"], fault["data"]["reason"]) == (severity, "the cable to the key is cut")
        panic.act(part, "mend")
        assert panic.hear("device.fault_cleared", part=part)["severity"] == "state"
    panic.act("button", "short")
    panic.hear("device.fault_raised", part="button", reason="the cable to the key is short-circuited")
    assert panic.status()["incident"] is None
    assert panic.status()["readiness"]["parts"]["button"]["state"] == "faulty"


def test_a_broken_light_does_not_keep_the_siren_silent(panic: PanicProcess) -> None:
    """The fault is told, the rest is set, and a relay that is mended follows by itself."""
    panic.act("light", "break")
    panic.press()
    until(lambda: panic.signals() == {**alarmed, "light": {"on": False}})
    panic.hear("device.fault_raised", part="light")
    panic.act("light", "mend")
    until(lambda: panic.signals() == alarmed)
    panic.hear("device.fault_cleared", part="light")


def test_ready_is_shown_only_while_everything_is_proved(panic: PanicProcess) -> None:
    """A centre must be reached as well; a fault takes the lamp away."""
    assert not panic.status()["readiness"]["ready"]
    assert panic.request("POST", "/v1/link", json={"connected": True}).status_code == 204
    until(lambda: panic.shows()["lamp_ready"] == {"pattern": "on"})
    panic.act("siren", "break")
    until(lambda: panic.shows()["lamp_ready"] == {"pattern": "off"})
    panic.act("siren", "mend")
    until(lambda: panic.status()["readiness"]["ready"])
    panic.request("POST", "/v1/link", json={"connected": False})
    assert panic.shows()["lamp_ready"] == {"pattern": "off"}


def test_a_start_is_told_with_the_epochs_before(panic: PanicProcess) -> None:
    """And a signal ends the program in good order."""
    first = panic.hear("device.started", program="panic")
    assert panic.stop() == 0
    panic.start()
    second = panic.hear("device.started", count=2)
    assert second["data"]["epochs_before"] == [first["epoch"]]
    assert panic.process
    panic.process.send_signal(signal.SIGINT)
    assert panic.process.wait(deadline_seconds) == 0


def test_a_stuck_key_is_one_press_and_an_alarm(stuck: PanicProcess) -> None:
    """The key can call nobody any more until it is mended; then the next press counts."""
    fault = stuck.hear("device.fault_raised", part="button")
    assert (fault["severity"], fault["data"]["reason"]) == ("alarm", "the key is stuck: it has been down for 30 s")
    assert stuck.incident["presses"] == 1
    assert stuck.status()["readiness"]["parts"]["button"]["state"] == "faulty"
    stuck.act("button", "mend")
    assert stuck.hear("device.fault_cleared", part="button")["severity"] == "state"
    stuck.press()
    stuck.hear("incident.pressed_again", presses=2)
