"""Tell panic that an operator talks: a lease of two seconds, best effort."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

log = logging.getLogger(__name__)
LEASE_SECONDS = 2
RENEW_SECONDS = 1.0
LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Talk:
    """Who talks in which incident."""

    incident: str
    operator: str


class PanicLink:
    """Renews the lease every second, and at once when the operator begins or ceases to speak."""

    def __init__(self, panic: httpx.AsyncClient, speaking: Callable[[], bool]) -> None:
        self._panic = panic
        self._speaking = speaking
        self._talk: Talk | None = None
        self._changed = asyncio.Event()

    def hold(self, talk: Talk) -> None:
        """Begin to hold the lease for this operator."""
        self._talk = talk
        self._changed.set()

    def drop(self) -> None:
        """Give the lease back."""
        self._talk = None
        self._changed.set()

    async def run(self) -> None:
        """Hold and drop until cancelled. When panic does not answer, the lease simply ends there."""
        held: Talk | None = None
        while True:
            await self._changed.wait()
            self._changed.clear()
            while self._talk is not None:
                held = self._talk
                await self._renew(held)
            if held is not None:
                await self._send("DELETE", None)
                held = None

    async def _renew(self, talk: Talk) -> None:
        speaking = self._speaking()
        body = {"incident": talk.incident, "operator": talk.operator, "speaking": speaking, "seconds": LEASE_SECONDS}
        await self._send("PUT", body)
        waited = 0.0
        while waited < RENEW_SECONDS and self._talk == talk and self._speaking() == speaking:
            await asyncio.sleep(LOOK_SECONDS)
            waited += LOOK_SECONDS

    async def _send(self, method: str, body: Mapping[str, object] | None) -> None:
        try:
            answer = await self._panic.request(method, "/v1/call", json=body)
            answer.raise_for_status()
        except httpx.HTTPError as problem:
            log.warning("panic did not take the call lease: %s", problem)
