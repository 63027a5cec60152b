"""The demo page: a simulated post that people can see, hear, press and break. Loopback only."""

import json
from collections.abc import AsyncIterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, FastAPI, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

from edge.local_api import local_app, problem
from edge.words import Words
from provisioning.demo import texts
from provisioning.demo.clerks import clerks
from provisioning.demo.counter import counter_routes, token_of
from provisioning.demo.guard import Guard
from provisioning.demo.parts import PartError
from provisioning.demo.plan import Plan
from provisioning.demo.show import Show
from provisioning.demo.stream import fetched, streamed

package = Path(str(files("provisioning.demo")))
locale = Path(str(files("provisioning"))) / "locale"


def build_app(plan: Plan, shows: Mapping[int, Show], cameras: Mapping[int, httpx.AsyncClient]) -> FastAPI:
    """Put the page together over what it shows of each post and the simulated cameras' interfaces."""
    app = local_app("demo")
    app.add_middleware(Guard)
    app.add_exception_handler(PartError, _part_problem)
    app.mount("/static", StaticFiles(directory=package / "static"), name="static")
    app.include_router(_sim_routes(plan, shows))
    app.include_router(counter_routes(plan.windows))
    app.include_router(_page_routes(plan, shows, cameras))
    return app


async def _part_problem(_: Request, error: Exception) -> Response:
    return problem(error.status if isinstance(error, PartError) else 500, str(error))


def _sim_routes(plan: Plan, shows: Mapping[int, Show]) -> APIRouter:
    router = APIRouter()

    @router.get("/sim/{number:int}")
    async def see(number: int) -> dict[str, Any]:
        """Show every simulated part of one post, and where to go from here."""
        return {"parts": await _post_of(shows, number).parts.show(), "links": links(plan)}

    @router.get("/sim")
    async def see_first() -> dict[str, Any]:
        """Show the first post."""
        return await see(1)

    @router.post("/sim/{number:int}/{part}/{action}")
    async def act(number: int, part: str, action: str, request: Request) -> Mapping[str, Any]:
        """Do something to a part of one post."""
        show = _post_of(shows, number)
        shown = await show.parts.act(_name(part), _name(action), await _json_object(request))
        show.look_soon()
        return {"parts": shown}

    @router.post("/sim/{part}/{action}")
    async def act_on_first(part: str, action: str, request: Request) -> Mapping[str, Any]:
        """Do something to a part of the first post."""
        return await act(1, part, action, request)

    return router


def _page_routes(plan: Plan, shows: Mapping[int, Show], cameras: Mapping[int, httpx.AsyncClient]) -> APIRouter:
    router = APIRouter()
    words = Words.load(locale, "provisioning")
    templates = Jinja2Templates(directory=package / "templates")
    templates.env.globals.update(
        zh=words.zh, en=words.en, both=words.both, part_names=texts.part_names, levels=texts.levels, clerks=clerks
    )

    @router.get("/", response_class=HTMLResponse)
    async def start(request: Request, post: Annotated[int, Query()] = 1) -> Response:
        """Show the start page of one post."""
        _post_of(shows, post)
        window = plan.windows.get(post)
        context = {
            "plan": plan, "number": post, "links": links(plan), "texts": texts.for_script(words), "window": window,
            "sections": texts.sections_of(has_window=window is not None),
        }  # fmt: skip
        return templates.TemplateResponse(request, "post.html", context)

    @router.get("/posts/{number:int}/changes")
    async def changes(number: int) -> StreamingResponse:
        """Push what a person would see of the post, at once and at every change."""
        return StreamingResponse(_pushed(_post_of(shows, number)), media_type="text/event-stream")

    @router.get("/posts/{number:int}/view.jpg")
    async def view(number: int) -> Response:
        """Return the camera's picture of this moment."""
        _post_of(shows, number)
        return await fetched(cameras[number], "/v1/snapshot.jpg")

    @router.get("/posts/{number:int}/sound")
    async def sound(number: int) -> StreamingResponse:
        """Stream what the post's loudspeaker plays."""
        return await streamed(_post_of(shows, number).media, "/v1/sim/speaker/stream")

    return router


def links(plan: Plan) -> dict[str, Any]:
    """Return where the demo's other pages are; null for a role that the demo does not have."""
    console = {"console": plan.console_url, "portal": None}
    for window in plan.windows.values():
        counter = {"url": window.counter_url, "token": token_of(window)}
        return {**console, "rating": window.screen_url, "counter": counter}
    return {**console, "rating": None, "counter": None}


def _post_of(shows: Mapping[int, Show], number: int) -> Show:
    if number not in shows:
        raise HTTPException(404, f"this demo has no post {number}; there are 1 to {len(shows)}")
    return shows[number]


def _name(text: str) -> str:
    if not text.replace("_", "").isalnum() or not text.isascii():
        raise HTTPException(404, "a part or an action is named by letters, digits and _")
    return text


async def _json_object(request: Request) -> dict[str, Any]:
    text = await request.body()
    try:
        body = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError) as wrong:
        raise HTTPException(400, "the body is not JSON") from wrong
    if not isinstance(body, dict):
        raise HTTPException(422, "the body must be a JSON object")
    return body


async def _pushed(show: Show) -> AsyncIterator[str]:
    async for state in show.states():
        yield f"data: {json.dumps(state, ensure_ascii=False)}\n\n" if state is not None else ": still here\n\n"
