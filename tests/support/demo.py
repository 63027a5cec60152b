"""A whole demo as a test sees it: `make demo`'s own program, real supervisord, Mosquitto, centre and camera."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from media.sim_camera.profiles import ProfileName
from support.broker import free_port
from support.patience import deadline_seconds, until

callpost = Path(sys.executable).parent / "callpost"


class Demo:
    """A running demo. Post numbers begin at 1."""

    def __init__(
        self,
        folder: Path,
        *,
        posts: int = 1,
        port: int | None = None,
        picture: ProfileName = "360p10",
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Start it and wait until it says that it is ready. `picture` is small unless the test is about pictures.

        `settings` are variables of the environment, which stand above the settings that the demo writes.
        """
        self.folder = folder
        self.port = port or free_port()
        self.mqtt_port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._http = httpx.Client(base_url=self.url, timeout=deadline_seconds)
        command = [
            str(callpost),
            "demo",
            "--posts",
            str(posts),
            "--port",
            str(self.port),
            "--mqtt-port",
            str(self.mqtt_port),
            "--picture",
            picture,
        ]
        self._errors = (folder / "demo.stderr").open("wb")
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **(settings or {})},
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line == f"demo ready: {self.url}/\n", (line, (folder / "demo.stderr").read_text()[-3000:])

    def stop(self) -> int:
        """End it as Ctrl-C does and return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        status = self.process.wait(2 * deadline_seconds)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._errors.close()
        self._http.close()
        return status

    def sim(self, post: int = 1) -> dict[str, Any]:
        """Return GET /sim of a post."""
        answer = self._http.get("/sim" if post == 1 else f"/sim/{post}")
        answer.raise_for_status()
        return dict(answer.json())

    def parts(self, post: int = 1) -> dict[str, Any]:
        """Return what the simulated parts of a post show."""
        return dict(self.sim(post)["parts"])

    def part(self, name: str, post: int = 1) -> dict[str, Any]:
        """Return what one part shows now; waits for its program, whose last values the page keeps while it is slow."""

        def told() -> dict[str, Any] | None:
            shown = self.parts(post).get(name)
            return dict(shown) if shown is not None and shown.get("answering", True) else None

        found: dict[str, Any] = until(told, f"{name} of post {post} is told")
        return found

    def act(self, part: str, action: str, body: Mapping[str, Any] | None = None, post: int = 1) -> None:
        """Do something to a simulated part."""
        way = f"/sim/{part}/{action}" if post == 1 else f"/sim/{post}/{part}/{action}"
        answer = self._http.post(way, json=dict(body or {}))
        assert answer.is_success, answer.text

    def press(self, post: int = 1) -> None:
        """Press the key of a post."""
        self.act("button", "press", post=post)

    def alarmed(self, post: int = 1) -> bool:
        """Whether light and siren of a post are on."""
        return bool(self.part("light", post)["on"] and self.part("siren", post)["on"])

    def program(self, name: str, post: int = 1) -> psutil.Process | None:
        """Return the process of a program: panic, forwarder, media, rating_terminal of a post; mosquitto, ingest, center of the desk."""
        for process in psutil.Process(self.process.pid).children(recursive=True):
            if self._is(process, name, post):
                return process
        return None

    def _is(self, process: psutil.Process, name: str, post: int) -> bool:
        try:
            words = process.cmdline()
        except psutil.Error:
            return False
        if not any(Path(word).name in {f"callpost-{name}", name} for word in words[:2]):
            return False
        own = name in {"panic", "forwarder", "media", "rating_terminal"}
        return not own or any(f"post{post}/" in word for word in words)

    def kill(self, name: str, number: int = signal.SIGKILL, post: int = 1) -> int:
        """Send a signal to a program and return its process id."""
        process = until(lambda: self.program(name, post), f"{name} runs")
        process.send_signal(number)
        return int(process.pid)

    def comes_back(self, name: str, killed: int, post: int = 1) -> None:
        """Wait until supervisord has started a killed program again."""

        def another() -> bool:
            process = self.program(name, post)
            return process is not None and process.pid != killed

        until(another, f"{name} comes back")

    def stored(self, kind: str = "", post: int = 1) -> list[dict[str, Any]]:
        """Return the data of the events of a kind that the centre has stored for a post, in their order."""
        path = self.folder / ".demo" / "center" / "center.sqlite3"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as db:
            rows = db.execute(
                "SELECT kind, data FROM event WHERE device = ? AND kind LIKE ? ORDER BY position",
                (f"demo.post{post}", kind or "%"),
            ).fetchall()
        return [{"kind": kind, **json.loads(data)} for kind, data in rows]

    def logs(self) -> str:
        """Return the ends of all logs, for a failing test to show."""
        folder = self.folder / ".demo" / "logs"
        return "\n".join(
            f"== {log}\n{log.read_text(errors='replace')[-2000:]}" for log in sorted(folder.rglob("*.log"))
        )


@contextmanager
def running(
    folder: Path, *, posts: int = 1, picture: ProfileName = "360p10", settings: Mapping[str, str] | None = None
) -> Iterator[Demo]:
    """Run a demo for the length of a block."""
    demo = Demo(folder, posts=posts, picture=picture, settings=settings)
    try:
        yield demo
    except BaseException:
        print(demo.logs())
        raise
    finally:
        demo.stop()


def left_over(folder: Path) -> list[str]:
    """Return the command lines of processes that still belong to a demo that ran in this folder."""
    found = []
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
            inside = process.cwd().startswith(str(folder)) or any(str(folder) in word for word in words)
        except psutil.Error:
            continue
        if inside and process.pid != os.getpid():
            found.append(" ".join(words))
    return found
