"""A client of another program's local interface; apart from the server, so that who only asks need not load one."""

from pathlib import Path

import httpx


def client(socket: Path, timeout_seconds: float) -> httpx.AsyncClient:
    """Return a client of another program's local interface; every call ends within the deadline, in seconds."""
    transport = httpx.AsyncHTTPTransport(uds=str(socket), verify=False)  # a unix socket has no TLS
    return httpx.AsyncClient(transport=transport, base_url="http://local", timeout=timeout_seconds)
