"""The screen's web server, for the browser of this machine only. A route translates; the desk decides."""

import asyncio
import contextlib
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import segno
from fastapi import APIRouter, FastAPI, HTTPException, Response
from fastapi.responses import HTMLResponse, StreamingResponse
from pydantic import Field
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from edge.kinds import Body
from edge.local_api import local_app
from rating_terminal.desk import Desk
from rating_terminal.notices import Notices
from rating_terminal.roster import Roster
from rating_terminal.showing import Showing
from rating_terminal.visit import Pressed, ReasonChosen
from rating_terminal.web import refuse

keep_alive_seconds = 5.0
for_ever = "private, max-age=31536000, immutable"
loopback_names = frozenset({"127.0.0.1", "localhost", "::1"})
Session = Annotated[str, Field(min_length=1, max_length=64)]
page_policy = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " media-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class PressBody(Body):
    """A key was touched while the page showed this session."""

    session: Session | None = None
    level: int = Field(ge=1, le=5)


class ReasonBody(Body):
    """The optional tap after a bad rating; null skips it."""

    session: Session
    reason: str | None = Field(default=None, max_length=40)


class LanguageBody(Body):
    """The language key."""

    language: str = Field(max_length=20)


class LargeBody(Body):
    """The key for large type."""

    on: bool


class Watchers:
    """How many pages are connected; one is enough for the screen to be there."""

    def __init__(self) -> None:
        """Begin with none."""
        self.count = 0


class OnlyHere:
    """Refuses requests that a page from elsewhere might have caused: a foreign Host, or a foreign Origin."""

    def __init__(self, app: ASGIApp) -> None:
        """Guard this application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at the headers."""
        if scope["type"] == "http":
            headers = dict(scope["headers"])
            host, origin = (headers.get(name, b"").decode("latin-1") for name in (b"host", b"origin"))
            if _name(f"//{host}") not in loopback_names:
                await refuse(send, 403, "the screen is for the browser of this machine only")
                return
            if scope["method"] not in {"GET", "HEAD"} and origin and origin != f"http://{host}":
                await refuse(send, 403, "this request comes from another page")
                return
        await self._app(scope, receive, send)


def _name(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def screen_app(
    *, page: str, static: Path, desk: Desk, showing: Showing, roster: Roster, notices: Notices, watchers: Watchers
) -> ASGIApp:
    """Return the application of the screen."""
    app: FastAPI = local_app("screen")
    app.include_router(_page(page, showing, watchers))
    app.include_router(_touches(desk, showing))
    app.include_router(_pictures(desk, showing, roster, notices))
    app.mount("/static", StaticFiles(directory=static))
    return OnlyHere(app)


def _page(page: str, showing: Showing, watchers: Watchers) -> APIRouter:
    routes = APIRouter()

    @routes.get("/", response_class=HTMLResponse)
    async def show() -> HTMLResponse:
        """Return the page; what it shows comes as changes."""
        return HTMLResponse(page, headers={"content-security-policy": page_policy, "cache-control": "no-store"})

    @routes.get("/screen/changes")
    async def changes() -> StreamingResponse:
        """Send the whole state, and again whenever it changes, as server-sent events."""
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(stream(showing, watchers), media_type="text/event-stream", headers=headers)

    return routes


async def stream(showing: Showing, watchers: Watchers) -> AsyncIterator[str]:
    """Yield states as server-sent events for as long as the page listens."""
    watchers.count += 1
    try:
        yield "retry: 1000\n\n"
        sent = ""
        while not showing.changes.ended:
            bell = showing.changes.next()
            state = showing.state()
            text = json.dumps(state, ensure_ascii=False)
            told = json.dumps(state | {"closes_in": None}, ensure_ascii=False)
            # An empty comment shows a dead connection to both ends while nothing happens.
            yield f"data: {text}\n\n" if told != sent else ": still here\n\n"
            sent = told
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(bell.wait(), keep_alive_seconds)
    finally:
        watchers.count -= 1


def _touches(desk: Desk, showing: Showing) -> APIRouter:
    routes = APIRouter(prefix="/screen")

    @routes.post("/press", status_code=204, responses={409: {}, 503: {}})
    async def press(body: PressBody) -> None:
        """Take a touch; answers when it is on disk, 503 when the disk did not take it and another touch may help."""
        refusals = desk.take(Pressed(body.level, "screen", desk.at, body.session or ""))
        refused(refusals)
        if body.session and not await desk.saved(body.session):
            raise HTTPException(503, "the rating could not be saved; touch a key once more")

    @routes.post("/reason", status_code=204, responses={409: {}})
    async def reason(body: ReasonBody) -> None:
        """Take the optional tap after a bad rating."""
        refused(await desk.take_durably(ReasonChosen(body.session, body.reason, desk.at)))

    @routes.post("/language", status_code=204)
    async def language(body: LanguageBody) -> None:
        """Show another language, until the next citizen."""
        showing.set(language=body.language)

    @routes.post("/large", status_code=204)
    async def large(body: LargeBody) -> None:
        """Show larger type, until the next citizen."""
        showing.set(large=body.on)

    return routes


def _pictures(desk: Desk, showing: Showing, roster: Roster, notices: Notices) -> APIRouter:
    routes = APIRouter()

    @routes.get("/photos/{name}")
    async def photo(name: str) -> Response:
        """Return a clerk's photo; its name stands for its content."""
        return _picture(roster.photos.find(name))

    @routes.get("/notices/{notice}/picture")
    async def picture(notice: str) -> Response:
        """Return the picture of a notice."""
        found = notices.find(notice)
        return _picture(notices.pictures.find(found.picture) if found else None)

    @routes.get("/qr/{session}.svg")
    async def qr(session: str) -> Response:
        """Return the code of the open service as a picture."""
        front = desk.terminal.front
        link = showing.code(front) if front and front.service.session == session else None
        if link is None:
            raise HTTPException(404, "there is no code for this service now")
        return Response(svg(link), media_type="image/svg+xml", headers={"cache-control": "no-store"})

    return routes


def svg(link: str) -> bytes:
    """Draw a QR code (ISO/IEC 18004), error level M: dark on light in a light and in a dark room."""
    picture = io.BytesIO()
    segno.make_qr(link, error="m").save(picture, kind="svg", scale=4, border=4, light="#fff", xmldecl=False)
    return picture.getvalue()


def _picture(found: tuple[bytes, str] | None) -> Response:
    if found is None:
        raise HTTPException(404, "there is no such picture")
    headers: dict[str, Any] = {"cache-control": for_ever, "x-content-type-options": "nosniff"}
    return Response(found[0], media_type=found[1], headers=headers)


def refused(reasons: list[str]) -> None:
    """Answer 409 with the reasons, if there are any."""
    if reasons:
        raise HTTPException(409, "; ".join(reasons))
