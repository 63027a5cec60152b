"""Carries out what the tour decides: speaks to the dome, reports one that does not obey, and tries again."""

import asyncio
import logging
import time
from collections.abc import Iterable

from drivers.ptz import Ptz, PtzError
from edge.faults import Faults
from media import tour

log = logging.getLogger(__name__)
LOOK_SECONDS = 0.25
RETRY_SECONDS = 3.0
"""A jammed dome is tried again this often, so that its fault clears by itself."""


class DomeControl:
    """The dome in the hands of the tour and of the operator."""

    def __init__(self, ptz: Ptz, plan: tour.Plan, faults: Faults) -> None:
        self._ptz = ptz
        self._faults = faults
        self._dome = tour.Dome(plan)
        self._failed: tour.Effect | None = None
        self._retry_at = 0.0
        self._one_at_a_time = asyncio.Lock()

    async def give(self, given: tour.Input) -> None:
        """Give one input and carry out its movements. Raises PtzError when the dome does not obey."""
        async with self._one_at_a_time:
            self._dome, effects = tour.step(self._dome, given)
            await self._all(effects)

    async def run(self) -> None:
        """Let time pass: dwell, lease, way home, and another try of what failed."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.give(tour.Tick(time.monotonic()))
                await self._retry()
            except PtzError as problem:
                log.debug("the dome still does not obey: %s", problem)

    async def _all(self, effects: Iterable[tour.Effect]) -> None:
        for effect in effects:
            await self._carry_out(effect)

    async def _carry_out(self, effect: tour.Effect) -> None:
        try:
            await self._move(effect)
        except PtzError as problem:
            self._failed, self._retry_at = effect, time.monotonic() + RETRY_SECONDS
            self._faults.set("ptz", str(problem))
            raise
        self._failed = None
        self._faults.set("ptz", None)

    async def _move(self, effect: tour.Effect) -> None:
        match effect:
            case tour.GoTo(preset):
                await self._ptz.goto_preset(preset)
            case tour.Turn(pan, tilt, zoom):
                await self._ptz.move(pan, tilt, zoom)
            case tour.Halt():
                await self._ptz.stop()

    async def _retry(self) -> None:
        failed = self._failed
        if failed is None or time.monotonic() < self._retry_at:
            return
        # An old movement must not surprise anybody later; standing still and going to a preset are safe to repeat.
        async with self._one_at_a_time:
            await self._carry_out(tour.Halt() if isinstance(failed, tour.Turn) else failed)
