"""What every answer of the console carries, and which requests it does not even look at."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

policy = (
    "default-src 'none'; script-src 'self'{more}; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
headers = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: browsers would then send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
strict_transport = "max-age=31536000"
largest_body_bytes = 256 * 1024
# A notice may carry a picture; contract: 400 000 characters of base64.
notices_path, largest_notice_bytes = "/notices", 512 * 1024
# Citizens rate here, without a session: the code in the address is used up by one rating, so no other site gains
# anything from asking. Some phones send no Origin with a form; one from elsewhere is still refused.
public_path, largest_public_bytes = "/r/", 4 * 1024
harmless = frozenset({"GET", "HEAD", "OPTIONS"})
# Posts come here without a cookie: what they carry is a one-time token.
upload_path = "/upload/"


class Guard:
    """ASGI: refuses changes that another site's page asks for, and writes the security headers."""

    def __init__(self, app: ASGIApp, *, https: bool, demo: bool) -> None:
        """Wrap the application. The demo's pages let browser test tools evaluate conditions; a centre's do not."""
        self._app, self._https = app, https
        self._headers = {
            **headers,
            "Content-Security-Policy": policy.format(more=" 'unsafe-eval'" if demo and not https else ""),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope)
        answer = self._refusal(scope["method"], scope["path"], given)
        app = PlainTextResponse(answer[1], answer[0]) if answer else self._app
        await app(scope, receive, self._with_headers(scope["path"], send))

    def _refusal(self, method: str, path: str, given: Headers) -> tuple[int, str] | None:
        if method in harmless or path.startswith(upload_path):
            return None
        origin = given.get("origin")
        unsaid = origin is None and path.startswith(public_path)
        if not unsaid and not same_origin(origin, given.get("host")):
            return 403, "this request does not come from a page of this centre\n"
        length, most = given.get("content-length", ""), _largest(path)
        if not length.isdigit() or int(length) > most:
            return 413, f"a body of at most {most} bytes with Content-Length is expected\n"
        return None

    def _with_headers(self, path: str, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered = MutableHeaders(raw=message["headers"])
                answered.update(self._headers)
                answered.setdefault("Cache-Control", "no-cache" if path.startswith("/static/") else "no-store")
                if self._https:
                    answered["Strict-Transport-Security"] = strict_transport
                message["headers"] = answered.raw
            await send(message)

        return sending


def _largest(path: str) -> int:
    if path.startswith(public_path):
        return largest_public_bytes
    return largest_notice_bytes if path.startswith(notices_path) else largest_body_bytes


def same_origin(origin: str | None, host: str | None) -> bool:
    """Whether a request comes from a page of the host that it is sent to; no origin is no proof."""
    return bool(origin and host) and urlsplit(origin).netloc == host


def is_loopback(names: Iterable[str | None]) -> bool:
    """Whether all of these are names of this very machine."""
    return all(name is not None and _bare(name) in ("127.0.0.1", "::1", "localhost") for name in names)


def _bare(host: str) -> str:
    if host.startswith("[") and "]" in host:
        return host[1 : host.index("]")]
    return host if host.count(":") > 1 else host.partition(":")[0]
