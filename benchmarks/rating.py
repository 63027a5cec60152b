"""Press → rating durable, in the real program; and how soon its page is there in a browser that was just started."""

import asyncio
import functools
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
from playwright.sync_api import Playwright, sync_playwright

from benchmarks.figure import Figure, figures
from edge.local_client import client
from rating_terminal import wording
from support.broker import free_port
from support.browser import flags
from support.patience import until

presses = 200
loads = 12
token = "bench-token-of-the-window"  # noqa: S105 - of this run only
settings = """
[device]
id = "bench.window"
roles = ["rating"]
demo = true
state = "{folder}/state"
run = "{folder}/run"

[rating_terminal]
window = "1"
keypad = {{ make = "simulated" }}
gpio = {{ factory = "none" }}

[rating_terminal.screen]
port = {screen}

[rating_terminal.counter]
port = {counter}
token_file = "{folder}/token"
services_per_minute = 6000
"""


@dataclass(frozen=True)
class Window:
    """A running rating window."""

    folder: Path
    screen: str
    counter: str

    @property
    def file(self) -> Path:
        """Its outbox."""
        return self.folder / "state/rating_terminal/rating_terminal.sqlite3"


def measure() -> list[Figure]:
    """Rate a few hundred services, then load the page a few times."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, _window(Path(name)) as window:
        durable = asyncio.run(_press(window))
        bare = _bare_commit(Path(name))
        ours, peer = _page_loads(window)
    return [
        *figures("press → rating durable", durable, peer=bare, peer_name="bare SQLite commit", aim=100, stretch=30),
        *figures(
            "cold page → shows the window's state", ours, peer=peer, peer_name="same bytes from http.server, loaded",
            aim=2000, stretch=1000,
        ),
    ]  # fmt: skip


@contextmanager
def _window(folder: Path) -> Iterator[Window]:
    screen, counter = free_port(), free_port()
    (folder / "token").write_text(token)
    (folder / "callpost.toml").write_text(settings.format(folder=folder, screen=screen, counter=counter))
    command = [sys.executable, "-m", "rating_terminal", "--settings", str(folder / "callpost.toml")]
    process = subprocess.Popen(command)
    made = Window(folder, f"http://127.0.0.1:{screen}/", f"http://127.0.0.1:{counter}/v1/services")
    try:
        until(lambda: _answers(made.screen), "the window answers")
        yield made
    finally:
        process.terminate()
        process.wait(20)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False


async def _press(window: Window) -> list[float]:
    """Press the simulated keypad and look into the file, as another process, until the rating stands in it."""
    series = []
    headers = {"Authorization": f"Bearer {token}"}
    socket = window.folder / "run/rating_terminal/api.sock"
    with sqlite3.connect(f"file:{window.file}?mode=ro", uri=True) as db:
        async with httpx.AsyncClient(headers=headers, trust_env=False) as counter, client(socket, 10) as keypad:
            for number in range(presses):
                body = {"service": f"B{number}", "window": "1", "clerk": "bench", "subject": ""}
                (await counter.post(window.counter, json=body)).raise_for_status()
                before = _ratings(db)
                begun = time.monotonic_ns()
                press = asyncio.create_task(keypad.post("/v1/sim/keypad/press", json={"key": 5}))
                while _ratings(db) == before:  # noqa: ASYNC110 - telling us costs
                    await asyncio.sleep(0.0005)
                series.append((time.monotonic_ns() - begun) / 1e6)
                (await press).raise_for_status()
    db.close()
    return series


def _ratings(db: sqlite3.Connection) -> int:
    (found,) = db.execute("SELECT value FROM kept WHERE key = 'recorded'").fetchone() or ("0",)
    return int(found)


def _bare_commit(folder: Path) -> list[float]:
    """Commit one row of an event's size, with the same durability."""
    db = sqlite3.connect(folder / "bare.sqlite3")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE events (position INTEGER PRIMARY KEY, body TEXT)")
    series = []
    for _ in range(presses):
        begun = time.monotonic_ns()
        with db:
            db.execute("INSERT INTO events (body) VALUES (?)", ("x" * 900,))
        series.append((time.monotonic_ns() - begun) / 1e6)
    db.close()
    return series


class _Quiet(SimpleHTTPRequestHandler):
    """The standard library's file server, without its log."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _page_loads(window: Window) -> tuple[list[float], list[float]]:
    """Load both pages in turn, each time in a browser that has just been started; ours must have shown its state."""
    folder = window.folder / "peer"
    shutil.copytree(wording.static, folder / "static")
    (folder / "index.html").write_bytes(httpx.get(window.screen, trust_env=False).content)
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    peer = f"http://127.0.0.1:{server.server_address[1]}/"
    with sync_playwright() as play:
        pairs = [
            (
                _load(play, window.screen, "() => document.body.dataset.state !== 'away'"),
                _load(play, peer, "() => true"),
            )
            for _ in range(loads)
        ]
    server.shutdown()
    server.server_close()
    return [ours for ours, _ in pairs], [peer for _, peer in pairs]


def _load(play: Playwright, url: str, shown: str) -> float:
    browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=list(flags))
    page = browser.new_page(viewport={"width": 800, "height": 480})
    begun = time.monotonic_ns()
    page.goto(url, wait_until="load")
    page.wait_for_function(shown)
    taken = (time.monotonic_ns() - begun) / 1e6
    browser.close()
    return taken
