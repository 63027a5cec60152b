"""Wake the console: a datagram that never waits. The console also looks by itself, so a lost one costs a moment."""

import logging
import socket
from pathlib import Path

log = logging.getLogger(__name__)


class Poke:
    """A non-blocking datagram socket to the console."""

    def __init__(self, path: Path) -> None:
        """Remember where the console listens; nothing is opened that could fail."""
        self._path = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)

    def send(self) -> None:
        """Say that something new is stored."""
        try:
            self._socket.sendto(b"new", self._path)
        except OSError as problem:
            log.debug("the console was not woken: %s", problem)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
