"""Notices for the idle screens: edited here, published to chosen terminals, withdrawn from all that have them."""

import base64
from datetime import date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, File, Form, HTTPException, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from ulid import ULID

from center.console.asked import TheConsole, TheOperator
from center.console.parts import Console
from center.console.pictures import media_type, problem_of
from center.console.publishing import publish
from center.console.rating_records import Notice, Publication
from edge.event import rfc3339

router = APIRouter(prefix="/notices")
# 400 000 characters of base64 in a command, contract.
largest_picture_bytes = 300_000
Devices = Annotated[list[str], Form(max_length=500)]


@router.get("", response_class=HTMLResponse)
async def notices_page(console: TheConsole, operator: TheOperator, notice: str = "") -> str:
    """Show the notices, one of them for editing, and what each terminal last said about each."""
    return _page(console, operator, notice)


@router.post("")
async def set_notice(
    console: TheConsole,
    operator: TheOperator,
    *,
    title_zh: Annotated[str, Form(min_length=1, max_length=200)],
    notice: Annotated[str, Form(max_length=26)] = "",
    title_en: Annotated[str, Form(max_length=200)] = "",
    text_zh: Annotated[str, Form(max_length=4000)] = "",
    text_en: Annotated[str, Form(max_length=4000)] = "",
    until: Annotated[str, Form(max_length=10)] = "",
    picture: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Add or change a notice; without a new picture the old one stays."""
    old = console.rating_records.notice(notice) if notice else None
    content = await picture.read() if picture else b""
    if notice and old is None:
        raise HTTPException(404, "no such notice")
    if content and (problem := problem_of(content, largest_picture_bytes)):
        return HTMLResponse(_page(console, operator, notice, problem), 422)
    kept = content or (old.picture if old else b"")
    last = _end_of(console, until)
    given = Notice(notice or str(ULID()), title_zh, title_en, text_zh, text_en, kept, last)
    console.rating_records.set_notice(given, operator)
    return RedirectResponse("/notices", 303)


@router.get("/{notice}/picture")
async def picture(console: TheConsole, _: TheOperator, notice: str) -> Response:
    """Show a notice's picture."""
    found = _found(console, notice)
    if not found.picture:
        raise HTTPException(404, "no picture")
    return Response(found.picture, media_type=media_type(found.picture))


@router.post("/{notice}/publish")
async def publish_notice(console: TheConsole, operator: TheOperator, notice: str, device: Devices = []) -> Response:  # noqa: B006
    """Publish a notice to the chosen terminals."""
    found = _found(console, notice)
    body = {
        "notice": found.notice, "title_zh": found.title_zh, "title_en": found.title_en, "text_zh": found.text_zh,
        "text_en": found.text_en, "picture": base64.b64encode(found.picture).decode(), "until": found.until,
    }  # fmt: skip
    await publish(console, operator, notice, devices=device, name="notice.publish", body=body)
    return RedirectResponse("/notices", 303)


@router.post("/{notice}/withdraw")
async def withdraw_notice(console: TheConsole, operator: TheOperator, notice: str, device: Devices = []) -> Response:  # noqa: B006
    """Take a notice away from the chosen terminals."""
    _found(console, notice)
    await publish(console, operator, notice, devices=device, name="notice.withdraw", body={"notice": notice})
    return RedirectResponse("/notices", 303)


@router.post("/{notice}/remove")
async def remove_notice(console: TheConsole, _: TheOperator, notice: str) -> Response:
    """Forget a notice that no terminal shows any more."""
    _found(console, notice)
    if any(one.command == "notice.publish" or one.status not in ("done", "accepted") for one in _told(console, notice)):
        raise HTTPException(409, "withdraw the notice from every terminal first")
    console.rating_records.remove_notice(notice)
    return RedirectResponse("/notices", 303)


def _end_of(console: Console, day: str) -> str:
    """Return the end of a day at the centre as RFC 3339, or nothing."""
    try:
        last = date.fromisoformat(day) if day else None
    except ValueError as problem:
        raise HTTPException(422, f"{day!r} is no day; write one such as 2026-12-31") from problem
    return rfc3339(datetime.combine(last + timedelta(days=1), time(), console.reports.zone)) if last else ""


def _found(console: Console, notice: str) -> Notice:
    found = console.rating_records.notice(notice)
    if found is None:
        raise HTTPException(404, "no such notice")
    return found


def _told(console: Console, notice: str) -> list[Publication]:
    return console.rating_records.publications(notice)


def _page(console: Console, operator: str, notice: str, problem: str = "") -> str:
    records, zone = console.rating_records, console.reports.zone

    def last_day(until: str) -> str:
        return str((datetime.fromisoformat(until) - timedelta(seconds=1)).astimezone(zone).date()) if until else ""

    return console.views.page(
        "notices.html",
        operator=operator,
        notices=records.notices(),
        edited=records.notice(notice) or Notice("", ""),
        terminals=console.facts.terminals(),
        told={one.notice: {told.device: told for told in _told(console, one.notice)} for one in records.notices()},
        problem=problem,
        last_day=last_day,
    )
