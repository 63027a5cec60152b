"""The installed post from inside its guest: its service, its programs, what it says and what it keeps."""

import json
import socket
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from edge.outbox_reader import LaneReader, StoredEvent
from support.patience import deadline_seconds, until
from support.wires import Wires, push

settings_file = Path("/etc/callpost/callpost.toml")
run = Path("/run/callpost")
state = Path("/var/lib/callpost")
binaries = Path("/opt/callpost/.venv/bin")
programs = ("panic", "forwarder", "media", "rating_terminal")
authority = "/etc/callpost-center/secrets/ca.pem"
counter_url = "https://127.0.0.1:8611"


def shell(*command: str | Path, check: bool = True) -> str:
    """Run a command and return what it prints. Raises CalledProcessError with its words."""
    ended = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert not check or ended.returncode == 0, f"{command}: {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout.strip()


class GuestPost:
    """The post under systemd."""

    def __init__(self) -> None:
        """Find the other end of its wires."""
        self.wires = Wires()

    # What it says ---------------------------------------------------------------------------------

    def ask(self, program: str, path: str, seconds: float = deadline_seconds) -> dict[str, Any]:
        """Get a page of a program's local interface."""
        with self.api(program, seconds) as api:
            answer = api.get(path)
        answer.raise_for_status()
        return dict(answer.json())

    def api(self, program: str, seconds: float = deadline_seconds) -> httpx.Client:
        """Return a client of a program's local interface."""
        transport = httpx.HTTPTransport(uds=str(run / program / "api.sock"))
        return httpx.Client(transport=transport, base_url="http://local", timeout=seconds)

    def answers(self, program: str) -> bool:
        """Whether a program answers."""
        # Asked first by hand: httpx leaves its socket open where nobody listens.
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(run / program / "api.sock")) != 0:
                return False
        try:
            return bool(self.ask(program, "/v1/health"))
        except (httpx.HTTPError, OSError):
            return False

    def incident(self) -> dict[str, Any] | None:
        """Return the open incident."""
        found = self.ask("panic", "/v1/status")["incident"]
        return None if found is None else dict(found)

    def faults(self, program: str) -> dict[str, str]:
        """Return a program's open faults: the part and why."""
        return {fault["part"]: fault["reason"] for fault in self.ask(program, "/v1/health")["faults"]}

    def command(self, program: str, name: str, **body: object) -> dict[str, Any]:
        """Give a command as the forwarder does."""
        with self.api(program) as api:
            answer = api.post(f"/v1/commands/{name}", json={"id": "1", "operator": "Li", "body": body})
        answer.raise_for_status()
        return dict(answer.json())

    # What it keeps --------------------------------------------------------------------------------

    def rows(self, after: int, program: str = "panic") -> list[StoredEvent]:
        """Return the rows behind a place of a program's outbox."""
        return LaneReader(state / program / f"{program}.sqlite3").rows(after, 1_000_000)

    def position(self, program: str = "panic") -> int:
        """Return the place of the last event in a program's outbox."""
        return max((row.position for row in self.rows(0, program)), default=0)

    def events(self, after: int, kind: str | None = None, program: str = "panic") -> list[Mapping[str, Any]]:
        """Return the events behind a place, of one kind or of all."""
        found = [json.loads(row.body) for row in self.rows(after, program)]
        return [event for event in found if kind is None or event["type"].endswith(kind)]

    def fault_told(self, after: int, part: str, program: str = "panic") -> str:
        """Wait for the event that tells a part's fault, and return its reason."""

        def told() -> str | None:
            raised = [event["data"] for event in self.events(after, "device.fault_raised", program)]
            return next((data["reason"] for data in raised if data["part"] == part), None)

        return until(told, f"a fault of {part}", every=0.2)

    def fault_mended(self, after: int, part: str, program: str = "panic") -> None:
        """Wait for the event that tells that a part works again."""

        def told() -> bool:
            cleared = self.events(after, "device.fault_cleared", program)
            return any(event["data"]["part"] == part for event in cleared)

        until(told, f"{part} is mended", every=0.2)

    def open_service(self, service: str) -> None:
        """Open a service at the rating window, as the counter's software does."""
        token = Path("/etc/callpost/secrets/rating_terminal/counter-token").read_text().strip()
        body = {"service": service, "window": "1", "clerk": "wang.fang", "subject": service}
        headers = {"Authorization": f"Bearer {token}"}

        trust = ssl.create_default_context(cafile=authority)

        def opened() -> bool:
            answer = httpx.post(
                f"{counter_url}/v1/services", json=body, headers=headers, timeout=deadline_seconds, verify=trust
            )
            return answer.is_success

        until(opened, f"{service} is opened", every=0.2)

    # How it runs ----------------------------------------------------------------------------------

    def pid(self, program: str) -> int:
        """Return the number of a program's process; 0 when it does not run."""
        found = shell("pgrep", "--uid", f"callpost-{program}", "--full", f"bin/callpost-{program}", check=False)
        return int(found.splitlines()[0]) if found else 0

    def pids(self) -> dict[str, int]:
        """Return the numbers of all programs."""
        return {program: self.pid(program) for program in programs}

    def started(self) -> None:
        """Wait until systemd has heard that the post works, and every program answers."""
        until(lambda: self.state() != "activating", "the service has started", every=0.2)
        for program in programs:
            until(lambda program=program: self.answers(program), f"{program} answers", every=0.2)  # type: ignore[misc]

    def state(self) -> str:
        """Return what systemd says of the service."""
        return shell("systemctl", "is-active", "callpost", check=False)

    def restart(self) -> None:
        """Restart the service and wait until every program answers."""
        shell("systemctl", "restart", "callpost")
        self.started()

    @contextmanager
    def changed(self, **replaced: str) -> Iterator[None]:
        """Run with other settings: `replaced` names a table (dots as `__`) and gives its new lines."""
        before = settings_file.read_text()
        settings_file.write_text(_replaced(before, {name.replace("__", "."): text for name, text in replaced.items()}))
        try:
            self.restart()
            yield
        finally:
            settings_file.write_text(before)
            self.restart()

    def settle(self) -> None:
        """Put everything at rest: contacts, incident, programs."""
        self.wires.at_rest()
        until(lambda: self.state() != "activating", "the service has started", every=0.2)
        if self.state() != "active":
            shell("systemctl", "reset-failed", "callpost", check=False)
            self.restart()
        self.started()
        until(self._closed, "the incident is closed", every=0.5)

    def _closed(self) -> bool:
        """Turn the key switch while an incident is open: a program that has just started may not look at it yet."""
        if self.incident() is not None:
            push(self.wires, "KEY_SWITCH")
        return self.incident() is None

    def press(self) -> str:
        """Press and release the panic key; return the incident."""
        self.wires.press()
        incident = until(lambda: (self.incident() or {}).get("incident"), "an incident")
        self.wires.release()
        return str(incident)

    def journal(self, *more: str) -> list[str]:
        """Return the lines of this boot's journal of the service, with seconds since power-on in front."""
        return shell("journalctl", "--boot", "--unit=callpost", "--output=short-monotonic", *more).splitlines()


def _replaced(text: str, tables: Mapping[str, str]) -> str:
    for name, lines in tables.items():
        head = f"[{name}]\n"
        assert head in text, f"no table {name}"
        start = text.index(head) + len(head)
        end = text.find("\n[", start)
        text = text[:start] + lines + text[end if end >= 0 else len(text) :]
    return text
