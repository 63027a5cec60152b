"""Stand-ins for a V4L2 device: FFmpeg's test pictures, files that stop, and the kernel's vivid where it is loaded."""

import os
from fractions import Fraction
from pathlib import Path

import av
from av.video.frame import PictureType

from drivers.camera.v4l2 import V4l2Camera, V4l2Settings, addresses
from drivers.camera.v4l2_source import Address, nonblocking

width, height, rate = 640, 360, 25
raw_bytes = width * height * 3 // 2


def settings(**given: object) -> V4l2Settings:
    """Return the settings of a small camera."""
    return V4l2Settings.model_validate(
        {"make": "v4l2", "device": "/dev/video0", "width": width, "height": height, "rate": rate} | given
    )


def v4l2_camera(*sources: Address, **given: object) -> V4l2Camera:
    """Return our camera in front of stand-ins; without any, in front of the device."""
    return V4l2Camera(settings(**given), sources or None)


def pictures(pixels: str = "yuyv422") -> Address:
    """Return moving test pictures, as fast as a camera gives them."""
    return Address(f"testsrc2=size={width}x{height}:rate={rate},format={pixels},realtime", "lavfi", {})


def stalling(folder: Path, count: int) -> Address:
    """Return raw pictures that stop without an end, as a device opened with O_NONBLOCK does when it hangs."""
    path = folder / "pictures.yuv"
    path.write_bytes(os.urandom(raw_bytes) * count)
    flags = {"fflags": f"+{nonblocking}", "avioflags": "+8", "follow": "1", "max_ts_probe": "0"}
    shape = {"video_size": f"{width}x{height}", "framerate": str(rate), "pixel_format": "yuv420p"}
    return Address(str(path), "rawvideo", flags | shape)


def mute(folder: Path, format_: str) -> Address:
    """Return a camera that can be opened and never gives a picture."""
    path = folder / "mute"
    path.touch()
    options = {"fflags": f"+{nonblocking}", "avioflags": "+8", "follow": "1", "probesize": "32", "analyzeduration": "1"}
    return Address(str(path), format_, options | {"max_ts_probe": "0"})


def coded(codec: str, count: int, pixels: str = "yuv420p", options: dict[str, str] | None = None) -> list[bytes]:
    """Return test pictures as a camera codes them."""
    encoder = av.CodecContext.create(codec, "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, pixels  # type: ignore[attr-defined]
    encoder.time_base, encoder.framerate = Fraction(1, rate), Fraction(rate)  # type: ignore[attr-defined]
    encoder.options = options or {}
    packets: list[bytes] = []
    with av.open(f"testsrc2=size={width}x{height}:rate={rate},format={pixels}", format="lavfi") as source:
        for frame in source.decode(video=0):
            frame.pict_type = PictureType.NONE
            packets += [bytes(packet) for packet in encoder.encode(frame)]  # type: ignore[attr-defined]
            if len(packets) == count:
                break
    return packets


def h264(count: int) -> list[bytes]:
    """Return H.264 with a key frame every 10 pictures."""
    return coded("libx264", count, options={"preset": "ultrafast", "tune": "zerolatency", "g": "10"})


def file_of(path: Path, packets: list[bytes], format_: str) -> Address:
    """Return a file of packets one after the other."""
    path.write_bytes(b"".join(packets))
    options = {"framerate": str(rate), "probesize": "32", "analyzeduration": "1", "max_ts_probe": "0"}
    return Address(str(path), format_, options)


def vivid() -> list[Address]:
    """Return what our camera tries at the kernel's virtual camera; nothing where the module is not loaded."""
    for name in sorted(Path("/sys/class/video4linux").glob("video*/name")):
        if "vid-cap" in name.read_text():
            return addresses(settings(device=f"/dev/{name.parent.name}"))
    return []


def files_open_at(path: str) -> int:
    """Return how many of our own file descriptors stand for a path."""
    links = [Path("/proc/self/fd", entry) for entry in os.listdir("/proc/self/fd")]  # noqa: PTH208 - names are enough
    return sum(os.readlink(link) == path for link in links if link.is_symlink())  # noqa: PTH115 - as text
