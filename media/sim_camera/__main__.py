"""callpost-sim-camera: the demo's camera, a process of its own as a real camera is a box of its own."""

import asyncio
import logging

import cv2

from edge.local_api import serve
from edge.program import main as program_main
from edge.settings import Device
from media.sim_camera.api import control_app
from media.sim_camera.camera import sim_camera
from media.sim_camera.settings import SimCameraSettings

log = logging.getLogger(__name__)


def main() -> None:
    """Run the program."""
    program_main("sim-camera", "sim_camera", SimCameraSettings, run)


async def run(device: Device, settings: SimCameraSettings) -> None:
    """Film the gate until cancelled."""
    cv2.setNumThreads(1)  # the frames are small work; more threads only cost more in all
    socket = device.socket("sim_camera")
    socket.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    async with sim_camera(settings) as camera, asyncio.TaskGroup() as tasks:
        log.info("the simulated camera sends %s at rtsp port %d", settings.profile, camera.server.port)
        tasks.create_task(serve(control_app(camera.studio, camera.server), socket))
        tasks.create_task(_until(camera.ended))


async def _until(ended: asyncio.Future[None]) -> None:
    """Wait for the thread; it ends by itself only when it fails, and a dead thread is a dead process."""
    await asyncio.shield(ended)
    raise OSError("the simulated camera's thread has ended")


if __name__ == "__main__":
    main()
