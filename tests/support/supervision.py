"""A real supervisord in a test: start it, ask it about its programs, wait for what it does."""

import asyncio
import contextlib
import http.client
import subprocess
import xmlrpc.client
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from provisioning.listener import UnixTransport
from support.patience import deadline_seconds, until_async


async def until(what: str, condition: Callable[[], bool], patience: float = deadline_seconds) -> None:
    """Wait until a condition holds of something that announces nothing. Raises AssertionError after the patience."""
    await until_async(condition, what, patience)


@dataclass
class Supervised:
    """A running supervisord, its control socket and what it has printed."""

    process: asyncio.subprocess.Process
    control: Path
    output: Path

    def info(self, program: str) -> dict[str, Any]:
        """Return what supervisord knows of a program; empty while it cannot be asked."""
        with (
            contextlib.suppress(OSError, xmlrpc.client.Error, http.client.HTTPException),
            xmlrpc.client.ServerProxy("http://local", transport=UnixTransport(str(self.control))) as proxy,
        ):
            return cast("dict[str, Any]", proxy.supervisor.getProcessInfo(program))
        return {}

    def pid(self, program: str) -> int:
        """Return the process id of a running program, 0 of any other."""
        found = self.info(program)
        return int(found["pid"]) if found.get("statename") == "RUNNING" else 0

    def stopped(self) -> list[str]:
        """Return the programs in the order in which supervisord saw them end for good."""
        lines = self.output.read_text().splitlines()
        return [line.split("stopped: ")[1].split()[0] for line in lines if "stopped: " in line]

    async def end(self) -> None:
        """Stop it in its order."""
        if self.process.returncode is None:
            self.process.terminate()
        await self.process.wait()


@contextlib.asynccontextmanager
async def supervisord(
    command: list[str], control: Path, output: Path, environment: dict[str, str] | None = None
) -> AsyncIterator[Supervised]:
    """Run a supervisord (`command` ends with its arguments) until the block ends."""
    with output.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=environment
        )
    running = Supervised(process, control, output)
    try:
        yield running
    finally:
        await running.end()
