"""The command `device.restart`: only where the settings say how, and never while an incident is open."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from edge.forwarder.commands import Reply, accepted, refused

log = logging.getLogger(__name__)
# Time for the reply to leave.
notice_seconds = 1.0


class Restart:
    """Runs the configured command."""

    def __init__(self, command: tuple[str, ...], status: Callable[[], Awaitable[Mapping[str, Any]]]) -> None:
        """`status` tells the open incident."""
        self._command = command
        self._status = status
        self._wanted = asyncio.Event()

    async def ask(self) -> Reply:
        """Answer the command."""
        if not self._command:
            return refused("this device is not set up to restart on command; see forwarder.restart_command")
        incident = (await self._status()).get("incident")
        if incident is not None:
            return refused(f"an incident is open ({incident}); close it first"[:400])
        self._wanted.set()
        return accepted()

    async def run(self) -> None:
        """Wait for the command and carry it out, until cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            await asyncio.sleep(notice_seconds)
            await self._carry_out()

    async def _carry_out(self) -> None:
        try:
            process = await asyncio.create_subprocess_exec(*self._command)
            code = await process.wait()
        except OSError as problem:
            log.error("the restart command cannot be run: %s", problem)
        else:
            log.warning("the restart command ended with %d", code)
