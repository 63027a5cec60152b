"""The local interface of the rating terminal, for the forwarder and the technician's tool."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, HTTPException

from edge.from_forwarder import AckBody, CommandBody, LinkBody
from edge.kinds import COMMANDS
from edge.outbox import Ack
from rating_terminal.commands import Commands


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
            forget(body.ack)

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
