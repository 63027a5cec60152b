"""Tell media what the incident is, and what to say. Best effort: nobody at the gate waits for it."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from edge.local_client import client

log = logging.getLogger(__name__)
deadline_seconds = 2.0
repeat_seconds = 2.0  # so that a media program that was killed learns of the incident when it is back
most_prompts = 8
failures_to_tell = 5  # all programs start together, and media is the slowest


class MediaLink:
    """Sends the latest state of the incident, and prompts in their order."""

    def __init__(self, socket: Path, state: Callable[[], dict[str, Any]], fault: Callable[[str | None], None]) -> None:
        """`state` returns the body without its cause; `fault` is told when media does not answer, and when it does."""
        self._socket = socket
        self._state = state
        self._fault = fault
        self._failures = 0
        self._causes: list[str] = []
        self._changed = asyncio.Event()
        self._prompts: asyncio.Queue[str] = asyncio.Queue(most_prompts)

    def tell(self, cause: str) -> None:
        """The incident has changed; what was not sent yet is overtaken by it."""
        self._causes.append(cause)
        self._changed.set()

    def say(self, prompt: str) -> None:
        """Queue a voice prompt; when media is away, the oldest give way."""
        if self._prompts.full():
            log.warning("the prompt %r is dropped: media does not take any", self._prompts.get_nowait())
        self._prompts.put_nowait(prompt)

    async def run(self) -> None:
        """Send for ever."""
        async with client(self._socket, deadline_seconds) as media, asyncio.TaskGroup() as tasks:
            tasks.create_task(self._send_states(media))
            tasks.create_task(self._send_prompts(media))

    async def _send_states(self, media: httpx.AsyncClient) -> None:
        while True:
            cause = self._strongest()
            sent = await self._sent(media, "PUT", "/v1/incident", self._state() | {"cause": cause})
            if not sent and cause == "raised":
                self._causes.insert(0, cause)  # the camera must still swing when media is back
            with suppress(TimeoutError):  # nothing has changed: repeat it all the same
                await asyncio.wait_for(self._changed.wait(), repeat_seconds)
            self._changed.clear()

    def _strongest(self) -> str:
        causes, self._causes = self._causes, []
        if causes[-1:] == ["closed"]:
            return "closed"
        # What was told before a close belongs to an incident that is over.
        since = causes[causes.index("closed") + 1 :] if "closed" in causes else causes
        return next((cause for cause in ("raised", "changed") if cause in since), "kept")

    async def _send_prompts(self, media: httpx.AsyncClient) -> None:
        while True:
            await self._sent(media, "POST", "/v1/prompts", {"prompt": await self._prompts.get()})

    async def _sent(self, media: httpx.AsyncClient, method: str, route: str, body: dict[str, Any]) -> bool:
        try:
            response = await media.request(method, route, json=body)
        except httpx.HTTPError as problem:
            self._failures += 1
            if self._failures >= failures_to_tell:
                self._fault(f"the media program does not answer ({type(problem).__name__})")
            return False
        self._failures = 0
        self._fault(None)
        if response.is_error:
            log.error("media refused %s %s: %s", method, route, response.text[:300])
        return response.is_success
