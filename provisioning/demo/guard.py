"""What may reach the demo page: only this machine's own browser, and only JSON that a page of ours has sent."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from edge.local_api import problem

loopback_names = frozenset({"127.0.0.1", "localhost", "::1"})
json_type = "application/json"
largest_body_bytes = 64 * 1024
security_headers = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-eval'; img-src 'self' blob: data:; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def objection(method: str, headers: Mapping[str, str], has_body: bool) -> tuple[int, str] | None:
    """Say why a request is refused, as HTTP status and sentence; None when it may pass. Header names in lower case."""
    if not is_loopback(headers.get("host", "")):
        return 403, "the demo answers only to a loopback Host such as 127.0.0.1; open it on this machine"
    origin = headers.get("origin")
    if origin is not None and (origin == "null" or urlsplit(origin).netloc != headers.get("host")):
        return 403, "another site's page may not act on the demo"
    if method in {"GET", "HEAD"}:
        return None
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == json_type or (not kind and not has_body):
        return None
    return 415, f"send a JSON body with Content-Type: {json_type}"


def is_loopback(host: str) -> bool:
    """Whether a Host header, with or without port, names this machine."""
    try:
        name = urlsplit(f"//{host}").hostname
        urlsplit(f"//{host}").port  # noqa: B018 - raises for a port that is none
    except ValueError:
        return False
    return name in loopback_names and not any(character in host for character in "/@?#\\ ")


class Guard:
    """Lets through what `objection` has nothing against."""

    def __init__(self, app: ASGIApp) -> None:
        """Take the application behind it."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an unwelcome request with a sentence, and give every answer the security headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        length = request.headers.get("content-length", "0")
        has_body = length != "0" or "transfer-encoding" in request.headers
        refused = objection(request.method, request.headers, has_body)
        if refused is None and (not length.isdigit() or int(length) > largest_body_bytes):
            refused = 413, "the body is too large"
        answer: ASGIApp = problem(*refused) if refused else self._app
        await answer(scope, receive, _with_headers(send))


def _with_headers(send: Send) -> Send:
    async def wrapped(message: Any) -> None:
        if message["type"] == "http.response.start":
            extra = [(name.lower().encode(), value.encode()) for name, value in security_headers.items()]
            message = {**message, "headers": [*message["headers"], *extra]}
        await send(message)

    return wrapped
