"""The roster: clerks with number, name and photo, published to chosen terminals."""

import base64
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, File, Form, HTTPException, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from center.console.asked import TheConsole, TheOperator
from center.console.parts import Console
from center.console.pictures import media_type, problem_of
from center.console.publishing import publish
from center.console.rating_records import Clerk

router = APIRouter(prefix="/roster")
# 200 000 characters of base64 in a command, contract.
largest_photo_bytes = 150_000
# One command carries all photos of a terminal; what is larger would hold up a slow line for minutes.
largest_roster_bytes = 4_000_000


@router.get("", response_class=HTMLResponse)
async def roster_page(console: TheConsole, operator: TheOperator, clerk: str = "") -> str:
    """Show the clerks, one of them for editing, and what each terminal last said."""
    return _page(console, operator, clerk)


@router.post("/clerks")
async def set_clerk(
    console: TheConsole,
    operator: TheOperator,
    *,
    clerk: Annotated[str, Form(min_length=1, max_length=80)],
    number: Annotated[str, Form(max_length=40)] = "",
    name: Annotated[str, Form(max_length=200)] = "",
    photo: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Add or change a clerk; without a new photo the old one stays."""
    content = await photo.read() if photo else b""
    if content and (problem := problem_of(content, largest_photo_bytes)):
        return HTMLResponse(_page(console, operator, clerk, problem), 422)
    old = console.rating_records.clerk(clerk.strip())
    kept = content or (old.photo if old else b"")
    console.rating_records.set_clerk(Clerk(clerk.strip(), number.strip(), name.strip(), kept), operator)
    return RedirectResponse("/roster", 303)


@router.post("/clerks/remove")
async def remove_clerk(
    console: TheConsole, _: TheOperator, clerk: Annotated[str, Form(min_length=1, max_length=80)]
) -> Response:
    """Remove a clerk."""
    console.rating_records.remove_clerk(clerk)
    return RedirectResponse("/roster", 303)


@router.get("/photo")
async def photo(console: TheConsole, _: TheOperator, clerk: str) -> Response:
    """Show a clerk's photo."""
    found = console.rating_records.clerk(clerk)
    if found is None or not found.photo:
        raise HTTPException(404, "no photo")
    return Response(found.photo, media_type=media_type(found.photo))


@router.post("/publish")
async def publish_roster(
    console: TheConsole,
    operator: TheOperator,
    device: Annotated[list[str], Form(max_length=500)] = [],  # noqa: B006 - FastAPI copies it
    clerk: Annotated[list[str], Form(max_length=200)] = [],  # noqa: B006
) -> Response:
    """Give the chosen clerks to the chosen terminals, in place of what these had."""
    chosen = [one for one in console.rating_records.clerks() if one.clerk in clerk]
    if sum(len(one.photo) for one in chosen) > largest_roster_bytes:
        return HTMLResponse(_page(console, operator, "", "too_large_together"), 422)
    entries = [
        {"clerk": one.clerk, "number": one.number, "name": one.name, "photo": base64.b64encode(one.photo).decode()}
        for one in chosen
    ]
    await publish(console, operator, "roster", devices=device, name="roster.set", body={"entries": entries})
    return RedirectResponse("/roster", 303)


def _page(console: Console, operator: str, clerk: str, problem: str = "") -> str:
    records = console.rating_records
    return console.views.page(
        "roster.html",
        operator=operator,
        clerks=records.clerks(),
        edited=records.clerk(clerk) or Clerk("", "", ""),
        terminals=console.facts.terminals(),
        told={one.device: one for one in records.publications("roster")},
        problem=problem,
        escaped=lambda text: quote(text, safe=""),
    )
