"""What goes wrong on real machines: each gives a fault with the part's name and a plain reason, and the rest works."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from support.guest_post import GuestPost, programs, shell
from support.patience import until
from support.wires import Wires, push

state = Path("/var/lib/callpost")
loop_driver = Path("/sys/bus/platform/drivers/snd_aloop")


def test_no_chip_of_that_label(post: GuestPost) -> None:
    """A Pi 5 with the settings of a Pi 4: every part on it is faulty, and the label that there is is named."""
    with post.changed(panic__gpio='chip_label = "pinctrl-bcm2711"\n'):
        faults = until(lambda: post.faults("panic"), "the faults", every=0.2)
        for part in ("button", "light", "siren"):
            assert "pinctrl-callpost" in faults[part], faults
        assert post.ask("panic", "/v1/status")["readiness"]
        assert all(post.answers(program) for program in programs)
    post.started()
    until(lambda: "button" not in post.faults("panic"), "the button is back", every=0.2)
    post.press()
    assert post.wires.siren()


def test_a_line_that_somebody_else_has(post: GuestPost, wires: Wires) -> None:
    """A lamp's line is claimed before the post starts: the lamp is faulty, a press works; let go, it is mended."""
    shell("systemctl", "stop", "callpost")
    before = post.position()
    with claimed("LAMP_CALLED"):
        shell("systemctl", "start", "callpost")
        post.started()
        assert "gpiomon" in post.fault_told(before, "lamp_called")
        post.press()
        assert wires.light()
        assert wires.siren()
    post.fault_mended(before, "lamp_called")
    until(lambda: wires.high("LAMP_CALLED"), "the lamp shows the open incident")


@contextmanager
def claimed(line: str) -> Iterator[None]:
    """Hold a line as another program would."""
    chip, offset = shell("gpiofind", line).split()
    holder = subprocess.Popen(["gpiomon", chip, offset], stdout=subprocess.DEVNULL)
    try:
        until(lambda: f'"{line}" "gpiomon"' in " ".join(shell("gpioinfo", chip).split()), f"{line} is held")
        yield
    finally:
        holder.terminate()
        holder.wait(10)


def test_a_sound_card_that_disappears(post: GuestPost, wires: Wires) -> None:
    """Pulled out while it is in use, and put back."""
    before, running = post.position("media"), post.pids()
    post.press()
    (loop_driver / "unbind").write_text("snd_aloop.0")
    try:
        reason = post.fault_told(before, "speaker", "media")
        assert reason
        push(wires, "KEY_SWITCH")
        until(lambda: post.incident() is None, "the incident is closed")
        post.press()
        assert wires.siren()
    finally:
        (loop_driver / "bind").write_text("snd_aloop.0")
    post.fault_mended(before, "speaker", "media")
    assert post.pids() == running


def test_a_disk_that_can_only_be_read(post: GuestPost, wires: Wires) -> None:
    """The card has turned read-only, as worn ones do: the post acts all the same, and the alarm is kept once it can be."""
    with read_only_at_start():
        until(lambda: post.answers("panic"), "panic answers", every=0.2)
        assert post.faults("panic")["disk"]
        incident = post.press()
        assert wires.light()
        assert wires.siren()
        # The unit sees mounts of its own: what is mended here must be mended there.
        supervisord = shell("systemctl", "show", "--property=MainPID", "--value", "callpost")
        shell("nsenter", f"--target={supervisord}", "--mount", "--", "mount", "-o", "remount,bind,rw", state)
        until(lambda: "disk" not in post.faults("panic"), "the disk is mended", every=0.2)
        raised = until(lambda: post.events(0, "incident.raised"), "the alarm is kept", every=0.2)
        assert raised[-1]["data"]["incident"] == incident


@contextmanager
def read_only_at_start() -> Iterator[None]:
    """Start the post with its state on a disk that refuses to be written."""
    shell("systemctl", "stop", "callpost")
    shell("mount", "--bind", state, state)
    shell("mount", "-o", "remount,bind,ro", state)
    try:
        shell("systemctl", "start", "--no-block", "callpost")
        yield
    finally:
        shell("systemctl", "stop", "callpost")
        shell("umount", state)
        shell("systemctl", "start", "callpost")


def test_a_clock_at_1970(post: GuestPost, wires: Wires) -> None:
    """Before NTP, without a battery: events never go back before what was kept, and the press works."""
    kept = datetime.fromisoformat(str(post.events(0)[-1]["time"]))
    shell("systemctl", "stop", "callpost")
    now = datetime.now(UTC).timestamp()
    shell("date", "--set=@3600")  # the kernel takes no time before its own start
    try:
        before = post.position()
        shell("systemctl", "start", "callpost")
        post.started()
        post.press()
        assert wires.siren()
        raised = until(lambda: post.events(before, "incident.raised"), "the alarm is kept", every=0.2)
        assert datetime.fromisoformat(str(raised[0]["time"])) >= kept
    finally:
        shell("date", f"--set=@{now:.0f}")
