"""The console's application: routes, errors, static files."""

import logging
import sqlite3
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from center.console import (
    routes_calls,
    routes_cases,
    routes_clips,
    routes_notices,
    routes_pages,
    routes_public,
    routes_ratings,
    routes_roster,
    routes_session,
)
from center.console.guard import Guard
from center.console.parts import Console

log = logging.getLogger(__name__)
static = Path(__file__).parent / "static"


def build(console: Console) -> ASGIApp:
    """Return the application over these parts."""
    # No /docs: its page loads scripts from elsewhere.
    app = FastAPI(title="callpost-center", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.console = console
    for routes in (
        routes_session, routes_pages, routes_calls, routes_clips, routes_ratings, routes_cases, routes_roster,
        routes_notices, routes_public,
    ):  # fmt: skip
        app.include_router(routes.router)
    app.mount("/static", StaticFiles(directory=static))
    app.add_exception_handler(HTTPException, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(sqlite3.OperationalError, _unreadable)
    return Guard(app, https=console.settings.https, demo=console.settings.demo)


async def _problem(request: Request, error: Exception) -> Response:
    """Answer pages with a page and scripts with a problem document (RFC 9457)."""
    if not isinstance(error, HTTPException):
        raise error
    wants_page = request.method == "GET" and "text/html" in request.headers.get("accept", "")
    if error.status_code == 401 and wants_page:
        return RedirectResponse("/sign-in", 303)
    if wants_page:
        console: Console = request.app.state.console
        operator = console.gate.operator(request.cookies)
        sentence = console.views.sentence("This page does not exist") if error.status_code == 404 else error.detail
        page = console.views.page("problem.html", operator=operator, title=str(error.status_code), sentence=sentence)
        return Response(page, error.status_code, media_type="text/html")
    return _document(error.status_code, str(error.detail))


async def _unreadable(request: Request, error: Exception) -> Response:
    """Say that a file cannot be read now, as before ingest has made it."""
    log.warning("%s could not be answered: %s", request.url.path, error)
    return await _problem(request, HTTPException(503, "the store of events cannot be read now; try again"))


async def _invalid(_: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    return _document(422, f"{'.'.join(str(step) for step in first['loc'])}: {first['msg']}")


def _document(status: int, detail: str) -> JSONResponse:
    return JSONResponse({"status": status, "detail": detail}, status, media_type="application/problem+json")
