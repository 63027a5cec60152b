"""The local interface: a stale socket is replaced, problems are RFC 9457, and a server that ends by itself says so."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, HTTPException

from edge.local_api import local_app, serve
from edge.local_client import client
from edge.program import version
from support.panic_process import listens
from support.patience import deadline_seconds, until_async


def example() -> FastAPI:
    """Return an application with something to go wrong."""
    app = local_app("example")

    @app.get("/double/{number}")
    async def double(number: int) -> int:
        """Double it."""
        if number == 13:
            raise HTTPException(409, "thirteen is not doubled")
        if number == 14:
            raise ValueError("nor is fourteen")
        return 2 * number

    return app


@asynccontextmanager
async def served(app: FastAPI, path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Serve it, and stop it as edge.program does."""
    task = asyncio.create_task(serve(app, path))
    try:
        async with client(path, deadline_seconds) as caller:
            await until_async(lambda: listens(path))
            yield caller
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_it_answers_and_leaves_no_socket(tmp_path: Path) -> None:
    """With its description beside it."""
    path = tmp_path / "api.sock"
    async with served(example(), path) as caller:
        assert (await caller.get("/double/4")).json() == 8
        about = (await caller.get("/openapi.json")).json()["info"]
        assert (about["title"], about["version"]) == ("callpost-example", version)
    assert not path.exists()


async def test_a_stale_socket_is_replaced(tmp_path: Path) -> None:
    """A program that was killed leaves one."""
    path = tmp_path / "api.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    task = asyncio.create_task(serve(example(), path))

    async def doubled() -> int:
        async with client(path, deadline_seconds) as caller:
            return int((await caller.get("/double/1")).json())

    await until_async(lambda: listens(path))
    assert await doubled() == 2
    task.cancel()
    await asyncio.wait([task])


@pytest.mark.parametrize(
    ("route", "status", "detail"),
    [
        ("/double/13", 409, "thirteen is not doubled"),
        ("/double/14", 422, "nor is fourteen"),
        ("/double/x", 422, "path.number: "),
        ("/nowhere", 404, "Not Found"),
    ],
)
async def test_problems_are_rfc_9457(tmp_path: Path, route: str, status: int, detail: str) -> None:
    """A status, and a detail that is a sentence."""
    async with served(example(), tmp_path / "api.sock") as caller:
        answer = await caller.get(route)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.json()["detail"].startswith(detail)


async def test_a_socket_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    """Uvicorn would end the whole program: it must be an error that the program can act on."""
    with pytest.raises(FileNotFoundError):
        await serve(example(), tmp_path / "missing" / "api.sock")
