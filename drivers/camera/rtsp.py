"""A camera that speaks RTSP over TCP; every trouble becomes one plain sentence."""

import asyncio
import os
import socket
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import field_validator

from drivers.camera.digest import Login
from drivers.camera.h264 import ParameterSets, Timeline
from drivers.camera.kind import AccessUnit, CameraError
from drivers.camera.rtsp_session import Session, open_session
from drivers.camera.rtsp_wire import connect
from drivers.part import PartSettings

connect_seconds = 3.0
stall_seconds = 3.0
pictures_without_key = 750  # 30 s at 25 pictures a second; the longest key frame distance that we wait for


class StreamSettings(PartSettings):
    """The address of a camera's stream; the password stands in a file of its own."""

    make: str
    url: str
    user: str | None = None
    password_file: Path | None = None

    @field_validator("url")
    @classmethod
    def _plain_address(cls, url: str) -> str:
        return checked_url(url)


class RtspSettings(StreamSettings):
    """`make = "rtsp"`: the address of the stream; the password stands in a file of its own."""

    make: Literal["rtsp"]


def checked_url(url: str) -> str:
    """Return the address. Raises ValueError with a sentence when it is none, or carries a user or a password."""
    parts = urlsplit(url)
    if parts.scheme != "rtsp" or not parts.hostname or any(letter.isspace() for letter in url):
        raise ValueError("write an address such as rtsp://192.0.2.7:554/stream1")
    if parts.username is not None or parts.password is not None:
        raise ValueError("the address carries a user or a password; write user and password_file instead")
    if parts.port == 0:
        raise ValueError("port 0 is no port; leave it out for 554")
    return url


class RtspCamera:
    """One camera; each call of `units` is one session, and `pts` goes on across them."""

    def __init__(self, settings: StreamSettings) -> None:
        self._url = settings.url
        self._user = settings.user
        self._password_file = settings.password_file
        self._timeline = Timeline()
        self._session: Session | None = None

    async def units(self) -> AsyncGenerator[AccessUnit, None]:
        """Yield the pictures of one session, the first a key frame. Raises CameraError or CameraRefused.

        Use it within `contextlib.aclosing`, so that a session left early ends at once.
        """
        with _one_sentence():
            session, sets = await self._open()
        self._session = session
        try:
            while True:
                with _one_sentence():
                    unit = await self._next(session, sets)
                yield unit
        finally:
            self._session = None
            await session.hang_up()

    async def ask_key_frame(self) -> None:
        """Ask for a key frame; without a session there is nobody to ask. Raises CameraError."""
        if self._session is not None:
            with _one_sentence():
                self._session.ask_key_frame()

    async def close(self) -> None:
        """End the session."""
        if self._session is not None:
            await self._session.hang_up()

    async def _open(self) -> tuple[Session, ParameterSets]:
        parts, login = urlsplit(self._url), self._login()
        async with asyncio.timeout(connect_seconds):
            wire = await connect(parts.hostname or "", parts.port or 554)
        session, track = await open_session(wire, self._url, login, connect_seconds)
        self._timeline.new_session()
        return session, ParameterSets(track.parameter_sets)

    async def _next(self, session: Session, sets: ParameterSets) -> AccessUnit:
        """Return the next picture that can be decoded."""
        for _ in range(pictures_without_key):
            async with asyncio.timeout(stall_seconds):
                picture = await session.next_picture()
            if found := sets.take(picture):
                now = time.monotonic_ns()
                return AccessUnit(found[0], self._timeline.extend(picture.timestamp, now), found[1], now)
        raise CameraError("the camera sends no key frame; set its key frame distance to 2 seconds or less")

    def _login(self) -> Login | None:
        if self._user is None:
            return None
        if self._password_file is None:
            return Login(self._user, "")
        try:
            return Login(self._user, self._password_file.read_text(encoding="utf-8").rstrip("\r\n"))
        except (OSError, UnicodeDecodeError) as problem:
            raise CameraError(f"the password file {self._password_file} cannot be read") from problem


def _reason(problem: OSError) -> str:
    if isinstance(problem, socket.gaierror):
        return "its name is not known"
    return os.strerror(problem.errno) if problem.errno else str(problem)


@contextmanager
def _one_sentence() -> Iterator[None]:
    """Turn every way in which a network peer can fail into CameraError."""
    try:
        yield
    except TimeoutError as problem:
        raise CameraError("the camera does not answer or has stopped sending") from problem
    except EOFError as problem:
        raise CameraError("the camera has ended the connection") from problem
    except OSError as problem:
        raise CameraError(f"the camera cannot be reached ({_reason(problem)})") from problem
    except ValueError as problem:
        raise CameraError(f"the camera cannot be understood: {problem}") from problem
