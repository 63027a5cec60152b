"""The thread that reads a source, and the bounded way from it to the event loop."""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from drivers.camera.kind import CameraError
from drivers.camera.v4l2_source import Shot, Source

most_waiting = 50  # pictures: 2 s at 25 a second
look_seconds = 0.005  # how often a device that has no picture yet is asked again
log = logging.getLogger(__name__)


class Handover:
    """The pictures between thread and loop. When the loop is slow they are all dropped, up to the next key frame."""

    def __init__(self, most: int = most_waiting) -> None:
        self._most = most
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._shots: deque[Shot] = deque()
        self._news = asyncio.Event()
        self._told = False
        self._end: Exception | None = None
        self._ended = asyncio.Event()
        self.wants_key = True

    def put(self, shot: Shot) -> None:
        """Add a picture, from the thread."""
        with self._lock:
            if len(self._shots) >= self._most:
                log.warning("%d pictures of the camera were dropped: the program is too slow", len(self._shots))
                self._shots.clear()
                self.wants_key = True
            if shot.key:
                self.wants_key = False
            if not self.wants_key:
                self._shots.append(shot)
                self._tell(self._news)

    def end(self, reason: Exception) -> None:
        """Say that no picture follows and that the source is closed, from the thread."""
        with self._lock:
            self._end = reason
            self._told = False
            self._tell(self._news)
        self._later(self._ended)

    async def get(self) -> Shot:
        """Wait for a picture, on the loop. Raises the reason of the end when there are no more."""
        while not (shot := self._next()):
            await self._news.wait()
        return shot

    async def ended(self) -> None:
        """Wait for the end, on the loop."""
        await self._ended.wait()

    def _next(self) -> Shot | None:
        with self._lock:
            if self._shots:
                return self._shots.popleft()
            if self._end is not None:
                raise self._end
            self._news.clear()
            self._told = False
            return None

    def _tell(self, event: asyncio.Event) -> None:
        # Once until the loop has looked: a loop that is held up must not be buried in calls.
        if not self._told:
            self._told = True
            self._later(event)

    def _later(self, event: asyncio.Event) -> None:
        with suppress(RuntimeError):  # the loop has ended, and nobody waits any more
            self._loop.call_soon_threadsafe(event.set)


class Reader:
    """One session: a thread that opens a source, reads it until told to end, and closes it.

    The thread is a daemon: one that a driver in the kernel never returns does not hold up the program's end.
    """

    def __init__(self, open_source: Callable[[], Source], opened: Callable[[Source], None]) -> None:
        self._open_source = open_source
        self._opened = opened
        self._handover = Handover()
        self._end = threading.Event()
        self._wants_key = False
        threading.Thread(target=self._run, name="camera", daemon=True).start()

    def ask_key_frame(self) -> None:
        """Make the next picture a key frame, where we make it."""
        self._wants_key = True

    async def next(self) -> Shot:
        """Wait for the next picture. Raises CameraError."""
        return await self._handover.get()

    async def end(self, seconds: float) -> bool:
        """End the session and wait until the device is closed; False when that takes longer than this."""
        self._end.set()
        try:
            async with asyncio.timeout(seconds):
                await self._handover.ended()
        except TimeoutError:
            return False
        return True

    def _run(self) -> None:
        try:
            reason: Exception = self._session()
        except Exception as problem:  # noqa: BLE001 - raised again where the pictures are awaited
            reason = problem
        self._handover.end(reason)

    def _session(self) -> CameraError:
        try:
            source = self._open_source()
        except CameraError as problem:
            return CameraError(str(problem))
        try:
            self._opened(source)
            self._read(source)
            words = "the camera was closed"
        except CameraError as problem:
            # Only the words: what led to them holds the last picture, which lies in the device's memory.
            words = str(problem)
        source.close()
        return CameraError(words)

    def _read(self, source: Source) -> None:
        while not self._end.is_set():
            shots = source.read(key=self._wants_key or self._handover.wants_key)
            if shots is None:
                self._end.wait(look_seconds)
            for shot in shots or ():
                self._wants_key = self._wants_key and not shot.key
                self._handover.put(shot)
