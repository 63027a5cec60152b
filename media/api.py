"""The local interface of callpost-media: panic tells the incident and asks for prompts, forwarder hands on commands."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Protocol

from fastapi import APIRouter, FastAPI, HTTPException, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from edge.faults import Faults
from edge.from_forwarder import AckBody, CommandBody
from edge.local_api import local_app
from edge.outbox import Ack
from edge.program import version
from edge.sim_api import Simulated, sim_router
from media.commands import Commands
from media.post import IncidentBody, Post

STREAM_BLOCKS = 50


class PromptBody(BaseModel):
    """Which prompt to play."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt: str


class Heard(Protocol):
    """A loudspeaker that lets others listen (`drivers.speaker` simulated)."""

    def subscribe(self, listener: Callable[[bytes], None]) -> Callable[[], None]:
        """Call the listener with each block, from any thread; returns what ends it."""
        ...


def app(
    *,
    session: str,
    post: Post,
    commands: Commands,
    faults: Faults,
    acknowledge: Callable[[Ack], None],
    simulated: Mapping[str, Simulated] | None,
    heard: Heard | None,
) -> FastAPI:
    """Every route of the program; `simulated` and `heard` only in a demo."""
    made = local_app("media")
    made.include_router(_panic_routes(post))
    made.include_router(_forwarder_routes(session, commands, faults, acknowledge))
    if simulated is not None:
        made.include_router(sim_router(simulated))
    if heard is not None:
        made.include_router(_stream_route(heard))
    return made


def _panic_routes(post: Post) -> APIRouter:
    router = APIRouter()

    @router.put("/v1/incident", status_code=204)
    async def incident(body: IncidentBody) -> Response:
        """Which incident is open; repeated every two seconds."""
        post.incident(body.told())
        return Response(status_code=204)

    @router.post("/v1/prompts", status_code=202)
    async def prompts(body: PromptBody) -> Response:
        """Play a prompt after those that wait."""
        try:
            post.prompt(body.prompt)
        except KeyError as problem:
            raise HTTPException(404, f"no prompt is called {body.prompt}") from problem
        return Response(status_code=202)

    return router


def _forwarder_routes(
    session: str, commands: Commands, faults: Faults, acknowledge: Callable[[Ack], None]
) -> APIRouter:
    router = APIRouter()

    @router.get("/v1/health")
    async def health() -> dict[str, Any]:
        """Tell what runs here, and what does not work."""
        return {"program": "media", "version": version, "session": session, "faults": faults.listed()}

    @router.post("/v1/acks", status_code=204)
    async def acks(body: AckBody) -> Response:
        """Take note that a centre has stored our events up to a number; only the first centre's word lets them go."""
        if body.centre == 0:
            acknowledge(body.ack)
        return Response(status_code=204)

    @router.post("/v1/commands/{name}")
    async def command(name: str, body: CommandBody) -> dict[str, Any]:
        """Carry out a command, or refuse it with a reason."""
        reply = await commands.carry_out(name, body.operator, body.body)
        return {"status": reply.status, "reason": reply.reason, "body": dict(reply.body)}

    return router


def _stream_route(heard: Heard) -> APIRouter:
    router = APIRouter()

    @router.get("/v1/sim/speaker/stream")
    async def stream() -> StreamingResponse:
        """Send what the loudspeaker plays for as long as somebody listens (16 bit mono 48 kHz)."""
        return StreamingResponse(_blocks_of(heard), media_type="audio/L16")

    return router


async def _blocks_of(heard: Heard) -> AsyncIterator[bytes]:
    blocks: asyncio.Queue[bytes] = asyncio.Queue(STREAM_BLOCKS)
    loop = asyncio.get_running_loop()
    ended = heard.subscribe(lambda block: _on_loop(loop, blocks, block))
    try:
        while True:
            yield await blocks.get()
    finally:
        ended()


def _on_loop(loop: asyncio.AbstractEventLoop, blocks: "asyncio.Queue[bytes]", block: bytes) -> None:
    """From the loudspeaker's thread; a page that does not keep up misses blocks."""
    loop.call_soon_threadsafe(lambda: None if blocks.full() else blocks.put_nowait(block))
