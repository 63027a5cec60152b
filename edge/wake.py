"""Tell the forwarder at once: a datagram that never waits, and that carries the event past a dead disk."""

import json
import logging
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)


class Wake:
    """A non-blocking datagram socket to the forwarder. A full or missing one is no error: the file has the event."""

    def __init__(self, path: Path, device: str) -> None:
        """Remember where the forwarder listens; nothing is opened that could fail."""
        self._path = str(path)
        self._device = device
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)

    @property
    def device(self) -> str:
        """The device that events are sent for."""
        return self._device

    def event(self, cloudevent: Mapping[str, Any]) -> None:
        """Send one event as it will stand on the wire."""
        self._send({"event": cloudevent})

    def passing(self, topic: str, payload: Mapping[str, Any]) -> None:
        """Send a message that is worth nothing later, such as the post's own call offer."""
        self._send({"topic": topic, "payload": payload})

    def _send(self, message: Mapping[str, Any]) -> None:
        try:
            self._socket.sendto(json.dumps(message, ensure_ascii=False).encode(), self._path)
        except OSError as problem:
            # The forwarder is down or busy; it reads the file when it is back.
            log.debug("the forwarder was not woken: %s", problem)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
