"""H.264 as a surveillance camera makes it: no delay, a key frame every 2 seconds and whenever one is asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
from av.video.frame import PictureType

from media.sim_camera.canvas import Picture
from media.sim_camera.profiles import Profile

# BT.601 is what OpenCV converts to; a player that is not told takes BT.709 at this size and shows other greens.
color = "colorprim=smpte170m:transfer=smpte170m:colormatrix=smpte170m:range=tv"


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
        self._codec = av.CodecContext.create("libx264", "w")
        self._codec.width, self._codec.height, self._codec.pix_fmt = profile.width, profile.height, "yuv420p"
        self._codec.time_base, self._codec.framerate = Fraction(1, profile.rate), Fraction(profile.rate)
        self._codec.bit_rate = profile.bits
        self._codec.options = {
            "preset": "ultrafast", "tune": "zerolatency", "forced-idr": "1", "g": str(profile.key_distance),
            "maxrate": str(profile.bits), "bufsize": str(profile.bits),
            # One thread: less work in all, and the slices of several threads would be several NAL units a frame.
            "x264-params": f"scenecut=0:threads=1:sliced-threads=0:{color}",
        }  # fmt: skip

    def encode(self, picture: Picture, tick: int, *, key: bool) -> Iterator[Coded]:
        """Encode the frame of a tick of the frame clock; ticks may be left out, never repeated."""
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = tick
        if key:
            frame.pict_type = PictureType.I
        for packet in self._codec.encode(frame):
            yield Coded(bytes(packet), (packet.pts or 0) * self._ticks, packet.is_keyframe)
