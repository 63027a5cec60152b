"""The local interface of the rating terminal, for the forwarder and the technician's tool."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import Field

from edge.kinds import COMMANDS, Body
from edge.outbox import Ack
from rating_terminal.commands import Commands


class AckBody(Body):
    """What a centre has stored; centre 0 is the first, whose word lets the device forget."""

    outbox: str
    epoch: str
    upto: int = Field(ge=0, le=2**63 - 1)
    centre: int = Field(default=0, ge=0)


class CommandBody(Body):
    """A command as the forwarder hands it on, already authenticated."""

    id: str
    operator: str = Field(max_length=80)
    body: dict[str, Any]


class LinkBody(Body):
    """Whether the forwarder reaches a centre."""

    connected: bool
    since: str | None = None


def router(
    *,
    commands: Commands,
    forget: Callable[[Ack], None],
    link: Callable[[bool], None],
    health: Callable[[], Mapping[str, Any]],
    status: Callable[[], Mapping[str, Any]],
) -> APIRouter:
    """Return all routes over these parts."""
    routes = APIRouter()

    @routes.get("/v1/health")
    async def show_health() -> Mapping[str, Any]:
        """Tell whether the program lives, and which faults it knows."""
        return health()

    @routes.get("/v1/status")
    async def show_status() -> Mapping[str, Any]:
        """Tell the window, the open service and the counts."""
        return status()

    @routes.post("/v1/acks", status_code=204)
    async def acks(body: AckBody) -> None:
        """Take the word of a centre that it has stored events."""
        if body.centre == 0:
            forget(Ack(body.outbox, body.epoch, body.upto))

    @routes.post("/v1/link", status_code=204)
    async def take_link(body: LinkBody) -> None:
        """Hear whether the forwarder reaches a centre."""
        link(body.connected)

    @routes.post("/v1/commands/{name}")
    async def command(name: str, body: CommandBody) -> dict[str, Any]:
        """Carry out a command of the centre, or say why not."""
        if name not in COMMANDS or COMMANDS[name].program != "rating_terminal":
            raise HTTPException(404, f"the rating terminal knows no command {name}")
        return await commands.carry_out(name, body.body)

    return routes
