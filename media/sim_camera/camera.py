"""The simulated camera put together: the studio's thread, the RTSP server, and the way between them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from media.sim_camera.encoder import Coded
from media.sim_camera.profiles import profiles
from media.sim_camera.rtsp_server import RtspServer
from media.sim_camera.settings import SimCameraSettings
from media.sim_camera.studio import Studio
from media.sim_camera.viewer import Rules


@dataclass(frozen=True, slots=True)
class SimCamera:
    """A running camera; `ended` is done only when its thread has failed."""

    studio: Studio
    server: RtspServer
    ended: asyncio.Future[None]


@asynccontextmanager
async def sim_camera(settings: SimCameraSettings) -> AsyncIterator[SimCamera]:
    """Run a camera. Raises SettingsError or OSError when it cannot start."""
    loop = asyncio.get_running_loop()
    started = loop.create_future()
    rules = Rules(settings.login(), settings.session_timeout_seconds)

    def publish(coded: Coded) -> None:
        server.publish(coded)
        if not started.done():
            started.set_result(None)

    studio = Studio(profiles[settings.profile], lambda coded: _hand_over(loop, publish, coded))
    server = RtspServer((settings.host, settings.port), rules, studio.ask_key_frame)
    ended = loop.run_in_executor(None, studio.run)
    try:
        # The first frame first: before it, nobody can be told what the stream is.
        await asyncio.wait([started, ended], return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            ended.result()
        await server.start()
        yield SimCamera(studio, server, ended)
    finally:
        server.stop()
        studio.end()
        await ended


def _hand_over(loop: asyncio.AbstractEventLoop, publish: Callable[[Coded], None], coded: Coded) -> None:
    loop.call_soon_threadsafe(publish, coded)
