"""A part that may be missing when the program starts, or go away later: it is looked for until it is there.

Only what hangs on a GPIO chip is wrapped so. A part is used on the loop; opening and closing it may block, so that is
done in a thread.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any, Generic, Protocol, TypeVar

from drivers.part import PartError
from drivers.pins import hardware_errors

# How often a part that is missing is looked for.
look_again_seconds = 5.0
# How long all reads and writes of a part must have failed until it is taken for gone.
patience_seconds = 2.0


class Closeable(Protocol):
    """What every part can do."""

    def close(self) -> None:
        """Give the pins back."""


P = TypeVar("P", bound=Closeable)
T = TypeVar("T")


class Late(Generic[P]):
    """Base of the wrappers, one for each kind of part: contact/late.py, relay/late.py and so on."""

    def __init__(self, open_part: Callable[[], P]) -> None:
        """Open the part. A part that cannot be had now is no error; PartError when its settings contradict themselves."""
        self._open_part = open_part
        self._part: P | None = None
        self._failing_since: float | None = None
        self._trouble: str | None = None
        try:
            self._part = self._opened()
        except OSError as problem:
            self._trouble = str(problem)

    @property
    def trouble(self) -> str | None:
        """Why the part is missing, in a sentence; None while it is there."""
        return self._trouble

    def close(self) -> None:
        """Give the pins back, if there are any; whoever looks after the part has ended before."""
        self._trouble = "it was closed"
        self._give_back()

    async def tend(self, patience: float = patience_seconds) -> None:
        """Give up a part that has failed for longer than `patience` seconds, and look for one that is missing."""
        if self._failing_since is not None and time.monotonic() - self._failing_since >= patience:
            self._trouble = self._trouble or "it has failed for some time"
        if self._trouble is not None:
            await self._open_anew()

    def resume(self, part: P) -> None:
        """Make a part that has just come what it would be, had it always been there. May raise OSError."""

    def _use(self, act: Callable[[P], T]) -> T:
        if self._part is None or self._trouble is not None:
            raise OSError(self._trouble)
        try:
            answer = act(self._part)
        except OSError:
            self._failing_since = self._failing_since or time.monotonic()
            raise
        self._failing_since = None
        return answer

    def _set_up(self, act: Callable[[P], object]) -> None:
        """Do what a part cannot be used without: if it fails, the part is missing until it was opened anew."""
        try:
            with hardware_errors("the part cannot be set up"):
                self._use(act)
        except OSError as problem:
            self._trouble = self._trouble or str(problem)

    async def _open_anew(self) -> None:
        try:
            part = await asyncio.to_thread(self._exchange)
        except (OSError, PartError) as problem:
            self._trouble = str(problem)
            return
        self._part, self._trouble, self._failing_since = part, None, None
        self._set_up(self.resume)

    def _exchange(self) -> P:
        self._give_back()
        return self._opened()

    def _opened(self) -> P:
        with hardware_errors("the part cannot be opened"):
            return self._open_part()

    def _give_back(self) -> None:
        part, self._part = self._part, None
        if part is not None:
            with hardware_errors("the part cannot be given back"):
                part.close()


def late_among(parts: Iterable[object]) -> tuple[Late[Any], ...]:
    """Choose the parts that somebody must look after."""
    return tuple(part for part in parts if isinstance(part, Late))


async def keep_open(parts: Iterable[Late[Any]], every: float = look_again_seconds) -> None:
    """Look after these parts for ever, one after the other in their order."""
    parts = tuple(parts)
    while True:
        await asyncio.sleep(every)
        for part in parts:
            await part.tend()
