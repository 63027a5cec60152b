"""Ask media for a prompt. Best effort: a window without media stays silent, and nobody waits for it."""

import asyncio
import logging
from pathlib import Path

import httpx

from edge.local_client import client

log = logging.getLogger(__name__)
deadline_seconds = 2.0
most_prompts = 2  # a prompt that comes late disturbs the next citizen


class Voice:
    """Sends prompts in their order; the oldest give way."""

    def __init__(self, socket: Path, *, on: bool) -> None:
        """Remember where media listens, and whether this window speaks at all."""
        self._socket = socket
        self._on = on
        self._prompts: asyncio.Queue[str] = asyncio.Queue(most_prompts)

    def say(self, prompt: str) -> None:
        """Queue a prompt."""
        if not self._on:
            return
        if self._prompts.full():
            log.debug("the prompt %r is dropped: media does not take any", self._prompts.get_nowait())
        self._prompts.put_nowait(prompt)

    async def run(self) -> None:
        """Send for ever."""
        async with client(self._socket, deadline_seconds) as media:
            while True:
                prompt = await self._prompts.get()
                try:
                    response = await media.post("/v1/prompts", json={"prompt": prompt})
                except httpx.HTTPError as problem:
                    log.debug("the prompt %r was not played: %r", prompt, problem)
                else:
                    if response.is_error:
                        log.error("media refused the prompt %r: %s", prompt, response.text[:300])
