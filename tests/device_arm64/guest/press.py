"""Starts the installed post, presses its key once, and tells how long each step took; run inside the arm64 guest."""

import importlib
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

sys.path.insert(0, "/src/tests")

from support.guest_post import GuestPost, shell
from support.patience import until

programs = ("panic", "forwarder", "media")
compiled = ("aiortc", "av", "cv2", "evdev", "lgpio", "numpy", "pyaudio", "pydantic_core")
patience_seconds = 600.0


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long it took."""
    began = time.monotonic()
    yield
    print(f"figure: arm64, {what}: {time.monotonic() - began:.2f} s", flush=True)


def import_compiled() -> None:
    """Import every package that holds machine code."""
    for name in compiled:
        importlib.import_module(name)


def start(post: GuestPost) -> None:
    """Start the service; systemd returns when panic has shown its first sign of life."""
    shell("systemctl", "start", "callpost")
    assert post.faults("panic") == {}, post.faults("panic")


def all_answer(post: GuestPost) -> None:
    """Wait until every program answers; each runs under its own user."""
    for program in programs:
        until(lambda program=program: post.answers(program), f"{program} answers", patience_seconds, every=0.5)  # type: ignore[misc]
        assert post.pid(program), f"no process of {program} under its user"


def press(post: GuestPost) -> None:
    """Push the key down; light and siren go on."""
    post.wires.press()
    until(lambda: post.wires.light() and post.wires.siren(), "light and siren are on", every=0.001)


def recorded(post: GuestPost) -> None:
    """Wait until the alarm is on the disk, once, as the incident that panic tells of."""
    raised = until(lambda: post.events(0, "incident.raised"), "the alarm is on the disk", patience_seconds, every=0.02)
    incident = (post.incident() or {}).get("incident")
    assert [event["data"]["incident"] for event in raised] == [incident], (raised, incident)


def main() -> None:
    """Do one after the other; what does not hold ends it with an AssertionError."""
    assert platform.machine() == "aarch64"
    post = GuestPost()
    with timed("every compiled package imported"):
        import_compiled()
    with timed("systemctl start callpost -> ready"):
        start(post)
    with timed("ready -> every program answers"):
        all_answer(post)
    assert not post.wires.light()
    assert not post.wires.siren()
    with timed("press -> light and siren"):
        press(post)
    with timed("light and siren -> the alarm on the disk is seen"):
        recorded(post)
    post.wires.release()


if __name__ == "__main__":
    main()
