"""What operators do in an incident: commands to the post, and the call."""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Body, HTTPException
from pydantic import BaseModel, Field

from center.commands import Reply
from center.console.asked import TheConsole, TheIncident, TheOperator
from center.console.parts import Console
from center.incidents import Incident
from edge.kinds import check_command

router = APIRouter(prefix="/incidents/{incident}")
# What the page may ask for directly; calls and clips have routes of their own below and in routes_clips.
allowed = frozenset(
    {
        "incident.acknowledge", "incident.silence", "incident.dispatch", "incident.arrive", "incident.close",
        "call.end", "ptz.move", "ptz.stop", "ptz.preset", "ptz.tour", "announcement.play",
    }
)  # fmt: skip
Sdp = Annotated[str, Field(min_length=1, max_length=60_000)]


class OwnOffer(BaseModel):
    """The browser's offer."""

    sdp: Sdp
    speak: bool = False


class Answer(BaseModel):
    """The browser's answer to the post's own offer."""

    offer: Annotated[str, Field(min_length=1, max_length=80)]
    sdp: Sdp
    speak: bool = False


class Note(BaseModel):
    """What an operator wants to be remembered."""

    note: Annotated[str, Field(min_length=1, max_length=2000)]


@router.post("/commands/{name}")
async def command(
    console: TheConsole, operator: TheOperator, found: TheIncident, name: str, body: Annotated[dict[str, Any], Body()]
) -> dict[str, Any]:
    """Carry out a command; the answer says what the post said."""
    if name not in allowed:
        raise HTTPException(404, f"operators cannot ask for {name}")
    return _said(await console.command(found, operator, name, _checked(name, {**body, "incident": found.id})))


@router.post("/notes")
async def note(console: TheConsole, operator: TheOperator, found: TheIncident, body: Note) -> dict[str, Any]:
    """Keep a note on the timeline."""
    number = console.records.act(operator, found.id, "note", {"note": body.note})
    console.records.settle(number, "done", None)
    console.changes.tell()
    return _said(Reply("done"))


@router.post("/call/take")
async def take(console: TheConsole, _: TheOperator, found: TheIncident) -> dict[str, str]:
    """Hand out the post's own offer, once; an empty object when there is none."""
    offer = console.offers.take(found.device, found.id)
    return {"offer": offer[0], "sdp": offer[1]} if offer else {}


@router.post("/call/answer")
async def answer(console: TheConsole, operator: TheOperator, found: TheIncident, body: Answer) -> dict[str, Any]:
    """Answer the post's own offer."""
    given = {"incident": found.id, "offer": body.offer, "sdp": body.sdp, "speak": body.speak}
    return await _call(console, operator, found, "call.answer", given)


@router.post("/call/offer")
async def offer(console: TheConsole, operator: TheOperator, found: TheIncident, body: OwnOffer) -> dict[str, Any]:
    """Offer a call; the post's reply carries its answer."""
    given = {"incident": found.id, "sdp": body.sdp, "speak": body.speak}
    return await _call(console, operator, found, "call.offer", given)


async def _call(
    console: Console, operator: str, incident: Incident, name: str, body: Mapping[str, Any]
) -> dict[str, Any]:
    """Send relays first, then the call; whoever answers has acknowledged, which must not delay the call."""
    checked = _checked(name, body)
    if servers := [one.model_dump() for one in console.settings.ice_servers]:
        _beside(console, console.command(incident, operator, "call.ice", {"incident": incident.id, "servers": servers}))
        await asyncio.sleep(0)  # let it be published before the call
    call = asyncio.ensure_future(console.command(incident, operator, name, checked))
    await asyncio.sleep(0)
    if incident.open and incident.acknowledged_by is None:
        _beside(console, console.command(incident, operator, "incident.acknowledge", {"incident": incident.id}))
    return _said(await call)


def _beside(console: Console, work: Coroutine[Any, Any, Reply]) -> None:
    """Let a command go on by itself; what comes of it is recorded on the timeline."""
    console.background.create_task(work)


def _checked(name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return check_command(name, body).model_dump(mode="json")
    except ValueError as problem:
        raise HTTPException(422, str(problem)) from problem


def _said(reply: Reply) -> dict[str, Any]:
    return {"status": reply.status, "reason": reply.reason, "body": dict(reply.body)}
