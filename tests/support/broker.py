"""A real private mosquitto on a free loopback port, to be stopped and started again at will."""

import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Self

from support.patience import deadline_seconds

configuration = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {folder}/
autosave_interval 1
max_queued_messages 100000
log_type error
log_type warning
log_type notice
log_type subscribe
"""


def _own_ports() -> Iterator[int]:
    """Go round this worker's ports for ever. They lie below those of the demo and those that the kernel gives away."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    share = 10_000 // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    begin = random.randrange(share)  # another run on this machine begins elsewhere
    return (10_000 + worker * share + (begin + number) % share for number in count())


_ports = _own_ports()


def free_port() -> int:
    """Return a loopback port that nobody uses, another one each time.

    Nor does a parallel worker get it, before a server listens there or while that server is away for a moment.
    """
    return next(port for port in _ports if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Whether somebody accepts connections on this loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Broker:
    """One mosquitto; use `with Broker.start(tmp_path) as broker: broker.port`."""

    folder: Path
    port: int
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @classmethod
    def start(cls, folder: Path, extra: str = "") -> Self:
        """Start a broker with its files in `folder`; `extra` lines are added to its configuration."""
        own = folder / "broker"
        own.mkdir(parents=True, exist_ok=True)
        broker = cls(own, free_port())
        text = configuration.format(port=broker.port, folder=own) + extra
        (own / "mosquitto.conf").write_text(text, encoding="utf-8")
        broker.restart()
        return broker

    def restart(self) -> None:
        """Start it again on the same port, with what it had stored; returns when it accepts connections."""
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
        if program is None:
            raise RuntimeError("mosquitto is not installed; run make install")
        with (self.folder / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen(
                [program, "-c", str(self.folder / "mosquitto.conf")], stdout=log, stderr=log
            )
        deadline = time.monotonic() + deadline_seconds
        while not answers(self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "mosquitto.log").read_text(encoding="utf-8"))
            time.sleep(0.02)

    def heard_by(self, *topics: str) -> bool:
        """Whether somebody has ever subscribed to each of these; what is sent before that reaches nobody."""
        log = (self.folder / "mosquitto.log").read_text(encoding="utf-8")
        return all(f" {topic}\n" in log for topic in topics)

    def stop(self) -> None:
        """End it in an orderly way."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(deadline_seconds)
            self._process = None

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(deadline_seconds)
            self._process = None

    def __enter__(self) -> Self:
        """Return the running broker."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()
