"""Garbage at the simulated camera's RTSP port and control socket: it lives, and its pictures can be read."""

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import hypothesis.strategies as st
import pytest
from hypothesis import given

from support.broker import answers, free_port
from support.garbage import body_of, chunks, hurl, json_type, methods, paths, some, tcp, unix
from support.panic_process import listens
from support.patience import deadline_seconds, until
from support.rtsp import decoded, first_units, patience, rtsp_camera

words = {"fault": ["unplug", "freeze", "blind", "jam", "mend"]}
known = ["gate", "home", "name", "pan", "tilt", "zoom", "part", "camera", "ptz"]
methods_of_rtsp = ("OPTIONS", "DESCRIBE", "SETUP", "PLAY", "TEARDOWN", "GET_PARAMETER", "RECORD", "x", "A" * 30)
transports = ("RTP/AVP/TCP;unicast;interleaved=0-1", "RTP/AVP/TCP;interleaved=999-0", "RTP/AVP", "TCP", "")
lines = st.sampled_from(
    [
        "CSeq: 1", "CSeq: x", "CSeq: 99999999999", "Session: x", "Session:", "Content-Length: 5", "Content-Length: -1",
        "Content-Length: 999999999", "Authorization: Digest username=", "Authorization: Digest", ":", "nonsense", "é: é",
        "Require: everything", "X: " + "y" * 5000, *(f"Transport: {one}" for one in transports),
    ]
)  # fmt: skip
requests = st.builds(
    lambda method, url, version, fields: "\r\n".join([f"{method} {url} {version}", *fields, "", ""]).encode(),
    st.sampled_from(methods_of_rtsp),
    st.sampled_from(["rtsp://127.0.0.1/gate", "*", "", "x" * 3000, "rtsp://[", "é"]),
    st.sampled_from(["RTSP/1.0", "RTSP/2.0", "HTTP/1.1", ""]),
    st.lists(lines, max_size=4),
)
frames = st.builds(
    lambda channel, size, packet: b"$" + bytes([channel]) + size.to_bytes(2) + packet,
    st.integers(0, 255),
    st.integers(0, 300),
    st.binary(max_size=300),
)


@dataclass(frozen=True)
class Running:
    """The camera's process and where it is reached."""

    process: "subprocess.Popen[bytes]"
    port: int
    socket: Path
    http: httpx.Client


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run a small camera."""
    folder = tmp_path_factory.mktemp("garbage")
    control = folder / "run" / "sim_camera" / "api.sock"
    control.parent.mkdir(parents=True)
    port = free_port()
    settings = folder / "callpost.toml"
    settings.write_text(
        f'[device]\nid = "park.gate-1"\ndemo = true\nstate = "{folder}/state"\nrun = "{folder}/run"\n'
        f'[sim_camera]\nport = {port}\nprofile = "360p10"\n',
        encoding="utf-8",
    )
    process = subprocess.Popen([sys.executable, "-m", "media.sim_camera", "--settings", str(settings)])
    try:
        until(lambda: answers(port) and listens(control))
        with httpx.Client(
            transport=httpx.HTTPTransport(uds=str(control)), base_url="http://local", timeout=deadline_seconds
        ) as http:
            yield Running(process, port, control, http)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(deadline_seconds)


def works(camera: Running) -> None:
    """The same process; after mending, our driver reads pictures."""
    assert camera.http.post("/v1/fault/mend").status_code == 200
    with patience():
        units = asyncio.run(first_units(rtsp_camera(f"rtsp://127.0.0.1:{camera.port}/gate"), 3))
    assert len(decoded(units)) == 3
    assert camera.process.poll() is None


@given(data=st.data(), method=st.sampled_from(methods))
@some(120)
def test_every_route_of_the_control_socket(camera: Running, data: st.DataObject, method: str) -> None:
    """Whatever the interface says that it has, and methods that it does not have."""
    openapi = camera.http.get("/openapi.json").json()
    template = data.draw(st.sampled_from(sorted(openapi["paths"])))
    path, body = data.draw(paths(template, words)), data.draw(body_of(openapi, method, template, known))
    answer = camera.http.request(method, path, content=body, headers=json_type)
    assert answer.status_code < 500, answer.text


@given(sent=chunks)
@some(40)
def test_no_http_at_all(camera: Running, sent: list[bytes]) -> None:
    """Random bytes are refused or hung up on."""
    assert not hurl(unix(camera.socket), sent).startswith(b"HTTP/1.1 5")


def test_the_camera_is_mended(camera: Running) -> None:
    """And works."""
    works(camera)


@given(sent=st.lists(st.binary(min_size=1, max_size=300) | requests | frames, min_size=1, max_size=5))
@some(150)
def test_rtsp(camera: Running, sent: list[bytes]) -> None:
    """Random bytes, requests with nonsense in them, and packets nobody asked for: answered or hung up on."""
    answer = hurl(tcp(camera.port), sent)
    assert not answer.startswith(b"RTSP/1.0 500")


def test_it_works_after_all_of_it(camera: Running) -> None:
    """Also after clients that say nothing, that never end a line, and that send bodies without end."""
    with socket.create_connection(("127.0.0.1", camera.port)):
        hurl(tcp(camera.port), [b"A" * 1_000_000])
        hurl(tcp(camera.port), [b"OPTIONS * RTSP/1.0\r\nContent-Length: 60000\r\n\r\n", b"x" * 70_000])
        works(camera)
