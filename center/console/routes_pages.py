"""The board, the incident's page, and what is pushed to them."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from center.console.asked import TheConsole, TheIncident, TheOperator
from center.console.live import stream
from center.console.parts import Console
from center.console.wording import suggested_disposition
from center.incidents import Incident

router = APIRouter()


@router.get("/", response_class=HTMLResponse)
async def board(console: TheConsole, operator: TheOperator) -> str:
    """Show the board."""
    return console.views.page("board.html", operator=operator, board=_board(console))


@router.get("/check", response_class=HTMLResponse)
async def check(console: TheConsole, operator: TheOperator) -> str:
    """Show the check of sound and microphone."""
    return console.views.page("check.html", operator=operator)


@router.get("/incidents/{incident}", response_class=HTMLResponse)  # noqa: FAST003 - TheIncident reads it
async def incident_page(console: TheConsole, operator: TheOperator, found: TheIncident) -> str:
    """Show one incident."""
    return console.views.page(
        "incident.html",
        operator=operator,
        incident=found,
        page=_incident(console, found),
        suggested=suggested_disposition(found),
        presets=console.settings.presets,
        ice=[one.model_dump() for one in console.settings.ice_servers],
    )


@router.get("/live")
async def live(request: Request, console: TheConsole, _: TheOperator) -> StreamingResponse:
    """Push the board."""
    return _pushed(request, console, lambda: _board(console))


@router.get("/incidents/{incident}/live")  # noqa: FAST003 - TheIncident reads it
async def live_incident(request: Request, console: TheConsole, found: TheIncident) -> StreamingResponse:
    """Push one incident."""
    return _pushed(request, console, lambda: _incident(console, console.facts.incident(found.id) or found))


def _pushed(request: Request, console: Console, show: Callable[[], dict[str, Any]]) -> StreamingResponse:
    def shown() -> dict[str, Any] | None:
        # A session may end while its page is open; then the stream ends too.
        return show() if console.gate.operator(request.cookies) else None

    events: AsyncIterator[str] = stream(console.changes, shown)
    return StreamingResponse(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _board(console: Console) -> dict[str, Any]:
    facts = console.facts
    opened, closed, posts = facts.open_incidents(), facts.closed_incidents(), facts.posts()
    return console.views.board(opened, closed, posts, datetime.now(UTC), facts.trouble)


def _incident(console: Console, incident: Incident) -> dict[str, Any]:
    events = console.facts.events(incident.device, incident.id)
    others = [one for one in console.facts.open_incidents() if one.id != incident.id and one.taken_by is None]
    return {**console.views.incident(incident, events, console.records.actions(incident.id)), "others": len(others)}
