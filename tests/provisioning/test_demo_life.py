"""A demo's whole life: it says one line, refuses a second, and leaves no process, socket or port behind."""

import os
import signal
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from provisioning.demo.place import is_free
from support.broker import free_port
from support.demo import callpost
from support.patience import deadline_seconds, until

mark_name = "DEMO_LIFE_MARK"
small = ("--picture", "360p10")  # nobody looks at the pictures of these demos
pytestmark = pytest.mark.timeout(900)


class Life:
    """One demo, with a mark in the environment by which every process of it is known."""

    def __init__(self, folder: Path) -> None:
        """Choose ports; nothing is started."""
        self.folder = folder
        self.mark = uuid.uuid4().hex
        self.ports = free_port(), free_port()

    def start(self, *more: str) -> "subprocess.Popen[str]":
        """Start it as `make demo` does, and wait for its line."""
        demo = subprocess.Popen(
            self.command(*more), cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, mark_name: self.mark},
        )  # fmt: skip
        assert demo.stdout is not None
        assert demo.stdout.readline() == f"demo ready: http://127.0.0.1:{self.ports[0]}/\n"
        return demo

    def command(self, *more: str) -> list[str]:
        """Return the command line."""
        return [str(callpost), "demo", "--port", str(self.ports[0]), "--mqtt-port", str(self.ports[1]), *more]

    def processes(self) -> list[psutil.Process]:
        """Return every process of the demo, wherever it hangs in the tree."""
        return [process for process in psutil.process_iter() if self._is_own(process)]

    def _is_own(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get(mark_name) == self.mark
        except psutil.Error:
            return False

    def sockets(self) -> list[Path]:
        """Return the folders of sockets that the demo's plan names and that exist."""
        plan = self.folder / ".demo/plan.json"
        run = httpx.Response(200, content=plan.read_bytes()).json()["run"]
        return [path for path in [Path(run)] if path.exists()]

    def is_gone(self) -> bool:
        """Whether no process, socket or port is left."""
        return not self.processes() and not self.sockets() and all(is_free(port) for port in self.ports)


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    """A demo that is certainly ended after the test."""
    made = Life(tmp_path)
    yield made
    for process in made.processes():
        process.kill()


def test_it_refuses_a_second_one_and_ends_on_signals(life: Life) -> None:
    """One line only; a second demo and a busy port are sentences; several signals are as good as one."""
    demo = life.start()
    second = subprocess.run(life.command(), cwd=life.folder, capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert "another demo runs" in second.stderr
    (life.folder / "elsewhere").mkdir()
    busy = subprocess.run(life.command(), cwd=life.folder / "elsewhere", capture_output=True, text=True, check=False)
    assert busy.returncode == 1
    assert f"port {life.ports[0]}" in busy.stderr
    assert "DEMO_PORT" in busy.stderr
    for _ in range(3):
        demo.send_signal(signal.SIGINT)
        demo.send_signal(signal.SIGTERM)
    rest, _ = demo.communicate(timeout=2 * deadline_seconds)
    assert rest == ""
    assert demo.returncode == 0
    assert life.is_gone()  # at once: it returns when the last process has gone


def test_killed_it_leaves_nothing_and_starts_again(life: Life) -> None:
    """SIGKILL of the launcher; the next one waits for what is still ending."""
    demo = life.start(*small)
    demo.kill()
    demo.communicate()
    again = life.start(*small)
    again.terminate()
    again.communicate(timeout=2 * deadline_seconds)
    until(life.is_gone, "nothing is left of either")


def test_three_posts_are_three_posts(life: Life) -> None:
    """Each with parts of its own."""
    demo = life.start("--posts", "3", *small)
    with httpx.Client(base_url=f"http://127.0.0.1:{life.ports[0]}", timeout=deadline_seconds) as page:
        assert page.post("/sim/2/button/press", json={}).is_success
        assert [_light(page, number) for number in (1, 2, 3)] == [False, True, False]
    demo.terminate()
    demo.communicate(timeout=2 * deadline_seconds)
    assert life.is_gone()


def _light(page: httpx.Client, number: int) -> bool:
    """Whether the light of a post is on now; the page waits for no program, and shows what it knew of a slow one."""

    def told() -> dict[str, bool] | None:
        shown: dict[str, bool] = page.get(f"/sim/{number}").json()["parts"].get("light", {"answering": False})
        return shown if shown.get("answering", True) else None

    return until(told, f"post {number} shows its light")["on"]
