"""A screen that shows what a test tells it to: the real page over played states, and every touch written down."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

import segno
import uvicorn
from fastapi import Body, FastAPI, Response
from fastapi.responses import HTMLResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles

from rating_terminal import wording
from support.broker import answers, free_port
from support.patience import until

Json = Annotated[dict[str, Any], Body()]
policy = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
keys = ("very_satisfied", "satisfied", "fairly_satisfied", "dissatisfied", "very_dissatisfied")
idle: Mapping[str, Any] = {
    "state": "idle", "session": None, "window": "3", "ticket": "", "closes_in": None, "qr": None, "reasons": [],
    "clerk": {"clerk": "0817", "number": "0817", "name": "李秀英", "photo": "/photos/li.svg"},
    "levels": [{"level": 5 - place, "key": key} for place, key in enumerate(keys)],
    "language": "zh", "languages": ["zh", "en"], "large": False, "voice": False, "notices": [], "demo": False, "online": True,
}  # fmt: skip
asked = {**idle, "state": "asked", "session": "s1", "ticket": "A015", "closes_in": 28, "qr": "/qr/s1.svg"}
reasons = [
    {"key": "attitude", "zh": "服务态度", "en": "Attitude"},
    {"key": "waiting", "zh": "等待时间长", "en": "Long wait"},
    {"key": "unclear", "zh": "解释不清楚", "en": "Unclear explanation"},
    {"key": "materials", "zh": "要求提供多余材料", "en": "Unneeded papers asked for"},
    {"key": "not_done", "zh": "事情没有办成", "en": "My matter was not settled"},
    {"key": "other", "zh": "其他", "en": "Something else"},
]
reason = {**asked, "state": "reason", "closes_in": 9, "qr": None, "reasons": reasons}
thanked = {**asked, "state": "thanked", "closes_in": 4, "qr": None}


@dataclass
class PlayedScreen:
    """What is shown, and what was touched: (path, body) in order."""

    port: int
    shown: dict[str, Any] = field(default_factory=lambda: dict(idle))
    touched: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answer: int = 204
    holds: bool = False  # whether answers wait, as they do for a slow disk
    pictures: dict[str, bytes] = field(default_factory=dict)
    languages: Mapping[str, wording.Language] = field(default_factory=wording.languages)

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://127.0.0.1:{self.port}/"

    def show(self, state: Mapping[str, Any], **changed: Any) -> None:
        """Show another state."""
        self.shown = {**state, **changed}

    def app(self) -> FastAPI:
        """Return the routes of the screen."""
        app = FastAPI(openapi_url=None)
        app.mount("/static", StaticFiles(directory=wording.static))

        @app.get("/")
        async def page() -> HTMLResponse:
            return HTMLResponse(wording.page(self.languages), headers={"Content-Security-Policy": policy})

        @app.get("/screen/changes")
        async def changes() -> StreamingResponse:
            return StreamingResponse(self._changes(), media_type="text/event-stream")

        @app.post("/screen/{what}")
        async def touch(what: str, body: Json) -> Response:
            self.touched.append((what, body))
            while True:
                if not self.holds:
                    return Response(status_code=self.answer)
                await asyncio.sleep(0.01)

        @app.get("/qr/{session}.svg")
        async def qr(session: str) -> Response:
            code = segno.make(f"https://pingjia.example.gov.cn/r/school.gate/{session * 40}", error="m")
            return Response(
                code.svg_inline(scale=4, border=2).replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"'),
                media_type="image/svg+xml",
            )

        @app.get("/photos/{name}")
        @app.get("/notices/{name}/picture")
        async def picture(name: str) -> Response:
            found = self.pictures.get(name)
            return Response(found, media_type="image/svg+xml") if found else Response(status_code=404)

        return app

    async def _changes(self) -> AsyncIterator[str]:
        sent = None
        while True:
            if sent != self.shown:
                sent = self.shown
                yield f"data: {json.dumps(sent)}\n\n"
            await asyncio.sleep(0.01)


@contextmanager
def played(**how: Any) -> Iterator[PlayedScreen]:
    """Serve the screen on loopback until left."""
    screen = PlayedScreen(free_port(), **how)
    with serving(screen):
        yield screen


@contextmanager
def serving(screen: PlayedScreen) -> Iterator[None]:
    """Serve it on its port; may be left and entered again."""
    config = uvicorn.Config(
        screen.app(), port=screen.port, log_level="warning", lifespan="off", timeout_graceful_shutdown=0
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: answers(screen.port))
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
