"""The real panic program with simulated parts, to be pressed, asked, killed and started again."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

import httpx

from support.edge_settings import write_settings
from support.patience import deadline_seconds, until


def listens(path: Path) -> bool:
    """Whether somebody accepts connections at a unix socket; one that was left by a killed program does not."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


class PanicProcess:
    """One post's panic program; use `with PanicProcess(tmp_path) as panic:`."""

    def __init__(self, folder: Path, *, more: str = "", environment: Mapping[str, str] | None = None) -> None:
        """Write its settings; `more` is added to the table [panic]."""
        self.folder = folder
        self.settings = write_settings(folder, more=more)
        self.database = folder / "state" / "panic" / "panic.sqlite3"
        self.socket = folder / "run" / "panic" / "api.sock"
        self.environment = {**os.environ, **(environment or {})}
        self.log = folder / "panic.log"
        (folder / "run" / "wake").mkdir(parents=True, exist_ok=True)
        self._ears = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._ears.bind(str(folder / "run" / "wake" / "forwarder.sock"))
        self._ears.setblocking(False)
        self._heard: list[dict[str, Any]] = []
        self._api = httpx.Client(
            transport=httpx.HTTPTransport(uds=str(self.socket)), base_url="http://local", timeout=deadline_seconds
        )
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it, whatever state it is in."""
        if self.process is not None:
            self.kill()
        self._api.close()
        self._ears.close()

    def start(self) -> None:
        """Start the program; returns when it answers."""
        command = [sys.executable, "-m", "edge.panic", "--settings", str(self.settings)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        until(self._answers)

    def _answers(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            raise AssertionError(f"panic has ended: {self.log.read_text()[-2000:]}")
        return listens(self.socket) and self._api.get("/v1/health").status_code == 200

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

    # What a person, media and the forwarder do ----------------------------------------------------

    def request(self, method: str, route: str, **how: Any) -> httpx.Response:
        """Send any request."""
        return self._api.request(method, route, **how)

    def act(self, part: str, action: str, **body: Any) -> None:
        """Play the world's part."""
        self._api.post(f"/v1/sim/{part}/{action}", json=body).raise_for_status()

    def press(self, part: str = "button") -> None:
        """Press a key for 40 ms; returns when it has been up for so long that the next press is another one."""
        self.act(part, "press", milliseconds=40)
        time.sleep(0.02)  # the length of a pause between two presses is part of what is played, it waits for nothing

    def command(self, name: str, **body: Any) -> dict[str, Any]:
        """Give a command of the centre for the open incident, and return the reply."""
        incident = {"incident": self.incident["incident"], **body}
        answer = self._api.post(f"/v1/commands/{name}", json={"id": "c", "operator": "Wang", "body": incident})
        answer.raise_for_status()
        reply: dict[str, Any] = answer.json()
        return reply

    def call(self, *, speaking: bool = False) -> int:
        """Renew media's lease of a call; returns the status."""
        body = {"incident": self.incident["incident"], "operator": "Wang", "speaking": speaking, "seconds": 2}
        return self._api.put("/v1/call", json=body).status_code

    def acknowledge(self, event: Mapping[str, Any], centre: int = 0) -> None:
        """Say that a centre has stored an event and all before it."""
        outbox, epoch, number = event["id"].split(":")
        body = {"outbox": outbox, "epoch": epoch, "upto": int(number), "centre": centre}
        self._api.post("/v1/acks", json=body).raise_for_status()

    # What can be seen -----------------------------------------------------------------------------

    def shows(self) -> dict[str, Any]:
        """Return all simulated parts."""
        shown: dict[str, Any] = self._api.get("/v1/sim").json()
        return shown

    def signals(self) -> dict[str, Any]:
        """Return light, siren and lamps, without the lamp that needs a centre."""
        shown = self.shows()
        return {part: shown[part] for part in ("light", "siren", "lamp_called", "lamp_answered", "lamp_watched")}

    def status(self) -> dict[str, Any]:
        """Return readiness and incident."""
        answer: dict[str, Any] = self._api.get("/v1/status").json()
        return answer

    @property
    def incident(self) -> dict[str, Any]:
        """The open incident; waits for it."""
        found: dict[str, Any] = until(lambda: self.status()["incident"])
        return found

    def faults(self) -> dict[str, str]:
        """Return the open faults by part."""
        return {fault["part"]: fault["reason"] for fault in self._api.get("/v1/health").json()["faults"]}

    def heard(self) -> list[dict[str, Any]]:
        """Return all events that came by datagram so far."""
        while True:
            try:
                self._heard.append(json.loads(self._ears.recv(1 << 20))["event"])
            except BlockingIOError:
                return list(self._heard)

    def hear(self, kind: str, count: int = 1, **data: Any) -> dict[str, Any]:
        """Wait for the so-maniest event of a kind by datagram whose data contain these, and return it."""

        def found() -> list[dict[str, Any]]:
            fitting = [event for event in self.heard() if fits(event, kind, data)]
            return fitting if len(fitting) >= count else []

        events: list[dict[str, Any]] = until(found)
        return events[count - 1]

    def stored(self, kind: str = "", **data: Any) -> list[dict[str, Any]]:
        """Return the events of a kind on the disk."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=5)) as db:
            bodies = [json.loads(body) for (body,) in db.execute("SELECT body FROM events ORDER BY position")]
        return [event for event in bodies if not kind or fits(event, kind, data)]

    def kept_is_current(self) -> bool:
        """Whether the disk keeps the same incident as the scratch in the run directory."""
        scratch = json.loads((self.socket.parent / "incident.json").read_text())
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=5)) as db:
            kept = db.execute("SELECT value FROM kept WHERE key = 'incident'").fetchone()
        return bool(kept and kept[0] == scratch["incident"])


def fits(event: Mapping[str, Any], kind: str, data: Mapping[str, Any]) -> bool:
    """Whether an event is of a kind and carries these data."""
    return bool(event["type"] == f"callpost.{kind}" and data.items() <= event["data"].items())


@contextmanager
def stopped(process: "subprocess.Popen[str]") -> Iterator[None]:
    """Hold a process with SIGSTOP, as a debugger or a swapping kernel would."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)
