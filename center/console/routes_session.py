"""Signing in and out."""

import time
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from center.console.asked import TheConsole
from center.console.auth import demo_operator
from center.console.guard import is_loopback
from center.console.parts import Console

router = APIRouter()
Text = Annotated[str, Form(max_length=200)]


@router.get("/sign-in", response_class=HTMLResponse)
async def ask(console: TheConsole) -> str:
    """Show the form."""
    return console.views.page("sign_in.html", operator=None, problem=None)


@router.post("/sign-in")
async def sign_in(request: Request, console: TheConsole, name: Text, password: Text) -> Response:
    """Let an operator in, on to the check of sound and microphone."""
    key, now = f"{name}@{request.client.host if request.client else ''}", time.monotonic()
    if wait := console.gate.brake.wait(key, now):
        return _again(console, 429, "Too many tries; wait some minutes", {"Retry-After": str(round(wait) + 1)})
    # Counted before it is checked: many tries at once must not all slip through.
    console.gate.brake.failed(key, now)
    if not await console.gate.right(name, password):
        console.records.act(name, None, "sign_in_failed", {})
        return _again(console, 403, "Name or password is wrong", {})
    console.gate.brake.succeeded(key)
    return _signed_in(console, RedirectResponse("/check", 303), name)


@router.post("/sign-out")
async def sign_out(request: Request, console: TheConsole) -> Response:
    """End the session."""
    console.gate.close(request.cookies)
    console.changes.tell()  # pages of this session that are still open end now
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(
        console.gate.cookie, path="/", secure=console.settings.https, httponly=True, samesite="strict"
    )
    return response


@router.get("/demo-sign-in")
async def demo(request: Request, console: TheConsole) -> Response:
    """Sign in the demo operator: only in the demo, only from and at this very machine."""
    client = request.client.host if request.client else None
    if not console.settings.demo or not is_loopback((client, request.headers.get("host"))):
        raise HTTPException(404, "Not Found")
    # A page that goes on by itself and not a redirect: a strict cookie is not sent along a redirect from elsewhere.
    return _signed_in(console, HTMLResponse(console.views.page("demo_sign_in.html")), demo_operator)


def _signed_in(console: Console, response: Response, operator: str) -> Response:
    console.records.act(operator, None, "sign_in", {})
    response.set_cookie(
        console.gate.cookie,
        console.gate.open(operator),
        max_age=console.gate.seconds,
        path="/",
        secure=console.settings.https,
        httponly=True,
        samesite="strict",
    )
    return response


def _again(console: Console, status: int, problem: str, headers: dict[str, str]) -> Response:
    page = console.views.page("sign_in.html", operator=None, problem=console.views.sentence(problem))
    return HTMLResponse(page, status, headers)
