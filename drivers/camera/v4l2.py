"""A camera on USB or on the board, through Video4Linux2; every trouble becomes one plain sentence."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from drivers.camera.h264 import Timeline
from drivers.camera.h264_encoder import Shape
from drivers.camera.kind import AccessUnit, CameraError
from drivers.camera.v4l2_reader import Reader
from drivers.camera.v4l2_source import Address, Shot, Source, nonblocking, open_source, silent
from drivers.part import PartSettings

start_seconds = 5.0  # up to four tries, and a camera needs a second to give its first picture
stall_seconds = 3.0
end_seconds = 1.0
log = logging.getLogger(__name__)
Even = Annotated[int, Field(ge=16, le=4096, multiple_of=2)]


class V4l2Settings(PartSettings):
    """`make = "v4l2"`: a camera on USB or on the board; what is not H.264 already is encoded on the device."""

    make: Literal["v4l2"]
    device: Path
    width: Even = 1280
    height: Even = 720
    rate: int = Field(default=25, ge=1, le=60)
    bits_per_second: int = Field(default=2_000_000, ge=100_000, le=20_000_000)

    @field_validator("device")
    @classmethod
    def _below_dev(cls, device: Path) -> Path:
        if not device.is_relative_to("/dev") or ".." in device.parts:
            raise ValueError("write a path that ls /dev/v4l/by-id/* shows, or /dev/video0")
        return device


def addresses(settings: V4l2Settings) -> list[Address]:
    """Return what to try, in order: H.264, raw pictures, JPEG, and at last whatever there is.

    JPEG comes before raw pictures of another size or rate: USB 2 carries 1280x720 raw at no more than 10 a second.
    """
    options = {
        "video_size": f"{settings.width}x{settings.height}", "framerate": str(settings.rate),
        # A device without a picture says so at once (O_NONBLOCK): a thread that waits in the kernel cannot be ended.
        "fflags": f"+{nonblocking}",
        # One packet is enough to begin with: FFmpeg would first gather a second of them.
        "max_ts_probe": "0", "probesize": "32", "analyzeduration": "1", "fpsprobesize": "0",
    }  # fmt: skip
    formats: tuple[dict[str, str], ...] = ({"input_format": "h264"}, {}, {"input_format": "mjpeg"}, {})
    return [Address(str(settings.device), "v4l2", options | chosen) for chosen in formats]


class V4l2Camera:
    """One camera; each call of `units` is one session, and `pts` goes on across them."""

    def __init__(self, settings: V4l2Settings, sources: Sequence[Address] | None = None) -> None:
        """Open nothing yet. `sources` stand in for the device, as FFmpeg knows many."""
        self._sources = sources or addresses(settings)
        self._wanted = Shape(settings.width, settings.height, Fraction(settings.rate), settings.bits_per_second)
        self._timeline = Timeline()
        self._reader: Reader | None = None
        self._told = ""

    async def units(self) -> AsyncGenerator[AccessUnit, None]:
        """Yield the pictures of one session, the first a key frame. Raises CameraError.

        Use it within `contextlib.aclosing`, so that a session left early ends at once.
        """
        if not await self._end():
            raise CameraError("the camera's driver hangs and holds the device; unplug the camera, or restart the post")
        reader = self._reader = Reader(lambda: open_source(self._sources, self._wanted), self._tell)
        self._timeline.new_session()
        try:
            yield self._unit(await _next(reader, start_seconds))
            while True:
                yield self._unit(await _next(reader, stall_seconds))
        finally:
            await self._end()

    async def ask_key_frame(self) -> None:
        """Make the next picture a key frame; a camera that makes H.264 itself goes by its own distance."""
        if self._reader is not None:
            self._reader.ask_key_frame()

    async def close(self) -> None:
        """End the session."""
        await self._end()

    async def _end(self) -> bool:
        """End the session, if there is one; False when its thread hangs in the kernel and still holds the device."""
        if self._reader is not None and not await self._reader.end(end_seconds):
            log.warning("the camera's driver hangs: the device is not closed yet")
            return False
        self._reader = None
        return True

    def _unit(self, shot: Shot) -> AccessUnit:
        return AccessUnit(
            shot.data, self._timeline.extend(shot.ticks & 0xFFFF_FFFF, shot.arrived_ns), shot.key, shot.arrived_ns
        )

    def _tell(self, source: Source) -> None:
        """Log what the camera really gives, once and when it changes."""
        given, wanted = source.given, self._wanted
        rate = f"{float(source.told_rate):g}" if source.told_rate else "an unknown number of"
        told = (
            f"the camera gives {given.width}x{given.height} at {rate} pictures a second as {source.codec}; "
            f"asked for were {wanted.width}x{wanted.height} at {float(wanted.rate):g}"
        )
        if told != self._told:
            log.info("%s", told)
        self._told = told


async def _next(reader: Reader, seconds: float) -> Shot:
    try:
        async with asyncio.timeout(seconds):
            return await reader.next()
    except TimeoutError as problem:
        raise CameraError(silent) from problem
