"""The other programs' local interfaces, as the forwarder calls them; every call has a deadline."""

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any

import httpx

from edge.local_client import client
from edge.settings import Device

log = logging.getLogger(__name__)
question_seconds = 2.0
command_seconds = 10.0
largest_answer_bytes = 98_304


class ProgramDownError(Exception):
    """A program does not answer, or not sensibly; the text is a sentence."""


class ProgramRefusesError(ProgramDownError):
    """A program understood the call and will not do it; asking again does not help."""


class Programs:
    """Calls programs by their name."""

    def __init__(self, device: Device) -> None:
        """Remember where the sockets are."""
        self._device = device

    async def health(self, program: str) -> dict[str, Any]:
        """Return what a program says of itself. Raises ProgramDownError."""
        return await self._call(program, "GET", "/v1/health", None, question_seconds)

    async def panic_status(self) -> dict[str, Any]:
        """Return readiness and open incident. Raises ProgramDownError."""
        return await self._call("panic", "GET", "/v1/status", None, question_seconds)

    async def tell_link(self, program: str, *, connected: bool, since: str) -> None:
        """Tell a program whether a centre can be reached. Raises ProgramDownError."""
        await self._call(program, "POST", "/v1/link", {"connected": connected, "since": since}, question_seconds)

    async def acknowledge(self, program: str, ack: Mapping[str, Any]) -> None:
        """Tell the owner of an outbox what a centre has stored. Raises ProgramDownError."""
        await self._call(program, "POST", "/v1/acks", ack, question_seconds)

    async def command(self, program: str, name: str, order: Mapping[str, Any]) -> dict[str, Any]:
        """Let a program carry out a command. Raises ProgramDownError."""
        return await self._call(program, "POST", f"/v1/commands/{name}", order, command_seconds)

    async def _call(
        self, program: str, method: str, path: str, body: Mapping[str, Any] | None, seconds: float
    ) -> dict[str, Any]:
        try:
            async with asyncio.timeout(seconds), client(self._device.socket(program), seconds) as http:
                answer = await http.request(method, path, json=body)
        except (TimeoutError, httpx.TimeoutException) as problem:
            raise ProgramDownError(f"{program} did not answer within {seconds:g} s") from problem
        except (httpx.HTTPError, OSError) as problem:
            raise ProgramDownError(f"{program} does not run or cannot be reached") from problem
        return _understood(program, path, answer)


def _understood(program: str, path: str, answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code == httpx.codes.NO_CONTENT:
        return {}
    if len(answer.content) > largest_answer_bytes:
        raise ProgramDownError(f"{program} answered {path} with too much")
    try:
        content = json.loads(answer.content or b"{}")
    except ValueError as problem:
        raise ProgramDownError(f"{program} answered {path} with something that is not JSON") from problem
    if not isinstance(content, dict):
        raise ProgramDownError(f"{program} answered {path} with something that is not an object")
    if answer.is_client_error:
        raise ProgramRefusesError(f"{program} refused {path}: {content.get('detail', answer.status_code)}")
    if not answer.is_success:
        raise ProgramDownError(f"{program} failed at {path}: {content.get('detail', answer.status_code)}")
    return content
