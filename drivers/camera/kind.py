"""What every camera gives: whole H.264 access units, or one plain sentence."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One coded picture.

    `data` is Annex B with SPS and PPS in front of every key frame; `pts` counts 90 kHz and only grows, across
    sessions too; `arrived_ns` is CLOCK_MONOTONIC at the picture's last byte.
    """

    data: bytes
    pts: int
    key: bool
    arrived_ns: int


class CameraError(Exception):
    """The camera gives no pictures; the text says why, in one plain sentence."""


class CameraRefused(CameraError):
    """The camera does not accept the user or the password."""


class Camera(Protocol):
    """One source of pictures."""

    def units(self) -> AsyncGenerator[AccessUnit, None]:
        """Yield the pictures of one session. Raises CameraError when there is none, or it ends or stalls."""
        ...

    async def ask_key_frame(self) -> None:
        """Ask for a picture to start from; the camera may or may not oblige."""
        ...

    async def close(self) -> None:
        """End the session; whoever waits for its pictures gets CameraError."""
        ...
