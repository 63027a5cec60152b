"""The V4L2 camera before FFmpeg's test pictures, before such that stop or hang, and before vivid where it is loaded."""

import asyncio
import errno
import logging
import os
import threading
from contextlib import aclosing
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange
from pydantic import TypeAdapter, ValidationError

from drivers.camera import AccessUnit, Camera, CameraError, CameraSettings, open_camera, v4l2_source
from drivers.camera import v4l2 as make
from drivers.camera.h264 import nal_units
from drivers.camera.h264_encoder import Shape
from drivers.camera.v4l2_reader import Handover
from drivers.camera.v4l2_source import Address, Shot, open_source, sentence
from support.patience import deadline_seconds, until
from support.rtsp import decoded, first_units, trouble_of, until_asked_key_frame
from support.v4l2 import (
    coded,
    file_of,
    files_open_at,
    h264,
    height,
    mute,
    pictures,
    rate,
    settings,
    stalling,
    v4l2_camera,
    vivid,
    width,
)

smpte170m = 6  # ITU-T H.264 table E-5
start_codes = b"\x00\x00\x00\x01"
silent = "the camera does not answer or has stopped sending"
wanted = Shape(width, height, Fraction(rate), 2_000_000)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a source open and close as slowly as a busy machine does it; a test that is about such a limit sets its own."""
    monkeypatch.setattr(make, "start_seconds", deadline_seconds)
    monkeypatch.setattr(make, "end_seconds", deadline_seconds)
    monkeypatch.setattr(v4l2_source, "look_at_stream_seconds", deadline_seconds)


def sources() -> list[list[Address]]:
    """Return every kind of raw picture, and the kernel's own camera where there is one."""
    kinds = [[pictures(name)] for name in ("yuyv422", "nv12", "rgb24", "yuv420p")]
    return [*kinds, vivid()] if vivid() else kinds


@pytest.mark.parametrize("source", sources())
async def test_pictures_decode(source: list[Address]) -> None:
    """Whole pictures of the right size, a key frame with its parameter sets first, times that grow as the source's."""
    units = await first_units(v4l2_camera(*source), 30)
    assert [picture.shape for picture in decoded(units)] == [(height, width)] * 30
    assert units[0].key
    assert all(unit.data.startswith(start_codes + b"\x67") for unit in units if unit.key)
    assert all(abs(b.pts - a.pts - 3600) <= 900 for a, b in pairwise(units))
    assert [unit.arrived_ns for unit in units] == sorted(unit.arrived_ns for unit in units)


@pytest.mark.parametrize("pixels", ["yuyv422", "nv12", "rgb24", "yuvj422p"])
async def test_colors_stay(pixels: str) -> None:
    """Red is red in BT.601 from 16 to 235, and the stream says so, also when the camera gives 0 to 255."""
    red = f"color=red:size={width}x{height}:rate={rate},format=rgb24,scale=out_color_matrix=bt601,format={pixels}"
    (unit,) = await first_units(v4l2_camera(Address(red, "lavfi", {})), 1)
    codec = av.CodecContext.create("h264", "r")
    (frame,) = [*codec.decode(av.Packet(unit.data)), *codec.decode(None)]
    assert (frame.color_range, frame.colorspace) == (ColorRange.MPEG, smpte170m)
    y, u, v = (np.frombuffer(bytes(plane), np.uint8)[0] for plane in frame.planes)
    assert (int(y), int(u), int(v)) == pytest.approx((81, 90, 240), abs=3)


async def test_jpeg_is_decoded_and_a_damaged_one_left_out(tmp_path: Path) -> None:
    """One bad picture of a loose cable is no reason to end the session, and no reason for a key frame each."""
    packets = coded("mjpeg", 30, "yuvj420p")
    packets[10] = packets[10][:2] + b"\xff\xc4\x00\x03\x00" + b"\xff\xd9"
    units = await first_units(v4l2_camera(file_of(tmp_path / "c.mjpeg", packets, "mjpeg")), 29)
    assert [picture.shape for picture in decoded(units)] == [(height, width)] * 29
    assert [unit.key for unit in units] == [True] + [False] * 28


async def test_a_camera_of_damaged_pictures(tmp_path: Path) -> None:
    """When no picture at all can be decoded, the sentence says so."""
    broken = b"\xff\xd8\xff\xc4\x00\x03\x00\xff\xd9"
    camera = v4l2_camera(file_of(tmp_path / "c.mjpeg", [broken] * 60, "mjpeg"))
    assert await trouble_of(camera, CameraError) == "the camera sends pictures that cannot be decoded"


async def test_h264_is_passed_on_as_it_is(tmp_path: Path) -> None:
    """From the first key frame on, unit by unit, with the parameter sets before every key frame."""
    packets = h264(40)
    units = await first_units(v4l2_camera(file_of(tmp_path / "c.h264", packets[3:], "h264")), 25)
    assert [unit.key for unit in units] == [number % 10 == 0 for number in range(25)]
    assert all(unit.data.startswith(start_codes + b"\x67") for unit in units if unit.key)
    assert [nal_units(unit.data) for unit in units] == [nal_units(packet) for packet in packets[10:35]]
    assert len(decoded(units)) == 25


@pytest.mark.parametrize(("then", "every"), [("format=yuyv422", 50), ("select=not(mod(n\\,5)),format=yuyv422", 10)])
def test_a_key_frame_every_two_seconds(then: str, every: int) -> None:
    """By the camera's own clock: also in the dark, where many give a fifth of the rate that they told."""
    source = open_source([Address(f"testsrc2=size={width}x{height}:rate={rate},{then}", "lavfi", {})], wanted)
    shots = [shot for _ in range(2 * every + 1) for shot in source.read(key=False) or ()]
    source.close()
    assert [number for number, shot in enumerate(shots) if shot.key] == [0, every, 2 * every]
    assert shots[-1].ticks == 4 * 90_000


@pytest.mark.parametrize("source", sources()[-1:])
async def test_a_key_frame_on_request(source: list[Address]) -> None:
    """Long before the next one would come by itself."""
    count = await until_asked_key_frame(v4l2_camera(*source))
    assert 5 < count < 45


async def test_a_camera_that_stops_and_comes_back(tmp_path: Path) -> None:
    """Two pictures and no more are noticed; the file is closed; the same object goes on, and so does its time."""
    source = stalling(tmp_path, 2)
    camera = v4l2_camera(source)
    for before in range(2):
        seen: list[AccessUnit] = []
        assert await _trouble_after(camera, seen) == silent
        assert len(decoded(seen)) == 2
        assert seen[0].key
        assert files_open_at(source.file) == 0
        assert (seen[0].pts > 2 * 90_000) == bool(before)


async def _trouble_after(camera: Camera, seen: list[AccessUnit]) -> str:
    try:
        async with asyncio.timeout(deadline_seconds), aclosing(camera.units()) as units:
            async for unit in units:
                seen.append(unit)  # noqa: PERF401 - all that came before the error
    except CameraError as problem:
        return str(problem)
    raise AssertionError("the camera neither failed nor went on")


@pytest.mark.parametrize("format_", ["mjpeg", "h264"])
async def test_a_camera_that_never_begins(format_: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is noticed, and its thread has closed it before anybody tries again."""
    monkeypatch.setattr(make, "start_seconds", 1.0)
    monkeypatch.setattr(v4l2_source, "look_at_stream_seconds", 0.5)
    source = mute(tmp_path, format_)
    camera = v4l2_camera(source)
    for _ in range(2):
        assert await trouble_of(camera, CameraError) == silent
        assert files_open_at(source.file) == 0


async def test_a_camera_that_ends(tmp_path: Path) -> None:
    """The end of the pictures is an error with a sentence."""
    source = file_of(tmp_path / "c.h264", h264(5), "h264")
    assert await trouble_of(v4l2_camera(source), CameraError) == f"the camera at {source.file} has ended its pictures"


async def test_a_driver_that_hangs_is_not_joined_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read that never returns: the session ends in time, the next one is refused until the thread has come back."""
    monkeypatch.setattr(make, "end_seconds", 0.2)
    path = tmp_path / "fifo"
    os.mkfifo(path)
    camera = v4l2_camera(Address(str(path), "h264", {"probesize": "32", "analyzeduration": "1"}))
    writer = threading.Thread(target=lambda: setattr(writer, "pipe", path.open("wb", buffering=0)))
    writer.start()
    async with asyncio.timeout(deadline_seconds), aclosing(camera.units()) as units:
        waiting = asyncio.ensure_future(anext(units))
        await asyncio.to_thread(writer.join)
        writer.pipe.write(b"".join(h264(3)))  # type: ignore[attr-defined]
        assert (await waiting).key
        with pytest.raises(CameraError, match=silent):
            async for _ in units:
                pass
    assert "driver hangs" in await trouble_of(camera, CameraError)
    assert "driver hangs" in await trouble_of(camera, CameraError)
    writer.pipe.close()  # type: ignore[attr-defined]
    path.unlink()
    await asyncio.to_thread(until, lambda: files_open_at(str(path) + " (deleted)") == 0)
    assert "there is no camera at" in await trouble_of(camera, CameraError)


async def test_close_ends_the_session() -> None:
    """Whoever waits for a picture is told."""
    camera = v4l2_camera(pictures())
    async with asyncio.timeout(deadline_seconds), aclosing(camera.units()) as units:
        await anext(units)
        await camera.close()
        with pytest.raises(CameraError):
            async for _ in units:
                pass


async def test_time_goes_on_across_sessions() -> None:
    """A new session is a new clock, and never an earlier time."""
    camera = v4l2_camera(pictures())
    units = [*await first_units(camera, 5), *await first_units(camera, 5)]
    assert [unit.key for unit in units] == [True, False, False, False, False] * 2
    assert all(b.pts > a.pts for a, b in pairwise(units))


async def test_nobody_there() -> None:
    """A missing device, and a file that is none, are a sentence with the path; FFmpeg itself writes nothing."""
    missing = "/dev/v4l/by-id/usb-none-video-index0"
    said = await trouble_of(v4l2_camera(device=missing), CameraError)
    assert said == f"there is no camera at {missing}; plug it in, or write the path that ls /dev/v4l/by-id shows"
    said = await trouble_of(v4l2_camera(device="/dev/null"), CameraError)
    assert said == "/dev/null gives no pictures that we know; write another path that ls /dev/v4l/by-id shows"


async def test_ffmpeg_keeps_silent(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    """It complains about what we say better; a journal would be full of it."""
    caplog.set_level(logging.DEBUG)
    await trouble_of(v4l2_camera(device="/dev/null"), CameraError)
    assert capfd.readouterr() == ("", "")
    assert not [record for record in caplog.records if record.name.startswith("libav")]


@pytest.mark.parametrize(
    ("number", "there", "says"),
    [
        (errno.ENODEV, False, "plug it in"),
        (errno.EIO, False, "plug it in"),
        (errno.EACCES, True, "may not be opened; add the program's user to the group video"),
        (errno.EBUSY, True, "is in use by another program"),
        (errno.ENOSPC, True, "the USB bus has no room"),
        (errno.ENODEV, True, "gives no pictures that we know"),
        (errno.ENOMEM, True, "cannot be opened (Cannot allocate memory)"),
    ],
)
def test_reasons(number: int, *, there: bool, says: str) -> None:
    """What the kernel's numbers mean at a camera, and what to do."""
    said = sentence("/dev/video0", "cannot be opened", OSError(number, os.strerror(number)), there=there)
    assert says in said
    assert "/dev/video0" in said


def test_a_device_that_goes_away_is_not_called_a_wrong_path() -> None:
    """The same number means another thing while pictures come."""
    said = sentence("/dev/video0", "gives no more pictures", OSError(errno.ENODEV, "No such device"), there=True)
    assert said == "the camera at /dev/video0 gives no more pictures (No such device)"


def test_the_first_that_fits_is_taken() -> None:
    """What is not offered and what has another size is passed by, unless nothing else is left."""
    none, small = Address("testsrc2=size=none", "lavfi", {}), Address("testsrc2=size=320x240:rate=25", "lavfi", {})
    slow, right = Address(f"testsrc2=size={width}x{height}:rate=5", "lavfi", {}), pictures()
    assert _given([none, small, slow, right, small]) == (width, height, 25)
    assert _given([none, small, slow]) == (width, height, 5)
    with pytest.raises(CameraError, match="there is no camera at testsrc2=size=none"):
        open_source([none], wanted)


def _given(addresses: list[Address]) -> tuple[int, int, float]:
    source = open_source(addresses, wanted)
    source.close()
    return source.given.width, source.given.height, float(source.given.rate)


async def test_what_the_camera_really_gives_is_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Another size than asked for, or no rate at all, is taken, said, and not said again at every new session."""
    caplog.set_level(logging.INFO)
    camera = v4l2_camera(stalling(tmp_path, 3), width=1920, height=1080)
    assert len(decoded(await first_units(camera, 3))) == 3
    await first_units(camera, 3)
    (told,) = [record.getMessage() for record in caplog.records if record.name == make.__name__]
    assert told.startswith("the camera gives 640x360 at an unknown number of pictures a second as rawvideo;")


def test_old_pictures_are_left_out_when_coding_is_too_slow(tmp_path: Path) -> None:
    """Pictures that wait in the device without a pause between them are older than they need be."""
    source = open_source([stalling(tmp_path, 10)], wanted)
    read = [source.read(key=False) for _ in range(11)]
    source.close()
    assert [None if shots is None else len(shots) for shots in read] == [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, None]


async def test_a_slow_loop_costs_pictures_and_no_memory() -> None:
    """They are dropped oldest first, up to a key frame, so that what is left can be decoded."""
    handover = Handover(most=3)
    for number in range(10):
        handover.put(Shot(b"", number, number in {0, 6}, 0))
        assert handover.wants_key == (number in {3, 4, 5, 9})
    handover.put(Shot(b"", 10, key=True, arrived_ns=0))
    handover.end(CameraError("the end"))
    async with asyncio.timeout(deadline_seconds):
        assert (await handover.get()).ticks == 10
        with pytest.raises(CameraError, match="the end"):
            await handover.get()


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"device": "video0"}, "ls /dev/v4l/by-id"),
        ({"device": "/dev/../etc/passwd"}, "ls /dev/v4l/by-id"),
        ({"device": "/dev/video0", "width": 1281}, "multiple of 2"),
        ({"device": "/dev/video0", "rate": 0}, "greater than or equal to 1"),
    ],
)
def test_settings_that_are_refused(table: dict[str, object], says: str) -> None:
    """Before the start, with a sentence."""
    with pytest.raises(ValidationError, match=says):
        TypeAdapter(CameraSettings).validate_python({"make": "v4l2"} | table)


async def test_it_is_opened_by_its_make() -> None:
    """As every make is; nothing is opened before pictures are asked for."""
    camera = open_camera(settings(device="/dev/v4l/by-id/usb-none-video-index0"))
    await camera.ask_key_frame()
    await camera.close()
