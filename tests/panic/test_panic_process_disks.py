"""Panic on disks that really fail: a press works all the same, and afterwards every press is on the disk exactly once."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from support.disk import faulty_disk, fill, small_disk
from support.panic_process import PanicProcess, fits
from support.patience import until


def test_a_full_disk(tmp_path: Path) -> None:
    """A real file system with no block left, and then with room again."""
    with small_disk(tmp_path / "state", 400) as disk, PanicProcess(tmp_path) as panic:
        earlier = faults_of_a_slow_start(panic)
        ballast = fill(disk)
        check(panic, "the disk is full", ballast.unlink, earlier)


@pytest.mark.parametrize(
    ("number", "reason"),
    [(errno.EIO, "the disk returns errors"), (errno.ENOSPC, "the disk is full")],
    ids=["EIO", "ENOSPC"],
)
def test_a_device_that_returns_errors(tmp_path: Path, number: int, reason: str) -> None:
    """Writing, syncing and truncating all fail, as on a dying card."""
    disk = faulty_disk(tmp_path, tmp_path / "state")
    with PanicProcess(tmp_path, environment=disk.environment) as panic:
        earlier = faults_of_a_slow_start(panic)
        disk.fail(number)
        check(panic, reason, disk.heal, earlier)


def faults_of_a_slow_start(panic: PanicProcess) -> int:
    """Wait until the disk works; a busy one that took longer than two seconds was a fault, and is none any more."""
    until(lambda: panic.status()["readiness"]["parts"]["disk"]["state"] == "proved", "the disk works")
    return sum(fits(event, "device.fault_raised", {"part": "disk"}) for event in panic.heard())


def check(panic: PanicProcess, reason: str, heal: Callable[[], None], earlier: int) -> None:
    """Press while the disk fails, heal it, press again, and count; `earlier` faults of the disk were told and mended."""
    for presses in range(1, 4):
        panic.press()
        kind = "incident.raised" if presses == 1 else "incident.pressed_again"
        panic.hear(kind, count=max(1, presses - 1))
        shown = panic.signals()
        assert shown["light"]["on"]
        assert shown["siren"]["on"]
    fault = panic.hear("device.fault_raised", count=earlier + 1, part="disk")
    assert fault["data"]["reason"].startswith(reason)
    assert panic.status()["readiness"]["parts"]["disk"]["state"] == "faulty"
    assert panic.stored("incident.raised") == []
    heal()
    panic.hear("device.fault_cleared", count=earlier + 1, part="disk")
    panic.press()
    until(lambda: panic.stored("incident.pressed_again", presses=4))
    assert panic.status()["readiness"]["parts"]["disk"]["state"] == "proved"
    assert len(panic.stored("incident.raised")) == 1
    assert [event["data"]["presses"] for event in panic.stored("incident.pressed_again")] == [2, 3, 4]
    assert len(panic.stored("device.fault_raised", part="disk")) == earlier + 1
    until(lambda: len(panic.stored("device.fault_cleared", part="disk")) == earlier + 1)
    told = {event["id"] for event in panic.heard()}
    assert {event["id"] for event in panic.stored()} <= told, "every event was told as well"
