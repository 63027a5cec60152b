"""Clips: the seconds before the press, the incident itself, and its sound; nothing is encoded again."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self, TypeVar

from drivers.camera import AccessUnit
from media.fmp4 import Muxer, Sink

T = TypeVar("T")
default_longest_seconds = 1800.0
ns_per_second = 1_000_000_000


@dataclass(frozen=True, slots=True)
class ClipInfo:
    """A finished clip; `first` is the wall time of its first picture (UTC)."""

    path: Path
    seconds: float
    bytes: int
    sha256: str
    first: datetime


class Clip:
    """One clip being written, on a thread of its own; calls are carried out in their order."""

    def __init__(self, path: Path, *, sound: bool, longest_seconds: float) -> None:
        self._file = ClipFile(path, sound=sound, longest_seconds=longest_seconds)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="clip")

    @classmethod
    async def start(
        cls,
        path: Path,
        pre: Sequence[AccessUnit] = (),
        *,
        sound: bool = False,
        longest_seconds: float = default_longest_seconds,
    ) -> Self:
        """Create the file and write what was before. Raises OSError with a sentence."""
        clip = cls(path, sound=sound, longest_seconds=longest_seconds)
        try:
            await clip._call(lambda: clip._file.begin(pre))
        except BaseException:
            clip._thread.shutdown(wait=False)
            raise
        return clip

    @property
    def full(self) -> bool:
        """Whether the clip has reached its longest length and takes nothing more."""
        return self._file.full

    async def put(self, unit: AccessUnit) -> None:
        """Append a picture; all before the first key frame are left out. Raises OSError with a sentence."""
        await self._call(lambda: self._file.put(unit))

    async def add_audio(self, block: bytes, at_ns: int) -> None:
        """Append s16 mono sound of 48 kHz that began at `at_ns` (CLOCK_MONOTONIC). Raises OSError with a sentence."""
        await self._call(lambda: self._file.add_sound(block, at_ns))

    async def finish(self) -> ClipInfo:
        """Complete the file; after a failed write, as far as it came. Raises ValueError when there was no picture."""
        try:
            return await self._call(self._file.finish)
        finally:
            self._thread.shutdown(wait=False)

    async def _call(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


class ClipFile:
    """The same, without asyncio: what the thread does."""

    def __init__(self, path: Path, *, sound: bool, longest_seconds: float) -> None:
        self._path = path
        self._with_sound = sound
        self._longest_seconds = longest_seconds
        self._muxer: Muxer | None = None
        self._failed = False
        self.full = False

    def begin(self, pre: Sequence[AccessUnit]) -> None:
        """Create the file and write the first pictures. Raises OSError."""
        self._sink = self._try(lambda: Sink(self._path))
        for unit in pre:
            self.put(unit)

    def put(self, unit: AccessUnit) -> None:
        """Append a picture. Raises OSError."""
        if self._muxer is None and unit.key:
            self._first = unit
            self._first_wall = wall_time(unit.arrived_ns)
            self._muxer = self._try(lambda: Muxer(self._sink, unit, sound=self._with_sound))
        muxer = self._muxer
        if muxer is None or self._is_full(unit):
            return
        self._try(lambda: muxer.put(unit))

    def add_sound(self, block: bytes, at_ns: int) -> None:
        """Append sound. Raises OSError."""
        muxer = self._muxer
        if muxer is not None and not self.full:
            self._try(lambda: muxer.add_sound(block, at_ns))

    def finish(self) -> ClipInfo:
        """Complete the file. Raises ValueError, and leaves no file, when there was no picture; or OSError."""
        muxer = self._muxer
        if muxer is None:
            self._sink.close()
            self._path.unlink()
            raise ValueError("the clip has no picture: the camera gave no key frame")
        self._close(muxer)
        return ClipInfo(self._path, muxer.seconds, self._sink.bytes, self._sink.close(), self._first_wall)

    def _close(self, muxer: Muxer) -> None:
        failed_before = self._failed
        try:
            self._try(muxer.close)
            self._try(self._sink.sync)
        except OSError:
            if not failed_before:
                self._sink.close()
                raise

    def _is_full(self, unit: AccessUnit) -> bool:
        self.full = self.full or unit.pts - self._first.pts > self._longest_seconds * 90_000
        return self.full

    def _try(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except OSError as problem:
            self._failed = True
            reason = problem.strerror or str(problem)
            raise OSError(problem.errno, f"the clip {self._path} cannot be written: {reason}") from problem


def wall_time(monotonic_ns: int) -> datetime:
    """Return the wall time of a moment of CLOCK_MONOTONIC, by the present difference of the two clocks."""
    ago = (time.monotonic_ns() - monotonic_ns) / ns_per_second
    return datetime.now(UTC) - timedelta(seconds=ago)
