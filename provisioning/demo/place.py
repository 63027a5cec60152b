"""Where a demo runs: its folder, its lock, its ports. Only one demo at a time in a folder."""

import fcntl
import os
import random
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

loopback = "127.0.0.1"
# Below the ports that the kernel gives to outgoing connections, which could otherwise take one at the wrong moment.
own_ports = range(20_000, 32_000)
patience_seconds = 40.0


class DemoError(Exception):
    """The demo cannot run; the text is a sentence that says what to do."""


@dataclass(frozen=True)
class Place:
    """A locked folder. `cleaning` is the lock that the janitor inherits and keeps until it is done."""

    folder: Path
    running: int
    cleaning: int

    def close(self) -> None:
        """Give the folder free."""
        os.close(self.cleaning)
        os.close(self.running)


def take(folder: Path) -> Place:
    """Lock the folder. Raises DemoError when another demo runs there."""
    folder.mkdir(mode=0o755, exist_ok=True)
    running = os.open(folder / "running.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if not _locked(running, 0):
        os.close(running)
        raise DemoError(f"another demo runs in {folder}; stop it with Ctrl-C, or start this one from another folder")
    cleaning = os.open(folder / "cleaning.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if not _locked(cleaning, patience_seconds):
        os.close(cleaning)
        os.close(running)
        raise DemoError(f"a demo that was killed in {folder} has not ended yet; try again in a moment")
    return Place(folder, running, cleaning)


def _locked(handle: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.1)
        else:
            return True


def empty(folder: Path) -> None:
    """Remove what an earlier demo kept, all but the locks."""
    for entry in folder.iterdir():
        if entry.suffix == ".lock":
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def require_free(port: int, variable: str) -> None:
    """Raise DemoError when something listens on the port; `variable` is what moves it."""
    if not 0 < port < 2**16:
        raise DemoError(f"{variable}={port} is not a port; choose one from 1024 to 65535")
    if not is_free(port):
        raise DemoError(f"port {port} of {loopback} is in use; stop what uses it, or choose another with {variable}=")


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((loopback, port))
            probe.listen(1)
        except OSError:
            return False
    return True


@contextmanager
def port_source(taken: set[int]) -> Iterator[Callable[[], int]]:
    """Give a function that returns a free port, another one each time; no other demo gets one while the block lasts."""
    remaining = random.sample(own_ports, len(own_ports))
    with ExitStack() as held:

        def free_port() -> int:
            while remaining:
                port = remaining.pop()
                if port not in taken and _reserve(port, held) and is_free(port):
                    return port
            raise DemoError("no free port was found on this machine; stop something that holds many")

        yield free_port


def _reserve(port: int, held: ExitStack) -> bool:
    """Hold a name of the kernel's for a port: seconds pass until the program that gets the port listens there."""
    name = held.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
    try:
        name.bind(f"\0callpost-demo-port-{port}")
    except OSError:
        return False
    return True
