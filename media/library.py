"""Sends saved clips to the centre when it asks for them, in the background and one after another."""

import asyncio
import logging
from collections.abc import Callable

import httpx

from media.clips import Clips
from media.desk import Refused
from media.upload import Clip, Target, UploadFailed, upload

log = logging.getLogger(__name__)


class Library:
    """At most one upload a clip: a new request for the same clip takes the place of the old one."""

    def __init__(self, clips: Clips, client: Callable[[], httpx.AsyncClient], *, plain_http: bool) -> None:
        self._clips = clips
        self._client = client
        self._schemes = ("https", "http") if plain_http else ("https",)
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._one_at_a_time = asyncio.Lock()

    def send(self, incident: str, url: str, token: str) -> None:
        """Begin to send the clip of an incident. Raises Refused when there is none, or the address will not do."""
        if _scheme(url) not in self._schemes:
            raise Refused(f"clips go to addresses that begin with {' or '.join(self._schemes)}")
        if not (token.isascii() and token.isprintable()):
            raise Refused("the token has characters that no HTTP header can carry")
        if self._clips.recording == incident:
            raise Refused("the clip of this incident is still being recorded")
        saved = self._clips.find(incident)
        if saved is None:
            raise Refused("this post has no clip of this incident")
        earlier = self._sending.pop(incident, None)
        if earlier is not None:
            earlier.cancel()
        clip = Clip(self._clips.path(incident), saved.bytes, saved.sha256)
        self._sending[incident] = asyncio.ensure_future(self._send(incident, clip, Target(url, token)))

    async def close(self) -> None:
        """Stop sending; the centre asks again."""
        for task in self._sending.values():
            task.cancel()
        await asyncio.gather(*self._sending.values(), return_exceptions=True)

    async def _send(self, incident: str, clip: Clip, target: Target) -> None:
        try:
            async with self._one_at_a_time, self._client() as client:
                await upload(clip, target, client)
            log.info("the clip of %s was sent", incident)
        except UploadFailed as problem:
            log.warning("the clip of %s was not sent: %s", incident, problem)


def _scheme(url: str) -> str:
    try:
        return httpx.URL(url).scheme
    except httpx.InvalidURL as problem:
        raise Refused(f"a clip cannot go to this address: {problem}") from problem
