"""Serve an application on a unix socket for as long as a test needs it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from support.patience import deadline_seconds


@asynccontextmanager
async def serving(app: ASGIApp, socket: Path, within: float = deadline_seconds) -> AsyncIterator[None]:
    """Serve until left; the socket accepts when this is entered."""
    server = uvicorn.Server(uvicorn.Config(app, uds=str(socket), log_level="warning", lifespan="off"))
    task = asyncio.ensure_future(server.serve())
    try:
        await accepts(socket, within)
        yield
    finally:
        server.should_exit = True
        await task


async def accepts(socket: Path, within: float = deadline_seconds) -> None:
    """Wait until somebody accepts connections there. Raises TimeoutError."""
    async with asyncio.timeout(within):
        while True:
            try:
                _, writer = await asyncio.open_unix_connection(str(socket))
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                await writer.wait_closed()
                return
