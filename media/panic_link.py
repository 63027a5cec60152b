"""Tell panic that an operator talks: a lease of two seconds, best effort."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx

log = logging.getLogger(__name__)
LEASE_SECONDS = 2
RENEW_SECONDS = 0.5
"""Three renewals may come late or fail before the siren sounds into the call."""
LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Talk:
    """Who talks in which incident."""

    incident: str
    operator: str


class PanicLink:
    """Renews the lease twice a second, and at once when the operator begins or ceases to speak."""

    def __init__(self, panic: httpx.AsyncClient, speaking: Callable[[], bool]) -> None:
        self._panic = panic
        self._speaking = speaking
        self._talk: Talk | None = None
        self._over = ""
        self._changed = asyncio.Event()

    def hold(self, talk: Talk) -> None:
        """Begin to hold the lease for this operator."""
        self._talk = talk
        self._changed.set()

    def drop(self, reason: str) -> None:
        """Give the lease back, and say why the call is over."""
        self._talk, self._over = None, reason
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
                await self._send("DELETE", params={"incident": held.incident, "reason": self._over})
                held = None

    async def _renew(self, talk: Talk) -> None:
        clock = asyncio.get_running_loop().time
        # By the clock and not by the number of looks: a program that is held up looks rarely, and the lease runs on.
        due = clock() + RENEW_SECONDS
        speaking = self._speaking()
        body = {"incident": talk.incident, "operator": talk.operator, "speaking": speaking, "seconds": LEASE_SECONDS}
        await self._send("PUT", json=body)
        while clock() < due and self._talk == talk and self._speaking() == speaking:  # noqa: ASYNC110 - speech gives no event
            await asyncio.sleep(LOOK_SECONDS)

    async def _send(self, method: str, **what: Any) -> None:
        try:
            answer = await self._panic.request(method, "/v1/call", **what)
            if answer.status_code == HTTPStatus.CONFLICT:
                # The incident has been closed meanwhile, and the call with it.
                log.info("panic holds no call: %s", answer.text)
            else:
                answer.raise_for_status()
        except httpx.HTTPError as problem:
            log.warning("panic did not take the call lease: %s", problem)
