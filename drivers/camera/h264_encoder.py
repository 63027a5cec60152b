"""H.264 as a surveillance camera makes it: no delay, a key frame every 2 seconds and whenever one is asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
from av.video.frame import PictureType

key_seconds = 2
# BT.601 is what swscale and OpenCV convert to; a player that is not told takes BT.709 at this size and shows other greens.
color = "colorprim=smpte170m:transfer=smpte170m:colormatrix=smpte170m:range=tv"


@dataclass(frozen=True, slots=True)
class Shape:
    """Picture size, frames per second, and bits per second."""

    width: int
    height: int
    rate: Fraction
    bits: int


@dataclass(frozen=True, slots=True)
class CodedFrame:
    """One coded frame in Annex B; the key frames begin with SPS and PPS. `tick` counts frames."""

    data: bytes
    tick: int
    key: bool


class H264Encoder:
    """Encodes 4:2:0 frames in order; what goes in comes out at once. Raises av.FFmpegError at the first frame."""

    def __init__(self, shape: Shape) -> None:
        self._codec = av.CodecContext.create("libx264", "w")
        self._codec.width, self._codec.height, self._codec.pix_fmt = shape.width, shape.height, "yuv420p"
        self._codec.time_base, self._codec.framerate = 1 / shape.rate, shape.rate
        self._codec.bit_rate = shape.bits
        self._codec.options = {
            "preset": "ultrafast", "tune": "zerolatency", "forced-idr": "1", "g": str(round(key_seconds * shape.rate)),
            "maxrate": str(shape.bits), "bufsize": str(shape.bits),
            # One thread: less work in all, and the slices of several threads would be several NAL units a frame.
            "x264-params": f"scenecut=0:threads=1:sliced-threads=0:{color}",
        }  # fmt: skip

    def encode(self, frame: av.VideoFrame, tick: int, *, key: bool) -> Iterator[CodedFrame]:
        """Encode the frame of a tick of the frame clock; ticks may be left out, never repeated."""
        frame.pts, frame.time_base = tick, self._codec.time_base
        # A frame of a decoder says how it was coded before; x264 would take every JPEG as the wish for a key frame.
        frame.pict_type = PictureType.I if key else PictureType.NONE
        for packet in self._codec.encode(frame):
            yield CodedFrame(bytes(packet), packet.pts or 0, packet.is_keyframe)
