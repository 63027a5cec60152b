"""No camera: the post has none, and says so."""

from collections.abc import AsyncGenerator
from typing import Literal

from drivers.camera.kind import AccessUnit, CameraError
from drivers.part import PartSettings


class OffSettings(PartSettings):
    """`make = "off"`."""

    make: Literal["off"] = "off"


class OffCamera:
    """A camera that was never installed."""

    async def units(self) -> AsyncGenerator[AccessUnit, None]:
        """Raise CameraError at once."""
        none: tuple[AccessUnit, ...] = ()
        for unit in none:
            yield unit  # makes this a generator, so that it fails where a real camera fails: at the first picture
        raise CameraError("the post has no camera (make = off)")

    async def ask_key_frame(self) -> None:
        """Ask nobody."""

    async def close(self) -> None:
        """Close nothing."""
