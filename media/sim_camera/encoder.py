"""The scene's pictures as H.264, stamped at 90 kHz."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av

from drivers.camera.h264_encoder import H264Encoder, Shape
from media.sim_camera.canvas import Picture
from media.sim_camera.profiles import Profile


@dataclass(frozen=True, slots=True)
class Coded:
    """One coded frame in Annex B; the key frames begin with SPS and PPS. `pts` counts 90 kHz."""

    data: bytes
    pts: int
    key: bool


class Encoder:
    """Encodes 4:2:0 frames in order."""

    def __init__(self, profile: Profile) -> None:
        self._ticks = 90_000 // profile.rate
        self._encoder = H264Encoder(Shape(profile.width, profile.height, Fraction(profile.rate), profile.bits))

    def encode(self, picture: Picture, tick: int, *, key: bool) -> Iterator[Coded]:
        """Encode the frame of a tick of the frame clock; ticks may be left out, never repeated."""
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        for coded in self._encoder.encode(frame, tick, key=key):
            yield Coded(coded.data, coded.tick * self._ticks, coded.key)
