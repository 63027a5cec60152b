"""kill -9 of panic in every state of an incident: the same incident, the same signals, nothing new raised."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.panic_process import PanicProcess, fits
from support.patience import until


def called(panic: PanicProcess) -> dict[str, Any]:
    """Press, and return the alarm."""
    panic.press()
    return panic.hear("incident.raised", incident=panic.incident["incident"])


def received(panic: PanicProcess) -> None:
    """A centre has stored it."""
    panic.acknowledge(called(panic))
    panic.hear("incident.received", incident=panic.incident["incident"])


def answered(panic: PanicProcess) -> None:
    """An operator has acknowledged."""
    called(panic)
    panic.command("incident.acknowledge")


def in_call(panic: PanicProcess) -> None:
    """An operator is connected and does not speak."""
    received(panic)
    panic.call()


def on_the_way(panic: PanicProcess) -> None:
    """A team was sent."""
    called(panic)
    panic.command("incident.dispatch", team="3")


def arrived(panic: PanicProcess) -> None:
    """The team is there; there were three presses."""
    called(panic)
    panic.press()
    panic.press()
    panic.command("incident.arrive")


def silenced(panic: PanicProcess) -> None:
    """The siren was silenced."""
    called(panic)
    panic.command("incident.silence")


def silent(panic: PanicProcess) -> None:
    """A silent drill."""
    panic.request("POST", "/v1/incidents", json={"mode": "drill", "level": "silent"}).raise_for_status()
    panic.hear("incident.raised", level="silent")


def assist(panic: PanicProcess) -> None:
    """The assist key."""
    panic.press("assist")
    panic.hear("incident.raised", level="assist")


def drill(panic: PanicProcess) -> None:
    """A drill with light and siren."""
    panic.request("POST", "/v1/incidents", json={"mode": "drill"}).raise_for_status()
    panic.hear("incident.raised", mode="drill")


def test_killed_in_every_state_it_goes_on_as_it_was(tmp_path: Path) -> None:
    """One post through all of it, killed in each state: by the scratch, which is there since only the program died."""
    ways = [called, received, answered, in_call, on_the_way, arrived, silenced, silent, assist, drill]
    with PanicProcess(tmp_path) as panic:
        for way in ways:
            check_restart(panic, way, panic.crash)


def test_a_dead_machine_goes_on_from_the_disk(tmp_path: Path) -> None:
    """The run directory is memory and gone: what the disk has kept is enough."""
    with PanicProcess(tmp_path) as panic:

        def die() -> None:
            until(panic.kept_is_current)
            panic.kill()
            (tmp_path / "run" / "panic" / "incident.json").unlink()
            panic.start()

        for way in (received, arrived):
            check_restart(panic, way, die)


def check_restart(panic: PanicProcess, way: Callable[[PanicProcess], object], restart: Callable[[], None]) -> None:
    """Bring the post into a state, restart it, compare, and close the incident."""
    name = way.__name__
    known = len(panic.heard())
    way(panic)
    before, shown = stripped(panic.incident), signals(panic, name)
    raised = count(panic, "incident.raised")
    restart()
    assert stripped(panic.incident) == before, name
    assert signals(panic, name) == shown, name
    assert count(panic, "incident.raised") == raised, name
    new = [event["type"] for event in panic.heard()[known:]]
    assert new.count("callpost.incident.raised") == 1, name
    panic.command("incident.close", disposition="real")
    assert panic.status()["incident"] is None


def signals(panic: PanicProcess, name: str) -> dict[str, Any]:
    """Return what is shown; in a call while its lease is renewed, for it runs out in the two seconds of a slow request."""
    if name != "in_call":
        return panic.signals()

    def watched() -> dict[str, Any] | None:
        shown = panic.signals() if panic.call() == 204 else {"lamp_watched": {}}
        return shown if shown["lamp_watched"] == {"pattern": "on"} else None

    found: dict[str, Any] = until(watched, "somebody watches")
    return found


def stripped(incident: dict[str, Any]) -> dict[str, Any]:
    """Leave out what media has to renew."""
    return {field: value for field, value in incident.items() if field != "call"}


def count(panic: PanicProcess, kind: str) -> int:
    """How many events of a kind there were; while the disk fails, alarms are told again and again."""
    return len({event["id"] for event in panic.heard() if fits(event, kind, {})})


def test_the_siren_limit_goes_on_and_does_not_begin_anew(tmp_path: Path) -> None:
    """Killed within its six seconds: it ends at the time that was set at the press, by the boot's own clock."""
    with PanicProcess(tmp_path, more="policy = { siren_limit_seconds = 6 }\n") as panic:
        panic.press()
        panic.hear("incident.raised")
        due = siren_is_due(panic)
        for _ in range(2):
            panic.crash()
        ended = panic.hear("incident.siren_silenced", by="time limit")
        assert panic.signals()["siren"]["on"] is False
        assert panic.signals()["light"]["on"] is True
        began = int(panic.hear("device.started", count=3)["mono"])
        # It ran out at its own time, or at once after the restart when that was later; anew would be 6 s after it.
        assert int(ended["mono"]) >= due - 1_000_000
        assert int(ended["mono"]) - max(began, due) < 5_500_000_000


def siren_is_due(panic: PanicProcess) -> int:
    """Return when the siren's time runs out, in nanoseconds of CLOCK_BOOTTIME, as it was noted before anything was told."""
    noted = json.loads((panic.socket.parent / "incident.json").read_text())
    return int(json.loads(noted["incident"])["due"]["siren_limit"]["mono"])


def test_a_dead_disk_and_a_kill_lose_no_incident(tmp_path: Path) -> None:
    """The disk dies, somebody presses, the program is killed and the disk is still dead: the scratch knows."""
    with PanicProcess(tmp_path) as panic:
        panic.kill()
        state = tmp_path / "state" / "panic"
        shutil.move(state, tmp_path / "state" / "away")
        state.write_text("a folder cannot be made here")
        panic.start()
        assert "disk" in panic.faults()
        panic.press()
        panic.hear("incident.raised")
        panic.command("incident.dispatch", team="3")
        before, shown = panic.incident, panic.signals()
        panic.crash()
        assert (panic.incident, panic.signals()) == (before, shown)
        assert count(panic, "incident.raised") == 1
        # A disk that comes back late must not bring an older state with it.
        state.unlink()
        shutil.move(tmp_path / "state" / "away", state)
        until(lambda: "disk" not in panic.faults())
        assert panic.incident == before
        panic.command("incident.close", disposition="real")
        until(lambda: panic.stored("incident.closed"))


def started_without_disk(panic: PanicProcess) -> Callable[[], None]:
    """Kill the program and start it where its folder cannot be made; return what brings the disk with the folder."""
    until(panic.kept_is_current)
    panic.kill()
    (panic.socket.parent / "incident.json").unlink()
    state, away = panic.database.parent, panic.folder / "state" / "away"
    shutil.move(state, away)
    state.write_text("a folder cannot be made here")
    panic.start()

    def comes() -> None:
        state.unlink()
        shutil.move(away, state)

    return comes


def test_a_late_disk_brings_the_incident_of_an_earlier_life(tmp_path: Path) -> None:
    """The machine has started without its disk: nothing is known, until the disk comes."""
    with PanicProcess(tmp_path) as panic:
        called(panic)
        before, shown = panic.incident, panic.signals()
        disk_comes = started_without_disk(panic)
        assert panic.status()["incident"] is None
        disk_comes()
        assert panic.incident == before
        assert panic.signals() == shown
        assert count(panic, "incident.raised") == 1


def test_a_late_disk_with_another_incident_loses_neither(tmp_path: Path) -> None:
    """Somebody has pressed before the disk came: the older incident is closed, and says where it goes on."""
    with PanicProcess(tmp_path) as panic:
        called(panic)
        older = panic.incident["incident"]
        disk_comes = started_without_disk(panic)
        panic.press()
        newer = panic.incident["incident"]
        assert newer != older
        disk_comes()
        closed = panic.hear("incident.closed", incident=older)
        assert newer in closed["data"]["note"]
        assert panic.incident["incident"] == newer
        assert panic.signals()["light"]["on"]
        panic.crash()
        assert panic.incident["incident"] == newer


def test_a_damaged_scratch_falls_back_to_the_disk(tmp_path: Path) -> None:
    """The incident is on the disk as well."""
    with PanicProcess(tmp_path) as panic:
        called(panic)
        before = panic.incident
        until(panic.kept_is_current)
        for scratch in ("no json", '{"incident": "no json"}', '{"incident": "{}"}', "{}"):
            panic.kill()
            (tmp_path / "run" / "panic" / "incident.json").write_text(scratch)
            panic.start()
            assert panic.incident == before, scratch
