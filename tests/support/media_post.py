"""The media program as a real process, with the simulated camera, and ears where panic and the forwarder would be."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from edge.local_client import client
from edge.panic.api import CallBody
from support.broker import free_port
from support.patience import deadline_seconds, until_async, until_told
from support.unix_app import accepts, serving

SETTINGS = """
[device]
id = "park.gate-1"
demo = true
state = "{folder}/state"
run = "{folder}/run"

[sim_camera]
port = {port}
profile = "{profile}"
{login}

[media]
loopback = true
[media.camera]
make = "simulated"
url = "rtsp://127.0.0.1:{port}/stream1"
control = "{folder}/run/sim_camera/api.sock"
{camera}
[media.ptz]
make = "simulated"
control = "{folder}/run/sim_camera/api.sock"
[media.speaker]
make = "simulated"
[media.microphone]
make = "simulated"
{extra}
"""


@dataclass
class MediaPost:
    """Where the program runs, and what it said."""

    folder: Path
    leases: list[Mapping[str, Any] | None] = field(default_factory=list)
    """What panic was told; None is the lease given back."""
    given_back: list[tuple[str, str]] = field(default_factory=list)
    """Incident and reason, each time."""
    said: list[Mapping[str, Any]] = field(default_factory=list)
    """What the forwarder was told: events and offers."""
    _process: "asyncio.subprocess.Process | None" = None

    @property
    def socket(self) -> Path:
        """Where the program's local interface is."""
        return self.folder / "run" / "media" / "api.sock"

    @property
    def pid(self) -> int | None:
        """The number of the running process; None when it has ended."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    def api(self) -> httpx.AsyncClient:
        """Return a client of the program's local interface."""
        return client(self.socket, deadline_seconds)

    async def start(self) -> None:
        """Start the program and wait until it answers."""
        self._process = await _program(self.folder, "media")
        await accepts(self.socket)

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End the program; its exit code."""
        if self._process is None:
            return 0
        process, self._process = self._process, None
        process.send_signal(how)
        return await process.wait()

    async def exited(self) -> tuple[int, str]:
        """Start the program, which must end by itself; its exit code and last words."""
        process = await _program(self.folder, "media", stderr=asyncio.subprocess.PIPE)
        _, words = await asyncio.wait_for(process.communicate(), deadline_seconds)
        return process.returncode or 0, words.decode()

    async def incident(self, incident: str | None, level: str = "panic", cause: str = "raised") -> None:
        """Tell the program which incident is open, as panic does."""
        body: dict[str, Any] = {"incident": incident, "level": None, "mode": None, "raised": None, "cause": cause}
        if incident is not None:
            body |= {"level": level, "mode": "live", "raised": "2026-11-21T08:00:00Z"}
        async with self.api() as api:
            (await api.put("/v1/incident", json=body)).raise_for_status()

    async def command(self, name: str, operator: str = "li", **body: object) -> dict[str, Any]:
        """Give a command, as the forwarder does; the reply."""
        async with self.api() as api:
            answer = await api.post(f"/v1/commands/{name}", json={"id": "1", "operator": operator, "body": body})
        answer.raise_for_status()
        return dict(answer.json())

    async def sim(self, part: str, action: str, **body: object) -> None:
        """Do something to a simulated part."""
        async with self.api() as api:
            (await api.post(f"/v1/sim/{part}/{action}", json=body)).raise_for_status()

    async def shows(self) -> dict[str, Any]:
        """Return what the simulated parts show."""
        async with self.api() as api:
            return dict((await api.get("/v1/sim")).json())

    async def microphone(self, *, is_open: bool) -> None:
        """Wait until the microphone is open, or closed: the program opens and closes it beside its other work."""

        async def is_so() -> bool:
            return bool((await self.shows())["microphone"]["open"]) == is_open

        await until_told(is_so, f"the microphone {'open' if is_open else 'closed'}")

    async def plays(self, tone_hz: float) -> None:
        """Wait until the loudspeaker's last half second is this tone: on a busy machine sound begins late and has gaps."""

        async def is_heard() -> bool:
            heard = float((await self.shows())["speaker"]["tone_hz"] or 0)
            return abs(heard - tone_hz) <= 5

        await until_told(is_heard, f"{tone_hz} Hz out of the loudspeaker")

    async def fault(self, part: str, *, is_open: bool) -> None:
        """Wait until the last that the forwarder was told of this part is a fault, or its end."""
        word = "raised" if is_open else "cleared"

        def is_so() -> bool:
            told = [one["event"] for one in self.said if "device.fault_" in one.get("event", {}).get("type", "")]
            about = [event["type"] for event in told if event["data"]["part"] == part]
            return about[-1:] == [f"callpost.device.fault_{word}"]

        await until_async(is_so, f"a fault of {part} that is {word}")

    async def well(self) -> None:
        """Wait until no fault is open: a camera that this machine holds up has one for a moment."""

        async def is_so() -> bool:
            return await self.faults() == {}

        await until_told(is_so, "no fault")

    async def faults(self) -> dict[str, str]:
        """Return the open faults by part."""
        async with self.api() as api:
            listed = (await api.get("/v1/health")).json()["faults"]
        return {fault["part"]: fault["reason"] for fault in listed}

    def events(self, kind: str) -> list[Mapping[str, Any]]:
        """Return the data of the events of this kind, oldest first."""
        events = [one["event"] for one in self.said if "event" in one]
        return [event["data"] for event in events if event["type"] == f"callpost.{kind}"]

    def offers(self) -> list[Mapping[str, Any]]:
        """Return the post's own offers, oldest first."""
        return [one["payload"] for one in self.said if one.get("topic") == "call/offer"]

    async def event(self, kind: str, count: int = 1, within: float = deadline_seconds) -> Mapping[str, Any]:
        """Wait for so many events of this kind and return the last."""
        await until_async(lambda: len(self.events(kind)) >= count, seconds=within)
        return self.events(kind)[-1]


@asynccontextmanager
async def media_post(folder: Path, profile: str = "360p10", extra: str = "") -> AsyncIterator[MediaPost]:
    """Run camera and media program until left."""
    async with surroundings(folder, profile, extra) as post:
        await post.start()
        await until_pictures(post)
        yield post


@asynccontextmanager
async def surroundings(
    folder: Path, profile: str = "360p10", extra: str = "", login: str = "", camera: str = ""
) -> AsyncIterator[MediaPost]:
    """Run the camera, and listen where panic and the forwarder would; the media program is not started.

    `login` is added to the camera's own settings, `camera` to what the media program is told of it.
    """
    settings = SETTINGS.format(
        folder=folder, port=free_port(), profile=profile, extra=extra, login=login, camera=camera
    )
    (folder / "callpost.toml").write_text(settings, encoding="utf-8")
    (folder / "run" / "panic").mkdir(parents=True)
    (folder / "run" / "wake").mkdir()
    post = MediaPost(folder)
    box = await _program(folder, "sim_camera")
    try:
        with _wake(folder / "run" / "wake" / "forwarder.sock", post.said.append):
            async with serving(_panic(post), folder / "run" / "panic" / "api.sock"):
                await accepts(folder / "run" / "sim_camera" / "api.sock")
                yield post
    finally:
        await post.stop()
        box.send_signal(signal.SIGTERM)
        await box.wait()


async def until_pictures(post: MediaPost) -> None:
    """Wait until the camera has no fault (it has one while it cannot be reached)."""

    async def seen() -> bool:
        return "camera" not in await post.faults()

    await until_told(seen, "pictures of the camera")


async def _program(folder: Path, name: str, stderr: int | None = None) -> asyncio.subprocess.Process:
    module = {"media": "media", "sim_camera": "media.sim_camera"}[name]
    command = (sys.executable, "-m", module, "--settings", str(folder / "callpost.toml"))
    return await asyncio.create_subprocess_exec(*command, env={**os.environ, "PYTHONSAFEPATH": "1"}, stderr=stderr)


def _panic(post: MediaPost) -> FastAPI:
    """Take the call lease, as panic does."""
    app = FastAPI()

    @app.put("/v1/call", status_code=204)
    async def hold(body: CallBody) -> None:
        post.leases.append(body.model_dump())

    @app.delete("/v1/call", status_code=204)
    async def drop(incident: str, reason: str) -> None:
        post.leases.append(None)
        post.given_back.append((incident, reason))

    return app


class _wake:  # noqa: N801 - a context manager, used like a function
    """The forwarder's datagram socket."""

    def __init__(self, path: Path, said: Callable[[Mapping[str, Any]], None]) -> None:
        self._said = said
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(str(path))

    def __enter__(self) -> None:
        asyncio.get_running_loop().add_reader(self._socket, self._read)

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    def _read(self) -> None:
        self._said(json.loads(self._socket.recv(1 << 20)))
