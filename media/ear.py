"""The microphone: one device, open only during an incident or a self-test, heard by the operator and by the clip."""

import asyncio
import logging
from collections.abc import Callable
from fractions import Fraction

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame

from drivers.audio import BLOCK_SAMPLES, RATE_HZ, SILENCE
from drivers.microphone import Microphone
from media.sound_faults import SoundFaults

log = logging.getLogger(__name__)
GAP_SECONDS = 0.1
LOOK_SECONDS = 1.0
LATEST_BLOCKS = 10
Listener = Callable[[bytes, int], None]


class Ear:
    """Opens the device when listening is wanted, and hands each block of 20 ms to every listener."""

    def __init__(self, microphone: Microphone, faults: SoundFaults) -> None:
        self._microphone = microphone
        self._faults = faults
        self._loop = asyncio.get_running_loop()
        self._listeners: list[Listener] = []
        self._wanted: set[str] = set()
        self._changed = asyncio.Event()

    @property
    def fault(self) -> str | None:
        """Tell why the microphone hears nothing although it is wanted, or None."""
        return self._microphone.fault if self._wanted else None

    def want(self, reason: str, *, on: bool) -> None:
        """Whether there is this reason to listen; with none left, sound that still arrives is thrown away."""
        if on:
            self._wanted.add(reason)
        else:
            self._wanted.discard(reason)
        self._changed.set()

    def add(self, listener: Listener) -> None:
        """Call this with each block and the time (CLOCK_MONOTONIC, ns) at which it was heard."""
        self._listeners.append(listener)

    def remove(self, listener: Listener) -> None:
        """Stop calling it."""
        self._listeners.remove(listener)

    async def run(self) -> None:
        """Keep the device as wanted; a microphone that fails is tried again every second."""
        is_open = False
        while True:
            if is_open and (not self._wanted or self._microphone.fault):
                await asyncio.to_thread(self._microphone.stop)
                is_open = False
            if self._wanted and not is_open:
                is_open = await self._open()
            self._faults.driver("microphone", self.fault)
            await self._wait()

    async def _open(self) -> bool:
        try:
            await asyncio.to_thread(self._microphone.open, self._heard)
        except OSError as problem:
            # The same words as the driver's fault, which run() reports and a later try clears.
            log.debug("the microphone does not open: %s", problem)
            return False
        return True

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._changed.wait()
        except TimeoutError:
            pass
        self._changed.clear()

    def _heard(self, block: bytes, at_ns: int) -> None:
        """Take a block from the driver, on any thread."""
        self._loop.call_soon_threadsafe(self._hand_out, block, at_ns)

    def _hand_out(self, block: bytes, at_ns: int) -> None:
        if self._wanted:
            for listener in list(self._listeners):
                listener(block, at_ns)


class VoiceTrack(MediaStreamTrack):
    """The post's sound as an operator's audio track; a microphone that gives nothing is silence, never a stop."""

    kind = "audio"

    def __init__(self, ear: Ear) -> None:
        super().__init__()
        self._ear = ear
        self._blocks: asyncio.Queue[bytes] = asyncio.Queue(LATEST_BLOCKS)
        self._pts = 0
        ear.add(self._heard)

    def stop(self) -> None:
        """Listen no longer."""
        if self.readyState == "live":
            self._ear.remove(self._heard)
        super().stop()

    async def recv(self) -> AudioFrame:
        """Return the next 20 ms."""
        if self.readyState != "live":
            raise MediaStreamError
        frame = AudioFrame(format="s16", layout="mono", samples=BLOCK_SAMPLES)
        frame.planes[0].update(await self._next())
        frame.sample_rate, frame.time_base, frame.pts = RATE_HZ, Fraction(1, RATE_HZ), self._pts
        self._pts += BLOCK_SAMPLES
        return frame

    async def _next(self) -> bytes:
        try:
            async with asyncio.timeout(GAP_SECONDS):
                return await self._blocks.get()
        except TimeoutError:
            self._pts += round(GAP_SECONDS * RATE_HZ) - BLOCK_SAMPLES
            return SILENCE

    def _heard(self, block: bytes, _: int) -> None:
        if self._blocks.full():
            self._blocks.get_nowait()
        self._blocks.put_nowait(block)
