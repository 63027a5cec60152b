"""Recordings: asked for, uploaded by the post, played to the operator."""

from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response, StreamingResponse

from center.console.asked import TheConsole, TheIncident, TheOperator
from center.console.live import stream
from center.console.parts import Console
from center.console.uploads import UploadError
from center.incidents import Incident

router = APIRouter()


@router.get("/incidents/{incident}/clip", response_class=HTMLResponse)  # noqa: FAST003 - TheIncident reads it
async def clip_page(console: TheConsole, operator: TheOperator, found: TheIncident) -> str:
    """Show the recording's own page."""
    return console.views.page("clip.html", operator=operator, incident=found, state=_state(console, found))


@router.get("/incidents/{incident}/clip/live")  # noqa: FAST003 - TheIncident reads it
async def clip_live(request: Request, console: TheConsole, found: TheIncident) -> StreamingResponse:
    """Push how far the recording has come."""

    def shown() -> dict[str, Any] | None:
        if console.gate.operator(request.cookies) is None:
            return None
        return _state(console, console.facts.incident(found.id) or found)

    return StreamingResponse(stream(console.changes, shown), media_type="text/event-stream")


@router.post("/incidents/{incident}/clip")  # noqa: FAST003 - TheIncident reads it
async def request_clip(console: TheConsole, operator: TheOperator, found: TheIncident) -> dict[str, Any]:
    """Ask the post for its recording."""
    try:
        ticket = console.uploads.ticket(found)
    except UploadError as problem:
        return {"status": "refused", "reason": str(problem), "body": {}}
    upload = {"url": f"{console.settings.url}/upload/{ticket.clip}", "token": ticket.token}
    reply = await console.command(found, operator, "clip.request", {"incident": found.id, "upload": upload})
    return {"status": reply.status, "reason": reply.reason, "body": {}}


@router.get("/clips/{clip}")
async def play(console: TheConsole, _: TheOperator, clip: str) -> FileResponse:
    """Serve a stored recording, in ranges as a player asks."""
    record = console.records.clip(clip)
    if record is None or record.state != "stored":
        raise HTTPException(404, "no such recording")
    return FileResponse(console.uploads.file(record), media_type="video/mp4")


@router.put("/upload/{clip}")
async def upload(request: Request, console: TheConsole, clip: str) -> Response:
    """Take a piece of a recording from a post: 201 whole, 308 with `Range` how much is here."""
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    try:
        record = console.uploads.allowed(clip, token)
        whole = await console.uploads.put(record, request.headers.get("content-range"), request.stream())
    except UploadError as problem:
        document = {"status": problem.status, "detail": str(problem)}
        return JSONResponse(document, problem.status, media_type="application/problem+json")
    finally:
        console.changes.tell()
    if whole:
        return Response(status_code=201)
    have = console.uploads.have(record)
    return Response(status_code=308, headers={"Range": f"bytes=0-{have - 1}"} if have else {})


def _state(console: Console, incident: Incident) -> dict[str, Any]:
    """Return none, ready (at the post), waiting (on its way) or stored, with where to play it."""
    record = console.records.clip_of(incident.id)
    if record is None:
        return {"state": "ready" if incident.clip else "none", "progress": 0, "url": ""}
    url = f"/clips/{record.id}" if record.state == "stored" else ""
    return {"state": record.state, "progress": round(console.uploads.progress(record), 3), "url": url}
