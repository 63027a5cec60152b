"""The citizen's page: the five keys on a phone, for one service, once. Nobody signs in; nothing of the citizen is kept.

No cookie is read or set, no address is stored or logged. The code is only passed on: the window's device alone knows
whether it is good. Works without scripts.
"""

import re
import time
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse

from center.commands import Reply
from center.console.asked import TheConsole
from center.console.parts import Console
from edge.kinds import check_command

router = APIRouter(prefix="/r")
code_shape = re.compile(r"[A-Za-z0-9._~-]{16,400}")
device_shape = re.compile(r"[A-Za-z0-9.-]{1,128}")
# The first word of the device's sentence, and what it means over HTTP.
refusals: Mapping[str, int] = {"forged": 404, "expired": 410, "used": 410}
asker = "citizen"


@router.get("/{device}/{code}", response_class=HTMLResponse)
async def ask(request: Request, console: TheConsole, device: str, code: str) -> HTMLResponse:
    """Show the keys, if the code is good; looking does not use it up."""
    if wait := _wait(request, console):
        return _braked(console, wait)
    reply = await _submit(console, device, code, {})
    if not reply.well:
        return _told(console, reply)
    return _page(console, 200, "keys", reasons=_reasons(reply.body), body=reply.body)


@router.post("/{device}/{code}", response_class=HTMLResponse)
async def rate(
    request: Request,
    console: TheConsole,
    device: str,
    code: str,
    *,
    level: Annotated[int | None, Form(ge=1, le=5)] = None,
    reason: Annotated[list[str], Form(max_length=8)] = [],  # noqa: B006 - FastAPI copies it
) -> HTMLResponse:
    """Give the rating to the window's device; thanks come only after the device has it."""
    if wait := _wait(request, console):
        return _braked(console, wait)
    if level is None:
        return _page(console, 422, "unclear")
    reply = await _submit(console, device, code, {"level": level, "reasons": reason if level <= 2 else []})
    return _page(console, 200, "thanks") if reply.well else _told(console, reply)


async def _submit(console: Console, device: str, code: str, given: Mapping[str, Any]) -> Reply:
    """Ask the device; what cannot be one of its codes is not even asked."""
    if not code_shape.fullmatch(code) or not device_shape.fullmatch(device) or device not in console.facts.terminals():
        return Reply("refused", "forged: no terminal made this code")
    if not console.facts.online(device):
        return Reply("unanswered", "the post is not connected")
    try:
        body = check_command("rating.submit", {"code": code, **given}).model_dump(mode="json")
    except ValueError:
        return Reply("refused", "unclear: this form is not ours")
    return await console.fleet.ask(device, asker, "rating.submit", body)


def _told(console: Console, reply: Reply) -> HTMLResponse:
    """Say in plain words why there is nothing to rate now."""
    if reply.status == "unanswered":
        return _page(console, 503, "away")
    word = (reply.reason or "").partition(":")[0]
    return _page(console, refusals[word], word) if word in refusals else _page(console, 409, "unclear")


def _reasons(body: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return key, Chinese and English of the reasons that the window offers; anything odd is left out."""
    given = body.get("reasons")
    given = given if isinstance(given, list) else []
    return [
        (one["key"], one.get("zh") or one["key"], one.get("en") or one["key"])
        for one in given[:8]
        if isinstance(one, dict) and isinstance(one.get("key"), str)
    ]


def _wait(request: Request, console: Console) -> float:
    address = request.client.host if request.client else ""
    return console.public_limit.wait(address, time.monotonic())


def _braked(console: Console, wait: float) -> HTMLResponse:
    answer = _page(console, 429, "braked")
    answer.headers["Retry-After"] = str(round(wait) + 1)
    return answer


def _page(console: Console, status: int, state: str, **given: object) -> HTMLResponse:
    shown = {"reasons": [], "body": {}, **given}
    page = console.views.page("public.html", state=state, **shown)
    return HTMLResponse(page, status, {"Referrer-Policy": "same-origin", "X-Robots-Tag": "noindex"})
