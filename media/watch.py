"""Looks whether the camera still shows the place: not dark, not covered, not the same picture for ever (OpenCV).

One key frame is decoded every few seconds; viewing itself never decodes.
"""

from dataclasses import dataclass, replace

import av
import cv2
import numpy as np
from numpy.typing import NDArray

LOOK_EVERY_SECONDS = 3.0
WIDTH, HEIGHT = 320, 180
DARK = 14.0
"""Mean brightness of 0 to 255 below which nothing can be seen; a lit square at night is above 25."""

FLAT = 6.0
"""Standard deviation of brightness below which there is no scene: a hand, paint or fog on the lens."""

STILL = 0.02
"""Mean difference of two pictures below which they are the same: sensor noise and a clock in the picture are above."""

BAD_LOOKS = 2
STILL_LOOKS = 4

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Seen:
    """What one look found."""

    brightness: float
    contrast: float
    change: float | None


@dataclass(frozen=True)
class Judgement:
    """Bad looks in a row; one alone may be a lorry passing or an exposure that settles."""

    dark: int = 0
    flat: int = 0
    still: int = 0

    @property
    def fault(self) -> str | None:
        """The plain reason when the camera does not show the place any more."""
        if self.dark >= BAD_LOOKS:
            return "the picture is dark: the lens is covered or the place has no light"
        if self.flat >= BAD_LOOKS:
            return "the picture shows nothing: the lens is covered or fogged"
        if self.still >= STILL_LOOKS:
            return "the picture does not change any more: the camera is frozen"
        return None


def judge(now: Judgement, seen: Seen) -> Judgement:
    """One more look."""
    still = seen.change is not None and seen.change < STILL
    return replace(
        now,
        dark=now.dark + 1 if seen.brightness < DARK else 0,
        flat=now.flat + 1 if seen.brightness >= DARK and seen.contrast < FLAT else 0,
        still=now.still + 1 if still else 0,
    )


def decode(key_frame: bytes) -> Picture | None:
    """Return the key frame as a small grey picture, or None when it cannot be decoded."""
    decoder = av.CodecContext.create("h264", "r")
    try:
        frames = [*decoder.decode(av.Packet(key_frame)), *decoder.decode(None)]
    except av.FFmpegError:
        return None
    if not frames:
        return None
    grey = frames[0].to_ndarray(format="gray")
    return np.asarray(cv2.resize(grey, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)


def look(picture: Picture, before: Picture | None) -> Seen:
    """Measure one picture against the one before."""
    change = None if before is None else float(np.mean(cv2.absdiff(picture, before)))
    return Seen(float(picture.mean()), float(picture.std()), change)
