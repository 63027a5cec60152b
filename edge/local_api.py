"""A program's local interface: FastAPI on a unix socket that only its callers' group can reach."""

import asyncio
import logging
import stat
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from edge.program import version

log = logging.getLogger(__name__)
problem_json = "application/problem+json"


def local_app(title: str) -> FastAPI:
    """Return an application that answers problems as RFC 9457 says."""
    app = FastAPI(title=f"callpost-{title}", version=version)
    app.add_exception_handler(HTTPException, _http_problem)
    app.add_exception_handler(RequestValidationError, _validation_problem)
    app.add_exception_handler(ValueError, _value_problem)
    return app


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return a problem document whose `detail` is a sentence."""
    return JSONResponse({"status": status, "detail": detail}, status, headers, media_type=problem_json)


async def _http_problem(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        return problem(500, str(error))
    return problem(error.status_code, str(error.detail), error.headers)


async def _validation_problem(_: Request, error: Exception) -> JSONResponse:
    first = error.errors()[0] if isinstance(error, RequestValidationError) else {"loc": (), "msg": str(error)}
    where = ".".join(str(step) for step in first["loc"])
    return problem(422, f"{where}: {first['msg']}")


async def _value_problem(_: Request, error: Exception) -> JSONResponse:
    return problem(422, str(error))


async def serve(app: ASGIApp, socket: Path) -> None:
    """Serve until cancelled. A socket that an earlier life of this program left is replaced."""
    if socket.exists() and stat.S_ISSOCK(socket.stat().st_mode):
        socket.unlink()
    server = QuietServer(uvicorn.Config(app, uds=str(socket), log_level="warning", lifespan="off", access_log=False))
    try:
        await server.serve()
    finally:
        _hang_up(server)
        socket.unlink(missing_ok=True)
    if not asyncio.current_task().cancelling():  # type: ignore[union-attr]  # a coroutine always runs in a task
        raise OSError(f"the local interface at {socket} has ended by itself")


def _hang_up(server: uvicorn.Server) -> None:
    """A server that is cancelled leaves its sockets open; close them, but wait for nobody."""
    for listener in getattr(server, "servers", ()):  # there are none when it could not even begin
        listener.close()
    for connection in list(server.server_state.connections):
        connection.shutdown()


class QuietServer(uvicorn.Server):
    """A server that leaves the signals to edge.program, which stops all tasks of the program."""

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        """Capture none."""
        return nullcontext()
