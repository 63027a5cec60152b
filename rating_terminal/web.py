"""Web servers over TCP: the screen on loopback, the counter's with HTTPS; every request is bounded."""

import asyncio
import json
import socket
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.local_api import QuietServer, problem_json
from edge.settings import SettingsError

largest_body_bytes = 16_384
most_connections = 64


class Bounded:
    """Reads the body before anybody looks at it, and refuses one that is larger than anything we take."""

    def __init__(self, app: ASGIApp) -> None:
        """Guard this application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read, then hand on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            await refuse(send, 413, f"the body is larger than {largest_body_bytes} bytes")
            return
        waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replayed() -> Message:
            return waiting.pop() if waiting else await receive()

        await self._app(scope, replayed, send)


async def _body(receive: Receive) -> bytes | None:
    """Return the whole body; None when it is too large."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > largest_body_bytes:
            return None
        more = message.get("more_body", False)
    return body


async def refuse(send: Send, status: int, detail: str) -> None:
    """Answer with a problem document (RFC 9457)."""
    body = json.dumps({"status": status, "detail": detail}).encode()
    headers = [(b"content-type", problem_json.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def listen(host: str, port: int, what: str) -> socket.socket:
    """Open the port. Raises SettingsError with a sentence when it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as problem:
        raise SettingsError(
            f"[rating_terminal]: {what} cannot listen on {host}:{port} ({problem.strerror})"
        ) from problem


async def serve(app: ASGIApp, port: socket.socket, certificate: Path | None = None, key: Path | None = None) -> None:
    """Serve until cancelled. Raises OSError when it ends by itself, ssl.SSLError for a bad certificate."""
    more: dict[str, Any] = {}
    if certificate is not None and key is not None:
        more = {"ssl_certfile": str(certificate), "ssl_keyfile": str(key)}
    config = uvicorn.Config(
        Bounded(app),
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
        limit_concurrency=most_connections,
        timeout_graceful_shutdown=1,
        **more,
    )
    server = QuietServer(config)
    try:
        await server.serve(sockets=[port])
    finally:
        port.close()
        for connection in list(server.server_state.connections):
            connection.shutdown()
    if not asyncio.current_task().cancelling():  # type: ignore[union-attr]  # a coroutine always runs in a task
        raise OSError("a web server of the rating terminal has ended by itself")
