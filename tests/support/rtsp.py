"""RTSP on both sides of the camera driver: GStreamer's server, servers that misbehave, and pictures to judge."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.camera import AccessUnit, Camera, rtsp
from drivers.camera.rtsp import RtspCamera, RtspSettings
from support.patience import deadline_seconds

seconds_to_answer = deadline_seconds
test_picture = (
    "( videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=25/1 "
    "! x264enc tune=zerolatency speed-preset=ultrafast key-int-max={gop} "
    "! rtph264pay name=pay0 pt=96 config-interval={config} aggregate-mode={aggregate} )"
)
vp8_picture = (
    "( videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=25/1 ! vp8enc deadline=1 "
    "! rtpvp8pay name=pay0 )"
)
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextmanager
def patience() -> Iterator[None]:
    """Let our client wait for pictures as long as a test does: a real server, starved, is no camera that is silent."""
    with pytest.MonkeyPatch.context() as limits:
        limits.setattr(rtsp, "connect_seconds", seconds_to_answer)
        limits.setattr(rtsp, "stall_seconds", seconds_to_answer)
        yield


def h264_pipeline(gop: int = 25, *, in_band: bool = True, aggregate: bool = False) -> str:
    """Return a pipeline; parameter sets in the stream or in the description only, small units alone or together."""
    return test_picture.format(gop=gop, config=-1 if in_band else 0, aggregate="zero-latency" if aggregate else "none")


@asynccontextmanager
async def gst_server(pipeline: str, login: tuple[str, str, str] = ("none", "", "")) -> AsyncIterator[str]:
    """Run GStreamer's RTSP server; yields the address of its stream. It is killed at the end."""
    script = Path(__file__).with_name("gst_rtsp_server.py")
    process = await asyncio.create_subprocess_exec(
        "/usr/bin/python3", "-P", str(script), pipeline, *login, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(seconds_to_answer):
            port = int(await process.stdout.readline())  # type: ignore[union-attr]
        with patience():
            yield f"rtsp://127.0.0.1:{port}/gate"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def tcp_server(serve: Serve) -> AsyncIterator[str]:
    """Run a server that does as it is told; yields its address."""
    served: set[asyncio.Task[None]] = set()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.add(asyncio.current_task())  # type: ignore[arg-type]  # a coroutine always runs in a task
        with suppress(ConnectionError, asyncio.IncompleteReadError):  # the client has gone
            await serve(reader, writer)
        writer.transport.abort()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    async with server:
        yield f"rtsp://127.0.0.1:{server.sockets[0].getsockname()[1]}/gate"
    await asyncio.gather(*served)


def rtsp_camera(url: str, user: str | None = None, password_file: Path | None = None) -> RtspCamera:
    """Return our client for an address."""
    return RtspCamera(RtspSettings(make="rtsp", url=url, user=user, password_file=password_file))


async def first_units(camera: Camera, count: int) -> list[AccessUnit]:
    """Return the first pictures of one session."""
    found: list[AccessUnit] = []
    async with asyncio.timeout(seconds_to_answer), aclosing(camera.units()) as units:
        async for unit in units:
            found.append(unit)
            if len(found) == count:
                break
    return found


async def until_asked_key_frame(camera: Camera) -> int:
    """Ask for a key frame after five pictures; return how many had come when there was a second one."""
    count, keys = 0, 0
    async with asyncio.timeout(seconds_to_answer), aclosing(camera.units()) as units:
        async for unit in units:
            count += 1
            keys += unit.key
            if count == 5:
                await camera.ask_key_frame()
            if keys == 2:
                break
    return count


async def trouble_of(camera: Camera, error: type[Exception]) -> str:
    """Take pictures until the camera fails with that error; return its sentence."""
    try:
        async with asyncio.timeout(seconds_to_answer), aclosing(camera.units()) as units:
            async for _ in units:
                pass
    except error as problem:
        return str(problem)
    raise AssertionError("the camera neither failed nor went on")


def decoded(units: Sequence[AccessUnit]) -> list[NDArray[np.uint8]]:
    """Decode pictures with FFmpeg, which raises for a damaged one; returns their brightness planes."""
    codec = av.CodecContext.create("h264", "r")
    codec.options = {"err_detect": "explode"}
    frames = [frame for unit in units for frame in codec.decode(av.Packet(unit.data))]
    frames += codec.decode(None)
    return [np.asarray(frame.to_ndarray(format="gray"), np.uint8) for frame in frames]


async def run_tool(*command: str) -> tuple[int, str]:
    """Run a program; return its exit status and all that it wrote."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(seconds_to_answer):
        output, _ = await process.communicate()
    return process.returncode or 0, output.decode(errors="replace")
