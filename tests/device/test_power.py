"""Power on, power cut, power on again: one guest, the same disks."""

from pathlib import Path

import pytest

from support.guest import Boot, Disks

python = "exec /opt/suite/.venv/bin/python - <<'PYTHON'\n{}\nPYTHON\n"
prelude = """\
import sys, time
sys.path.insert(0, "/src/tests")
from pathlib import Path
from support.guest_post import GuestPost
from support.patience import until
post, host = GuestPost(), Path("/host")
def say(name, text):
    (host / (name + ".new")).write_text(str(text))
    (host / (name + ".new")).rename(host / name)
def armed():
    return next((line for line in post.journal() if line.endswith(": armed") or "armed" in line.split()), None)
"""
press = (
    prelude
    + """
line = until(armed, "panic is armed", every=0.2)
say("armed", line)
post.wires.press()
until(post.wires.siren, "the siren sounds")
say("siren", Path("/proc/uptime").read_text())
incident = until(lambda: (post.incident() or {}).get("incident"), "an incident")
until(lambda: post.events(0, "incident.raised"), "the alarm is on the disk", every=0.05)
post.wires.release()
say("pressed", incident)
time.sleep(600)  # the power goes before
"""
)
look = (
    prelude
    + """
until(lambda: post.answers("panic"), "panic answers", every=0.2)
say("siren_again", post.wires.siren() and post.wires.light())
say("incident", (post.incident() or {}).get("incident"))
say("raised", len(post.events(0, "incident.raised")))
"""
)


@pytest.fixture
def post_disks(disks: Disks, tmp_path: Path) -> Disks:
    """The disks of one post."""
    return disks.copy_to(tmp_path / "disks")


def test_power_on_press_power_cut_power_on(post_disks: Disks, tmp_path: Path) -> None:
    """A cut in the middle of an incident: the same incident goes on, siren included, and is one alarm."""
    first = Boot(post_disks, tmp_path / "first", python.format(press))
    incident = first.until_there("pressed")
    first.cut()
    figure = (tmp_path / "first" / "armed").read_text().split("]")[0].strip("[ ")
    print(f"figure: power-on -> armed {figure} s after the kernel's start")

    second = Boot(post_disks, tmp_path / "second", python.format(look))
    assert second.wait(minutes=10) == 0, second.last_words()
    told = {name: (tmp_path / "second" / name).read_text() for name in ("siren_again", "incident", "raised")}
    assert told == {"siren_again": "True", "incident": incident, "raised": "1"}
