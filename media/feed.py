"""Keeps the camera's pictures coming: connects, hands them on, and reports a camera that gives none or shows nothing."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing

from drivers.camera import AccessUnit, Camera, CameraError, CameraRefused
from edge.backoff import Backoff
from edge.faults import Faults
from media import watch

log = logging.getLogger(__name__)
STABLE_SECONDS = 10.0
Taker = Callable[[AccessUnit], None]


class Feed:
    """One camera and everybody who takes its pictures."""

    def __init__(self, camera: Camera, takers: Sequence[Taker], faults: Faults) -> None:
        self._camera = camera
        self._takers = takers
        self._faults = faults
        self._newest_key: AccessUnit | None = None
        self._judgement = watch.Judgement()
        self._asking: asyncio.Task[None] | None = None
        self._shown = False

    def ask_key_frame(self) -> None:
        """Ask the camera for a key frame, without waiting and without insisting."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(self._ask())

    async def run(self) -> None:
        """Take pictures until cancelled. Raises CameraRefused when the very first try is refused: an installer's error."""
        backoff = Backoff(first_seconds=0.5, ceiling_seconds=15.0, stable_seconds=STABLE_SECONDS)
        while True:
            begun = time.monotonic()
            try:
                await self._one_session()
            except CameraError as problem:
                if isinstance(problem, CameraRefused) and not self._shown:
                    raise
                self._faults.set("camera", str(problem))
            self._newest_key = None
            backoff = backoff.ended(time.monotonic() - begun)
            await asyncio.sleep(max(0.2, backoff.wait_seconds(random.random())))  # noqa: S311 - spreads load

    async def inspect(self) -> None:
        """Look at one key frame every few seconds, in a thread, and judge what it shows."""
        before: watch.Picture | None = None
        while True:
            await asyncio.sleep(watch.LOOK_EVERY_SECONDS)
            key, self._newest_key = self._newest_key, None
            if key is None:
                before, self._judgement = None, watch.Judgement()
                continue
            before = await self._look(key, before)

    async def _one_session(self) -> None:
        async with aclosing(self._camera.units()) as units:
            async for unit in units:
                self._shown = True
                if unit.key:
                    self._newest_key = unit
                    self._faults.set("camera", self._judgement.fault)
                for take in self._takers:
                    take(unit)

    async def _look(self, key: AccessUnit, before: watch.Picture | None) -> watch.Picture | None:
        picture = await asyncio.to_thread(watch.decode, key.data)
        if picture is None:
            log.warning("a key frame of the camera could not be decoded")
            return before
        self._judgement = watch.judge(self._judgement, watch.look(picture, before))
        return picture

    async def _ask(self) -> None:
        try:
            await self._camera.ask_key_frame()
        except CameraError as problem:
            log.debug("the camera was not asked for a key frame: %s", problem)
