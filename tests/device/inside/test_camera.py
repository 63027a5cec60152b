"""The camera driver on vivid, the kernel's test camera."""

import asyncio
import subprocess
from pathlib import Path

from support.guest_call import called_until
from support.guest_post import GuestPost, shell
from support.patience import until
from support.webrtc import Operator

camera = "/dev/video0"
driver = Path("/sys/bus/platform/drivers/vivid")
width = 640


async def test_the_picture_reaches_an_operator(post: GuestPost) -> None:
    """Raw pictures of the device, encoded on the post, decoded by a WebRTC peer."""
    incident = await asyncio.to_thread(post.press)
    widths = list[int]()

    async def seen(operator: Operator) -> None:
        await operator.seen(30)
        widths.append(operator.pictures[-1].width)

    await called_until(post, incident, seen)
    assert widths == [width]


async def test_the_cameras_driver_goes_and_comes_back(post: GuestPost) -> None:
    """A fault, then mended; no program but the camera's reader starts anew, and the picture reaches an operator again."""
    before, programs = post.position("media"), post.pids()
    await asyncio.to_thread(_unload_and_reload, post, before)
    assert post.pids() == programs
    incident = await asyncio.to_thread(post.press)
    await called_until(post, incident, lambda operator: operator.seen(10))


def _unload_and_reload(post: GuestPost, before: int) -> None:
    # A plug that is pulled takes the device away under its reader; only then can the module go.
    (driver / "unbind").write_text("vivid.0")
    assert "camera" in post.fault_told(before, "camera", "media")
    until(removed, "its reader has let go of it, and the module can go", every=0.2)
    shell("modprobe", "vivid")
    post.fault_mended(before, "camera", "media")


def removed() -> bool:
    """Try to take the camera's driver out of the kernel."""
    return subprocess.run(["modprobe", "--remove", "vivid"], capture_output=True, check=False).returncode == 0


def test_a_camera_that_stops_in_the_middle_is_a_fault_and_mends(post: GuestPost) -> None:
    """It delivers pictures, then none, and still claims to be there."""
    before, programs = post.position("media"), post.pids()
    shell("v4l2-ctl", f"--device={camera}", "--set-ctrl=percentage_of_dropped_buffers=100")
    try:
        assert "camera" in post.fault_told(before, "camera", "media")
        post.press()
        assert post.wires.siren()
    finally:
        shell("v4l2-ctl", f"--device={camera}", "--set-ctrl=percentage_of_dropped_buffers=0")
    post.fault_mended(before, "camera", "media")
    assert post.pids() == programs
