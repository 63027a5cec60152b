"""The whole story over a bad uplink: netem between the post and its centre, in two network namespaces of the guest."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.guest_post import GuestPost, shell
from support.patience import until
from support.wires import Wires

post_address, centre_address = "198.51.100.1", "198.51.100.2"
bad_line = ("netem", "delay", "80ms", "20ms", "loss", "5%")


@contextmanager
def uplink() -> Iterator[None]:
    """Two ends of a cable, each of which delays and loses what it sends."""
    shell("ip", "netns", "add", "centre")
    try:
        shell("ip", "link", "add", "uplink", "type", "veth", "peer", "name", "uplink", "netns", "centre")
        for where, address in (((), post_address), (("-n", "centre"), centre_address)):
            shell("ip", *where, "address", "add", f"{address}/24", "dev", "uplink")
            shell("ip", *where, "link", "set", "uplink", "up")
            shell("tc", *where, "qdisc", "add", "dev", "uplink", "root", *bad_line)
        shell("ip", "-n", "centre", "link", "set", "lo", "up")
        yield
    finally:
        shell("ip", "link", "delete", "uplink", check=False)
        shell("ip", "netns", "delete", "centre")


class FarCentre:
    """The process beyond the line."""

    def __init__(self, folder: Path) -> None:
        """Start it."""
        command = ["ip", "netns", "exec", "centre", sys.executable, "-m", "support.far_centre", str(folder)]
        self._process = subprocess.Popen(
            command, cwd="/src/tests", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def hears(self, step: str) -> dict[str, Any]:
        """Wait for a thing to happen there, and return what it says of it."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            print(line, end="")
            said = dict(json.loads(line))
            if said["step"] == step:
                return said
        raise AssertionError(f"the centre ended before {step}: {self._process.wait(30)}")

    def go_on(self, word: str = "") -> None:
        """Let it do the next thing, with a word about it."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()

    def close(self) -> None:
        """Let it end by itself when its story is told, else end it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def test_the_story_over_a_line_of_80_ms_that_loses_a_packet_in_twenty(
    post: GuestPost, wires: Wires, tmp_path: Path
) -> None:
    """Alarm, answer, picture and sound, team, arrival, close; the lamps at the gate follow. Over mTLS."""
    with uplink():
        centre = FarCentre(tmp_path)
        try:
            _told(post, wires, centre)
        finally:
            centre.close()


def _told(post: GuestPost, wires: Wires, centre: FarCentre) -> None:
    centre.hears("ready")
    until(lambda: wires.high("LAMP_READY"), "the post is ready: everything that a press needs is proved", every=0.5)
    incident = post.press()
    assert wires.siren()
    centre.go_on(incident)
    centre.hears("alarm")
    wires.flashes("LAMP_CALLED")
    centre.go_on()
    seen = centre.hears("seen")
    assert seen["width"] == 640
    until(lambda: wires.high("LAMP_ANSWERED"), "lamp answered is lit")
    until(lambda: wires.high("LAMP_WATCHED"), "lamp watched is lit")
    for command in ("incident.dispatch", "incident.arrive", "incident.close"):
        centre.go_on()
        *early, last = centre.hears(command)["statuses"]
        assert set(early) <= {"unanswered"}, early
        # Only a command whose reply came too late is asked again, and is then refused as done already.
        assert last == "done" or (early and last == "refused"), (early, last)
    until(lambda: post.incident() is None, "the incident is closed")
    assert not wires.siren()
    over = centre.hears("over")
    times = Counter(over["kinds"])
    for kind in ("raised", "received", "acknowledged", "team_dispatched", "team_arrived", "closed"):
        assert times[f"incident.{kind}"] == 1, (kind, over)
    # One for each call; and where the guest was held up for longer than a lease, one more.
    lapses = over["reasons"].count("media did not renew the call")
    assert 1 <= times["incident.call_started"] <= seen["calls"] + lapses, (seen, over)
    assert times["incident.call_ended"] == times["incident.call_started"], over
