"""Our RTSP client before real servers and before such that hang, lie or vanish."""

import asyncio
from contextlib import aclosing
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from drivers.camera import CameraError, CameraRefused, CameraSettings, open_camera
from support.rtsp import (
    decoded,
    first_units,
    gst_server,
    h264_pipeline,
    rtsp_camera,
    tcp_server,
    trouble_of,
    until_asked_key_frame,
    vp8_picture,
)

start_codes = b"\x00\x00\x00\x01"


@pytest.mark.parametrize(("in_band", "aggregate"), [(True, False), (False, False), (True, True)])
async def test_pictures_of_gstreamer_decode(*, in_band: bool, aggregate: bool) -> None:
    """Whole pictures, a key frame first, parameter sets in front of each, times that grow by a 25th of a second."""
    async with gst_server(h264_pipeline(10, in_band=in_band, aggregate=aggregate)) as url:
        units = await first_units(rtsp_camera(url), 30)
    assert len(decoded(units)) == 30
    assert units[0].key
    assert all(unit.data.startswith(start_codes + b"\x67") for unit in units if unit.key)
    steps = {b.pts - a.pts for a, b in pairwise(units)}
    assert all(abs(step - 3600) < 100 for step in steps)
    assert [unit.arrived_ns for unit in units] == sorted(unit.arrived_ns for unit in units)


@pytest.mark.parametrize("login", ["basic", "digest"])
async def test_login_at_gstreamer(login: str, tmp_path: Path) -> None:
    """The right password is accepted, a wrong one and none are refused with a sentence."""
    (tmp_path / "right").write_text("geheim 学校\n", encoding="utf-8")
    (tmp_path / "wrong").write_text("wrong")
    async with gst_server(h264_pipeline(), (login, "gate", "geheim 学校")) as url:
        assert await first_units(rtsp_camera(url, "gate", tmp_path / "right"), 2)
        said = await trouble_of(rtsp_camera(url, "gate", tmp_path / "wrong"), CameraRefused)
        assert said == "the camera does not accept the user or the password"
        said = await trouble_of(rtsp_camera(url), CameraRefused)
        assert said == "the camera asks for a user and a password; write user and password_file"


async def test_a_killed_server_and_the_way_back() -> None:
    """Its end is an error with a sentence; the same camera object takes up a new session, and time goes on."""
    async with gst_server(h264_pipeline()) as url:
        camera = rtsp_camera(url)
        before = await first_units(camera, 3)
        async with aclosing(camera.units()) as units:
            await anext(aiter(units))
    assert await trouble_of(camera, CameraError) == "the camera cannot be reached (Connection refused)"
    async with gst_server(h264_pipeline()) as url:
        camera._url = url  # the new server has another port
        after = await first_units(camera, 3)
    assert after[0].key
    assert after[0].pts > before[-1].pts


async def test_a_server_killed_in_mid_stream() -> None:
    """Whoever waits for a picture is told."""
    async with gst_server(h264_pipeline()) as url:
        camera = rtsp_camera(url)
        units = camera.units()
        await anext(aiter(units))
    with pytest.raises(CameraError):
        async for _ in units:
            pass


async def test_a_key_frame_on_request() -> None:
    """GStreamer answers our PLI long before its own next key frame."""
    async with gst_server(h264_pipeline(gop=10_000)) as url:
        count = await until_asked_key_frame(rtsp_camera(url))
    assert 5 < count < 500


async def test_another_codec_is_refused() -> None:
    """The sentence names what the camera sends."""
    async with gst_server(vp8_picture) as url:
        assert "sends VP8, not H.264" in await trouble_of(rtsp_camera(url), CameraError)


async def test_nobody_there() -> None:
    """A closed port is one sentence."""
    async with tcp_server(hang_up) as url:
        pass
    assert await trouble_of(rtsp_camera(url), CameraError) == "the camera cannot be reached (Connection refused)"
    said = await trouble_of(rtsp_camera("rtsp://camera.invalid/gate"), CameraError)
    assert said == "the camera cannot be reached (its name is not known)"


async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Close at once."""
    writer.close()


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read, and never answer."""
    await reader.read()


async def endless_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send header fields for ever."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"RTSP/1.0 200 OK\r\n" + b"X: y\r\n" * 100_000)
    await reader.read()


async def not_rtsp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer as a web server does."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await reader.read()


@pytest.mark.parametrize(
    ("serve", "says"),
    [
        (hang_up, "camera"),  # the kernel says end or reset, as it happens
        (silent, "does not answer"),
        (endless_head, "message head has more than"),
        (not_rtsp, "is no line of RTSP"),
    ],
)
async def test_servers_that_are_none(serve: object, says: str) -> None:
    """Each becomes CameraError with its reason, within the time limit."""
    async with tcp_server(serve) as url:  # type: ignore[arg-type]
        assert says in await trouble_of(rtsp_camera(url), CameraError)


async def answer_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, then: bytes) -> None:
    """Say yes to everything, then send given bytes after PLAY, and stay."""
    sdp = b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:t\r\n"
    for method in (b"OPTIONS", b"DESCRIBE", b"SETUP", b"PLAY"):
        head = await reader.readuntil(b"\r\n\r\n")
        number = head.split(b"CSeq: ")[1].split(b"\r\n")[0]
        body = sdp if method == b"DESCRIBE" else b""
        more = b"Session: s\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\nContent-Length: %d\r\n\r\n" % len(body)
        writer.write(b"RTSP/1.0 200 OK\r\nCSeq: " + number + b"\r\n" + more + body)
    writer.write(then)
    await reader.read()


@pytest.mark.parametrize(
    ("then", "says"),
    [
        (b"", "has stopped sending"),
        (b"$\x00\x00\x03abc", "RTP packet has only 3 bytes"),
        (b"$\x00\x00\x10" + b"\x80\x60\x00\x01" + bytes(8) + b"\x7f" * 4, "unknown type 31"),
        (b"garbage\r\n\r\n", "is no line of RTSP"),
        (b"RTSP/1.0 454 Session Not Found\r\n\r\n", "has ended the session"),
        (b"$\x07\x00\x01a" * 9, "has stopped sending"),
    ],
)
async def test_streams_that_are_none(then: bytes, says: str) -> None:
    """A stall, broken packets, other bytes, an ended session: one sentence each."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer_all(reader, writer, then)

    async with tcp_server(serve) as url:
        assert says in await trouble_of(rtsp_camera(url), CameraError)


async def test_close_ends_the_session() -> None:
    """Whoever waits for a picture is told."""
    async with gst_server(h264_pipeline()) as url:
        camera = rtsp_camera(url)
        async with aclosing(camera.units()) as units:
            await anext(aiter(units))
            await camera.close()
            with pytest.raises(CameraError):
                async for _ in units:
                    pass


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("rtsp://admin:12345@192.0.2.7/s", "write user and password_file instead"),
        ("rtsp://admin@192.0.2.7/s", "write user and password_file instead"),
        ("http://192.0.2.7/", "write an address such as rtsp://"),
        ("rtsp:///x", "write an address such as rtsp://"),
        ("rtsp://c:99999/x", "out of range"),
    ],
)
@pytest.mark.parametrize("make", ["rtsp", "simulated"])
def test_addresses_that_settings_refuse(make: str, url: str, says: str) -> None:
    """A password belongs into a file of its own; a wrong address is told before the start."""
    table = {"make": make, "url": url} | ({"control": "/run/x"} if make == "simulated" else {})
    with pytest.raises(ValidationError, match=says):
        TypeAdapter(CameraSettings).validate_python(table)


async def test_off_says_so() -> None:
    """A post without a camera has an answer too."""
    camera = open_camera(TypeAdapter(CameraSettings).validate_python({"make": "off"}))
    assert await trouble_of(camera, CameraError) == "the post has no camera (make = off)"
    await camera.ask_key_frame()
    await camera.close()


async def test_an_unreadable_password_file(tmp_path: Path) -> None:
    """The sentence names the file."""
    async with tcp_server(silent) as url:
        said = await trouble_of(rtsp_camera(url, "gate", tmp_path / "none"), CameraError)
    assert said == f"the password file {tmp_path / 'none'} cannot be read"
