"""The real rating terminal with a simulated keypad, to be called, touched, killed and started again."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Self

import httpx

from support.panic_process import fits, listens
from support.patience import deadline_seconds, until

token = "token-of-window-1-for-tests"
staff_token = "token-of-the-staff-for-tests"
settings_text = """\
[device]
id = "school.gate"
roles = ["rating"]
demo = true
state = "{folder}/state"
run = "{folder}/run"

[rating_terminal]
window = "1"
keypad = {{ make = "simulated" }}
staff_token_file = "{folder}/staff.token"
screen = {{ port = 0 }}
counter = {{ port = 0, token_file = "{folder}/counter.token", services_per_minute = 6000 }}
"""
qr = 'qr = { base_url = "https://centre.example" }\n'
slow = (
    "policy = { answer_seconds = 600, reason_seconds = 600, thanks_seconds = 600, save_seconds = 10, "
    "excluded_per_minute = 600 }\n"
)
"""Nothing ends by itself, and a disk that is only slow, as on a busy machine, is not taken for one that fails."""


def write_settings(folder: Path, more: str = "") -> Path:
    """Write `callpost.toml` and the tokens; `more` is added to the table [rating_terminal]."""
    (folder / "counter.token").write_text(f"{token}\n")
    (folder / "staff.token").write_text(f"{staff_token}\n")
    path = folder / "callpost.toml"
    path.write_text(settings_text.format(folder=folder) + more, encoding="utf-8")
    return path


class RatingProcess:
    """One window's terminal; use `with RatingProcess(tmp_path) as rating:`."""

    def __init__(
        self,
        folder: Path,
        *,
        more: str = slow,
        environment: Mapping[str, str] | None = None,
        settings: Path | None = None,
    ) -> None:
        """Write its settings, unless there are some."""
        self.folder = folder
        self.settings = settings or write_settings(folder, more)
        self.database = folder / "state" / "rating_terminal" / "rating_terminal.sqlite3"
        self.socket = folder / "run" / "rating_terminal" / "api.sock"
        self.environment = {**os.environ, **(environment or {})}
        self.log = folder / "rating.log"
        (folder / "run" / "wake").mkdir(parents=True, exist_ok=True)
        self._ears = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._ears.bind(str(folder / "run" / "wake" / "forwarder.sock"))
        self._ears.setblocking(False)
        self._heard: list[dict[str, Any]] = []
        self.local = httpx.Client(
            transport=httpx.HTTPTransport(uds=str(self.socket)), base_url="http://local", timeout=deadline_seconds
        )
        self.screen = httpx.Client(timeout=deadline_seconds)
        self.counter = httpx.Client(timeout=deadline_seconds, headers={"authorization": f"Bearer {token}"})
        self.screen_url = self.counter_url = ""
        self.process: subprocess.Popen[bytes] | None = None
        self._lives: set[str] = set()
        self._number = 0

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it, whatever state it is in."""
        if self.process is not None:
            self.kill()
        for one in (self.local, self.screen, self.counter, self._ears):
            one.close()

    def start(self) -> None:
        """Start the program; returns when it answers and what it has made of its last life is on the disk."""
        command = [sys.executable, "-m", "rating_terminal", "--settings", str(self.settings)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        until(self._answers)
        until(self._began, "this life of the rating terminal is on the disk")
        status = self.status()
        self.screen_url = status["screen"]["url"] if status["screen"] else ""
        self.counter_url = status["counter"]["url"]
        self.screen.base_url, self.counter.base_url = httpx.URL(self.screen_url), httpx.URL(self.counter_url)

    def _answers(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            raise AssertionError(f"the rating terminal has ended: {self.log.read_text()[-3000:]}")
        return listens(self.socket) and self.local.get("/v1/health").status_code == 200

    def _began(self) -> bool:
        """Whether the first event of a new life is on the disk: it comes after all that is told of the life before."""
        if "disk" in self.faults():
            return False
        lives = {str(event["epoch"]) for event in self.stored("device.started")}
        new, self._lives = lives - self._lives, self._lives | lives
        return bool(new)

    def kill(self) -> None:
        """End it as a crash would."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """End it as supervisord does, and return its exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        code = self.process.wait(deadline_seconds)
        self.process = None
        return code

    def crash(self) -> None:
        """Kill it and start it again."""
        self.kill()
        self.start()

    # What the counter, citizens, the centre and the forwarder do -----------------------------------

    def open(self, service: str = "", *, clerk: str = "c1", subject: str = "A012") -> str:
        """Open a service and return its name."""
        self._number += 1
        service = service or f"case-{self._number}"
        body = {"service": service, "window": "1", "clerk": clerk, "subject": subject}
        answer = self.counter.post("/v1/services", json=body)
        assert answer.status_code == 201, answer.text
        return service

    def outcome(self, service: str) -> str:
        """Ask how a service stands."""
        outcome: str = self.counter.get(f"/v1/services/{service}").json()["outcome"]
        return outcome

    def key(self, level: int) -> None:
        """Press a key of the keypad."""
        self.local.post("/v1/sim/keypad/press", json={"key": level}).raise_for_status()

    def touch(self, level: int, session: str | None = None) -> int:
        """Touch a key of the screen; returns the status."""
        shown = session or self.shown()["session"]
        return self.screen.post("/screen/press", json={"session": shown, "level": level}).status_code

    def shown(self) -> dict[str, Any]:
        """Return the state that the screen would show now."""
        with self.screen.stream("GET", "/screen/changes") as answer:
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    state: dict[str, Any] = json.loads(line.removeprefix("data: "))
                    return state
        raise AssertionError("the screen was told nothing")

    def link(self, *, connected: bool) -> None:
        """Say as the forwarder does whether a centre is reached."""
        self.local.post("/v1/link", json={"connected": connected}).raise_for_status()

    def command(self, name: str, **body: Any) -> dict[str, Any]:
        """Give a command of the centre, and return the reply."""
        answer = self.local.post(f"/v1/commands/{name}", json={"id": "c", "operator": "centre", "body": body})
        assert answer.status_code == 200, answer.text
        reply: dict[str, Any] = answer.json()
        return reply

    def disk(self, action: str) -> None:
        """Let the disk fill, die or mend."""
        self.local.post(f"/v1/sim/disk/{action}", json={}).raise_for_status()

    def acknowledge_all(self) -> None:
        """Say that a centre has stored everything that is on the disk."""
        newest = {event["epoch"]: int(event["sequence"]) for event in self.stored()}
        for epoch, upto in newest.items():
            ack = {"outbox": "rating_terminal", "epoch": epoch, "upto": upto, "centre": 0}
            self.local.post("/v1/acks", json=ack).raise_for_status()

    # What can be seen -----------------------------------------------------------------------------

    def status(self) -> dict[str, Any]:
        """Return the status of the program."""
        status: dict[str, Any] = self.local.get("/v1/status").json()
        return status

    def faults(self) -> dict[str, str]:
        """Return the open faults by part."""
        return {fault["part"]: fault["reason"] for fault in self.local.get("/v1/health").json()["faults"]}

    def heard(self) -> list[dict[str, Any]]:
        """Return all events that came by datagram so far."""
        while True:
            try:
                self._heard.append(json.loads(self._ears.recv(1 << 20))["event"])
            except BlockingIOError:
                return list(self._heard)

    def hear(self, kind: str, **data: Any) -> dict[str, Any]:
        """Wait for an event of a kind by datagram whose data contain these, and return it."""
        found: list[dict[str, Any]] = until(lambda: [one for one in self.heard() if fits(one, kind, data)])
        return found[0]

    def stored(self, kind: str = "", **data: Any) -> list[dict[str, Any]]:
        """Return the events of a kind on the disk."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=5)) as db:
            bodies = [json.loads(body) for (body,) in db.execute("SELECT body FROM events ORDER BY position")]
        return [event for event in bodies if not kind or fits(event, kind, data)]

    def kept(self, key: str) -> str:
        """Return what the disk keeps beside the events."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=5)) as db:
            found = db.execute("SELECT value FROM kept WHERE key = ?", (key,)).fetchone()
        return str(found[0]) if found else ""


def at_once(*doings: Any) -> list[Any]:
    """Do several things in as many threads that start together, and return what each returned."""
    gate = threading.Barrier(len(doings))
    results: list[Any] = [None] * len(doings)

    def run(number: int) -> None:
        gate.wait()
        results[number] = doings[number]()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(doings))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(deadline_seconds)
    return results
