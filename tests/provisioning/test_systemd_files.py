"""The files of systemd/, read by systemd's own tools."""

import subprocess
from pathlib import Path

from provisioning.render import listener_events, role_programs

systemd = Path(__file__).parents[2] / "systemd"


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """`systemd-analyze verify`, with the programs where the unit expects them."""
    for name in ("callpost", "supervisord"):
        program = tmp_path / ".venv/bin" / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    unit = tmp_path / "callpost.service"
    unit.write_text((systemd / "callpost.service").read_text().replace("/opt/callpost", str(tmp_path)))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_watchdog_waits_twice_as_long_as_the_listener() -> None:
    """A hung panic is killed alone after 10 s; systemd acts after 20 s, and never gives the post up."""
    unit = (systemd / "callpost.service").read_text()
    for line in ("WatchdogSec=20", "Type=notify", "NotifyAccess=all", "Restart=always", "OOMPolicy=continue"):
        assert f"\n{line}\n" in unit
    assert "\nStartLimitIntervalSec=0\n" in unit
    assert "TICK_5" in listener_events


def test_every_program_has_a_user_and_its_folders() -> None:
    """A program that is added to a role needs lines in sysusers.conf and tmpfiles.conf."""
    users = (systemd / "sysusers.conf").read_text()
    folders = (systemd / "tmpfiles.conf").read_text()
    for program in {name for names in role_programs.values() for name in names}:
        assert f"u callpost-{program} " in users
        assert f"d /run/callpost/{program} " in folders
        assert f"d /var/lib/callpost/{program} " in folders
        if program != "panic":
            assert f"d /etc/callpost/secrets/{program} " in folders


def test_systemd_accepts_the_users(tmp_path: Path) -> None:
    """`systemd-sysusers` in an empty root makes every user and group."""
    (tmp_path / "etc").mkdir()
    conf = (systemd / "sysusers.conf").read_text()
    done = subprocess.run(
        ["systemd-sysusers", f"--root={tmp_path}", "-"], input=conf, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "callpost-panic:" in (tmp_path / "etc/passwd").read_text()
    groups = {
        line.split(":")[0]: line.split(":")[3].split(",") for line in (tmp_path / "etc/group").read_text().split()
    }
    assert set(groups["callpost-panic-api"]) == {"callpost-forwarder", "callpost-media"}
    assert set(groups["callpost-media-api"]) == {"callpost-forwarder", "callpost-panic", "callpost-rating_terminal"}
    assert set(groups["callpost-rating_terminal-api"]) == {"callpost-forwarder"}
    assert set(groups["callpost-wake"]) == {"callpost-panic", "callpost-media", "callpost-rating_terminal"}
