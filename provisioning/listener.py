"""callpost-listener: an event listener under supervisord that looks after panic, and feeds systemd's watchdog.

A panic that shows no sign of life is killed alone, and supervisord starts it again. When that does not help, or
when supervisord has given panic up, everything is started anew: by systemd on a post, by the launcher in the demo.
"""

import argparse
import enum
import http.client
import logging
import os
import signal
import socket
import sys
import time
import xmlrpc.client
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

log = logging.getLogger(__name__)
watched = "panic"
second = 1_000_000_000
# A panic that has just been started may take longer to come alive than one that runs may fall silent. Each start that was
# killed doubles the time of the next: on a dying SD card, or a starved machine, imports alone may take minutes.
patience_at_start = 3
most_doublings = 3


class Do(enum.Enum):
    """What the listener does about an event."""

    WORKS = "tell systemd that the post works, and feed its watchdog"
    PING = "feed systemd's watchdog"
    TRIGGER = "let systemd's watchdog act now"
    KILL = "kill panic alone"
    END = "end supervisord"


@dataclass(frozen=True)
class Watch:
    """What is known of panic. Times are CLOCK_BOOTTIME."""

    stuck_ns: int
    started_ns: int
    ready: bool = False
    killed_starts: int = 0  # in a row

    @property
    def patience_ns(self) -> int:
        """How long a start may take until the first sign of life."""
        return patience_at_start * self.stuck_ns << min(self.killed_starts, most_doublings)


def state_changed(watch: Watch, event: str, process: str, now_ns: int) -> tuple[Watch, tuple[Do, ...]]:
    """Take a change of a process' state as supervisord names it."""
    match event:
        case "PROCESS_STATE_FATAL" if process == watched:
            return watch, (Do.END,)
        case "PROCESS_STATE_STARTING" if process == watched:
            return replace(watch, started_ns=now_ns), ()
        case _:
            return watch, ()


def ticked(watch: Watch, alive_ns: int | None, now_ns: int) -> tuple[Watch, tuple[Do, ...]]:
    """Take one tick: `alive_ns` is panic's last sign of life, None when there is none."""
    came_alive = alive_ns is not None and alive_ns >= watch.started_ns
    silent_ns = now_ns - max(alive_ns or 0, watch.started_ns)
    if came_alive and silent_ns <= watch.stuck_ns:
        return replace(watch, ready=True, killed_starts=0), (Do.WORKS,)
    kill: tuple[Do, ...] = ()
    if silent_ns > (watch.stuck_ns if came_alive else watch.patience_ns):
        kill, watch = (Do.KILL,), replace(watch, killed_starts=watch.killed_starts + (not came_alive))
    if not watch.ready:
        return watch, kill  # systemd's time to start is still running
    # A start does not count as life here: one that hangs again and again must not feed the watchdog.
    if now_ns - (alive_ns or 0) <= 2 * watch.stuck_ns:
        return watch, (*kill, Do.PING)
    return watch, (*kill, Do.TRIGGER)


class Systemd:
    """The notification socket of systemd; silent where there is none."""

    def __init__(self, address: str | None) -> None:
        """Take NOTIFY_SOCKET; a leading @ means the abstract namespace."""
        self._address = f"\0{address[1:]}" if address and address.startswith("@") else address

    def tell(self, message: str) -> None:
        """Send one assignment, such as READY=1."""
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as notify:
            try:
                notify.sendto(message.encode(), self._address)
            except OSError as problem:
                log.warning("systemd does not hear %s: %s", message, problem)


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket; every call ends within three seconds."""

    def __init__(self, path: str) -> None:
        """Take the socket's path."""
        super().__init__("local", timeout=3)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket instead of a port."""
        connecting = socket.socket(socket.AF_UNIX)
        connecting.settimeout(3)
        try:
            connecting.connect(self._path)
        except OSError:
            connecting.close()
            raise
        self.sock = connecting


class UnixTransport(xmlrpc.client.Transport):
    """XML-RPC over a unix socket, as supervisord speaks it."""

    def __init__(self, path: str) -> None:
        """Take the socket's path."""
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        """Return a fresh connection, and let close() find it."""
        connection = UnixConnection(self._path)
        self._connection = host, connection
        return connection


class Supervisord:
    """The supervisord above this process."""

    def __init__(self, server_url: str, pid: int) -> None:
        """Take SUPERVISOR_SERVER_URL, which supervisord sets for its listeners, and its process id."""
        self._path = server_url.removeprefix("unix://")
        self._pid = pid

    def kill_watched(self) -> None:
        """Kill panic alone. supervisord does it, since it alone knows the process id for sure."""
        try:
            with xmlrpc.client.ServerProxy("http://local", transport=UnixTransport(self._path)) as proxy:
                proxy.supervisor.signalProcess(watched, "KILL")
        except (xmlrpc.client.Error, OSError, http.client.HTTPException) as problem:
            log.warning("%s could not be killed: %s", watched, problem)

    def end(self) -> None:
        """Let supervisord stop everything in its order and end."""
        os.kill(self._pid, signal.SIGTERM)


def last_sign_of_life(path: Path) -> int | None:
    """Read panic's heartbeat, CLOCK_BOOTTIME in nanoseconds; None when there is none that can be read."""
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def carry_out(what: Do, supervisord: Supervisord, systemd: Systemd) -> None:
    """Do one thing that was decided."""
    match what:
        case Do.WORKS:
            # READY again and again: systemd takes it once, and a start whose only READY was lost would be ended.
            systemd.tell("READY=1\nSTATUS=The post works\nWATCHDOG=1")
        case Do.PING:
            systemd.tell("WATCHDOG=1")
        case Do.TRIGGER:
            log.error("%s has shown no life for twice the limit: systemd is asked to start everything anew", watched)
            systemd.tell("WATCHDOG=trigger")
        case Do.KILL:
            log.error("%s shows no sign of life and is killed", watched)
            supervisord.kill_watched()
        case Do.END:
            log.error("%s cannot be started: supervisord ends, so that all is started anew", watched)
            supervisord.end()


def fields(line: str) -> dict[str, str]:
    """Read `key:value key:value`, the form of supervisord's headers and payloads."""
    return dict(pair.split(":", 1) for pair in line.split())


def read_event(source: TextIO) -> tuple[Mapping[str, str], Mapping[str, str]] | None:
    """Read one event: its headers and its payload. None when supervisord has gone."""
    line = source.readline()
    if not line:
        return None
    headers = fields(line)
    return headers, fields(source.read(int(headers["len"])))


def listen(watch: Watch, alive: Path | None, supervisord: Supervisord, systemd: Systemd) -> None:
    """Speak supervisord's listener protocol on standard input and output until it ends."""
    while True:
        _say("READY\n")
        event = read_event(sys.stdin)
        if event is None:
            return
        headers, payload = event
        now_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        decided: tuple[Do, ...]
        if headers["eventname"].startswith("TICK") and alive is None:
            decided = (Do.WORKS,)  # no panic here: nobody but supervisord must prove that it lives, and it ticks
        elif headers["eventname"].startswith("TICK") and alive is not None:
            watch, decided = ticked(watch, last_sign_of_life(alive), now_ns)
        else:
            watch, decided = state_changed(watch, headers["eventname"], payload.get("processname", ""), now_ns)
        for what in decided:
            carry_out(what, supervisord, systemd)
        _say("RESULT 2\nOK")


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def main() -> None:
    """Run under supervisord; it is of no use elsewhere."""
    parser = argparse.ArgumentParser(prog="callpost-listener", description=main.__doc__)
    parser.add_argument("--alive", type=Path, help="panic's heartbeat file; none on a device without panic")
    parser.add_argument("--stuck-seconds", type=float, default=10.0, help="silence after which panic is killed")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    server = os.environ.get("SUPERVISOR_SERVER_URL")
    if server is None:
        parser.exit(2, "callpost-listener: supervisord starts this program; see docs/operating.md\n")
    now_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    watch = Watch(stuck_ns=int(options.stuck_seconds * second), started_ns=now_ns)
    systemd = Systemd(os.environ.get("NOTIFY_SOCKET"))
    listen(watch, options.alive, Supervisord(server, os.getppid()), systemd)


if __name__ == "__main__":
    main()
