"""The local interface of panic. A route translates; the incident decides."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from fastapi import APIRouter, HTTPException
from pydantic import Field

from edge.from_forwarder import AckBody, CommandBody, LinkBody
from edge.kinds import COMMANDS, Body, check_command
from edge.kinds.commands import Acknowledge, Arrive, Close, Dispatch, Silence
from edge.outbox import Ack
from edge.panic.carry_out import Post
from edge.panic.incident import (
    Acknowledged,
    Arrived,
    Begun,
    CallOver,
    CallRenewed,
    Closed,
    Dispatched,
    Level,
    Mode,
    OfIncident,
    Silenced,
)


class CallBody(Body):
    """The lease of a call, in seconds; media renews it."""

    incident: str
    operator: str = Field(min_length=1, max_length=80)
    speaking: bool
    seconds: float = Field(gt=0, le=10)


class BeginBody(Body):
    """A drill or a test."""

    level: Literal["assist", "panic", "silent"] = "panic"
    mode: Literal["drill", "test"]
    trigger: str = Field(default="technician", min_length=1, max_length=80)


def router(
    *,
    post: Post,
    forget: Callable[[Ack], None],
    link: Callable[[bool], None],
    health: Callable[[], Mapping[str, Any]],
    status: Callable[[], Mapping[str, Any]],
) -> APIRouter:
    """Return all routes of panic over these parts."""
    routes = APIRouter()

    @routes.get("/v1/health")
    async def show_health() -> Mapping[str, Any]:
        """Tell whether the program lives, and which faults it knows."""
        return health()

    @routes.get("/v1/status")
    async def show_status() -> Mapping[str, Any]:
        """Tell readiness and the open incident."""
        return status()

    @routes.post("/v1/acks", status_code=204)
    async def acks(body: AckBody) -> None:
        """Take the word of a centre that it has stored events."""
        if body.centre == 0:
            forget(body.ack)
        link(True)
        post.received(body.ack, body.centre)

    @routes.post("/v1/link", status_code=204)
    async def take_link(body: LinkBody) -> None:
        """Hear whether the forwarder reaches a centre."""
        link(body.connected)

    @routes.post("/v1/commands/{name}")
    async def command(name: str, body: CommandBody) -> dict[str, Any]:
        """Carry out a command of the centre, or say why not."""
        if name not in COMMANDS or COMMANDS[name].program != "panic":
            raise HTTPException(404, f"panic knows no command {name}")
        refusals = post.take(as_input(check_command(name, body.body), body.operator))
        return {"status": "refused" if refusals else "done", "reason": "; ".join(refusals) or None, "body": {}}

    @routes.put("/v1/call", status_code=204)
    async def call(body: CallBody) -> None:
        """Take media's word that a call is up; the siren ducks while the operator speaks."""
        refused(post.take(CallRenewed(body.incident, body.operator, body.speaking)))

    @routes.delete("/v1/call", status_code=204)
    async def call_over(incident: str, reason: str = "the operator hung up") -> None:
        """Take media's word that the call has ended."""
        refused(post.take(CallOver(incident, reason[:400] or "the operator hung up")))

    @routes.post("/v1/incidents", status_code=201)
    async def begin(body: BeginBody) -> dict[str, str]:
        """Begin a drill or a test."""
        refused(post.take(Begun(post.new_id(), Level[body.level.upper()], Mode(body.mode), body.trigger)))
        return {"incident": post.incident.id}

    return routes


def refused(reasons: list[str]) -> None:
    """Answer 409 with the reasons, if there are any."""
    if reasons:
        raise HTTPException(409, "; ".join(reasons))


def as_input(body: Body, operator: str) -> OfIncident:
    """Translate a checked command into the machine's words."""
    match body:
        case Acknowledge(incident=incident):
            return Acknowledged(incident, operator)
        case Silence(incident=incident):
            return Silenced(incident, operator)
        case Dispatch(incident=incident):
            return Dispatched(incident, operator, body.team, body.eta_minutes)
        case Arrive(incident=incident):
            return Arrived(incident, operator)
        case Close(incident=incident):
            return Closed(incident, operator, body.disposition, body.note)
        case _:
            raise HTTPException(404, f"panic does not know {type(body).__name__}")
