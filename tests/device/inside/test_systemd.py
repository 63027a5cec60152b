"""callpost.service under a real systemd: users, hardening, stopping, hanging, memory."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.guest_post import GuestPost, binaries, programs, shell
from support.patience import until

watchdog = Path("/sys/class/watchdog/watchdog0")
hog_mebibytes = 230


def show(*properties: str) -> dict[str, str]:
    """Return properties of the service as systemd shows them."""
    asked = [f"--property={name}" for name in properties]
    return dict(line.split("=", 1) for line in shell("systemctl", "show", "callpost", *asked).splitlines())


def test_it_starts_at_boot_with_its_own_users(post: GuestPost) -> None:
    """Nobody has started it by hand in this boot; each program runs as itself, with umask 027 and its groups."""
    assert shell("systemctl", "is-enabled", "callpost") == "enabled"
    assert show("ActiveState", "NRestarts", "NotifyAccess")["ActiveState"] == "active"
    for program in programs:
        process = Path(f"/proc/{post.pid(program)}")
        status = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines() if ":\t" in line)
        user = shell("id", "--user", f"callpost-{program}")
        assert status["Uid"].split() == [user] * 4, program
        assert status["Umask"].strip() == "0027", program
        assert status["CapEff"].strip() == "0" * 16, program
        assert status["NoNewPrivs"].strip() == "1", program
    own = int((Path(f"/proc/{post.pid('panic')}") / "oom_score_adj").read_text())
    others = [int((Path(f"/proc/{post.pid(program)}") / "oom_score_adj").read_text()) for program in programs[1:]]
    assert own == -900
    assert min(others) == 200


def test_a_program_cannot_read_what_another_keeps_secret(post: GuestPost) -> None:
    """The forwarder's key is for the forwarder; panic's database is panic's to write."""
    key = "/etc/callpost/secrets/forwarder/device.key"
    assert as_user("callpost-forwarder", "test", "-r", key) == 0
    for other in ("panic", "media", "rating_terminal"):
        assert as_user(f"callpost-{other}", "test", "-r", key) != 0, other
        assert as_user(f"callpost-{other}", "test", "-w", "/etc/callpost/callpost.toml") != 0, other
    assert as_user("callpost-media", "test", "-r", "/var/lib/callpost/panic/panic.sqlite3") != 0
    assert as_user("callpost-media", "test", "-w", "/dev/gpiochip0") != 0


def test_the_service_sees_a_system_that_it_cannot_change(post: GuestPost) -> None:
    """Even root inside of the unit writes only where the post keeps its state."""
    inside = ["nsenter", f"--target={post.pid('panic')}", "--mount", "--", "touch"]
    for path in ("/etc/callpost/callpost.toml", "/usr/bin/python3", "/opt/callpost/.venv/pyvenv.cfg", "/root"):
        refused = subprocess.run([*inside, path], capture_output=True, text=True, check=False)
        assert refused.returncode != 0, path
    for path in ("/var/lib/callpost/probe", "/run/callpost/probe"):
        shell(*inside, path)
        shell("rm", path)
    said = shell("systemd-analyze", "security", "--no-pager", "callpost", check=False).splitlines()
    print(f"figure: systemd-analyze security: {said[-1].lstrip('→ ')}")


def as_user(user: str, *command: str) -> int:
    """Run a command as a program's user, with all its groups; return its exit code."""
    given = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--", *command]
    return subprocess.run(given, check=False).returncode


def test_stop_ends_every_process_and_start_brings_all_back(post: GuestPost) -> None:
    """Nothing is left behind, and the outputs fall back."""
    group = Path("/sys/fs/cgroup/system.slice/callpost.service/cgroup.procs")
    assert len(group.read_text().split()) > len(programs)
    shell("systemctl", "stop", "callpost")
    assert show("ActiveState", "Result") == {"ActiveState": "inactive", "Result": "success"}
    assert not group.exists() or not group.read_text()
    shell("systemctl", "start", "callpost")
    post.started()
    assert show("ActiveState")["ActiveState"] == "active"


def test_restart_and_kill_keep_the_incident(post: GuestPost) -> None:
    """An operator of the machine may do either in the middle of an incident."""
    incident = post.press()
    shell("systemctl", "restart", "callpost")
    post.started()
    assert (post.incident() or {}).get("incident") == incident
    assert post.wires.siren()
    shell("systemctl", "kill", "--kill-whom=all", "--signal=KILL", "callpost")
    until(lambda: show("NRestarts")["NRestarts"] != "0", "systemd starts it again", every=0.2)
    post.started()
    assert (post.incident() or {}).get("incident") == incident
    assert post.wires.light()


def test_a_hung_panic_is_started_again_alone(post: GuestPost) -> None:
    """The listener sees no sign of life for 10 s, and kills panic; nobody else is disturbed."""
    incident = post.press()
    before = post.pids()
    os.kill(before["panic"], signal.SIGSTOP)
    until(lambda: post.pid("panic") not in {0, before["panic"]}, "panic is a new process", every=0.2)
    post.started()
    assert (post.incident() or {}).get("incident") == incident
    assert post.wires.siren()
    assert {program: post.pid(program) for program in programs[1:]} == {
        program: before[program] for program in programs[1:]
    }


def test_systemds_watchdog_acts_when_the_listener_hangs_too(post: GuestPost) -> None:
    """Panic and its keeper both hang: systemd starts everything anew, with the incident intact."""
    incident = post.press()
    restarts = int(show("NRestarts")["NRestarts"])
    before = post.pid("panic")
    listener = int(shell("pgrep", "--full", "bin/callpost-listener").splitlines()[0])
    for process in (before, listener):
        os.kill(process, signal.SIGSTOP)
    until(lambda: int(show("NRestarts")["NRestarts"]) > restarts, "systemd has started it again", every=0.5)
    assert any("Watchdog timeout" in line for line in shell("journalctl", "--boot", "--unit=callpost").splitlines())
    post.started()
    assert post.pid("panic") != before
    assert (post.incident() or {}).get("incident") == incident
    assert post.wires.siren()


def test_the_watchdog_device_is_fed_by_pid_1() -> None:
    """Should systemd itself hang, the machine is reset."""
    assert (watchdog / "identity").read_text().strip() == "Software Watchdog"
    assert (watchdog / "state").read_text().strip() == "active"
    assert shell("systemctl", "show", "--property=RuntimeWatchdogUSec") == "RuntimeWatchdogUSec=15s"


def test_a_memory_hog_in_media_never_takes_panic_down(post: GuestPost) -> None:
    """The kernel takes the hog; the service stays, a press works, panic is the same process."""
    before, told = post.pid("panic"), post.position("media")
    with memory_limit(used_now() + 120 * 2**20):
        kills = oom_kills()
        with hog(hog_mebibytes):
            until(lambda: oom_kills() > kills, "the kernel has taken somebody", every=0.2)
            assert post.pid("panic") == before
            assert show("ActiveState")["ActiveState"] == "active"
            post.press()
            assert post.wires.siren()
    post.started()
    assert post.pid("panic") == before
    assert "memory" in post.fault_told(told, "media", "media")


service_group = Path("/sys/fs/cgroup/system.slice/callpost.service")


def used_now() -> int:
    """Return what all programs use, in bytes, without what the kernel can take back."""
    return int(dict(line.split() for line in (service_group / "memory.stat").read_text().splitlines())["anon"])


def oom_kills() -> int:
    """Return how many processes of the service the kernel has taken for memory."""
    return int(dict(line.split() for line in (service_group / "memory.events").read_text().splitlines())["oom_kill"])


@contextmanager
def memory_limit(size: int) -> Iterator[None]:
    """Give the service so many bytes."""
    shell("systemctl", "set-property", "--runtime", "callpost", f"MemoryMax={size}")
    try:
        yield
    finally:
        shell("systemctl", "set-property", "--runtime", "callpost", "MemoryMax=infinity")


@contextmanager
def hog(mebibytes: int) -> Iterator[None]:
    """Take so much memory in the service's group, spared by the kernel itself: what goes is the largest with the highest score."""
    grow = (
        f"b = bytearray({mebibytes} << 20)\nfor at in range(0, len(b), 4096): b[at] = 1\nimport time; time.sleep(600)"
    )
    join = f"echo $$ >{service_group}/cgroup.procs; exec choom -n -500 -- setpriv --reuid=callpost-media --clear-groups"
    process = subprocess.Popen(["sh", "-c", f'{join} -- {binaries}/python -c "$0"', grow])
    try:
        yield
    finally:
        process.kill()
        process.wait(20)


def test_the_unit_is_what_systemd_thinks_it_is() -> None:
    """A key that this systemd does not know would be ignored in silence."""
    unit = "/etc/systemd/system/callpost.service"
    said = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False).stderr
    assert "callpost.service:" not in said, said
