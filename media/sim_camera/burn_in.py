"""The clock, the frame's number and the name in the picture; the number also as a bar code for machines.

The bar code is a row of 40 cells along the top edge, each a 40th of the width, black for 0 and white for 1: the bits
1010, then 28 bits of the number, then 8 bits of check, highest bit first. Cell i is read at x = (i + 0.5) / 40 of the
width, y = 1 / 135 of the height.
"""

from datetime import datetime

import cv2
import numpy as np

from media.sim_camera.canvas import Picture
from media.sim_camera.panorama import Planes

cells, number_bits, check_bits = 40, 28, 8
sync = (1, 0, 1, 0)
black, white, gray = 16, 235, 128


def check(number: int) -> int:
    """Return 8 bits that differ between near numbers."""
    return (number * 0x9E3779B1 >> 24) & 0xFF


def bits(number: int) -> list[int]:
    """Return the 40 bits of a number's bar code."""
    value = (number & (1 << number_bits) - 1) << check_bits | check(number & (1 << number_bits) - 1)
    length = number_bits + check_bits
    return [*sync, *(value >> (length - 1 - at) & 1 for at in range(length))]


def read_number(luma: Picture) -> int | None:
    """Return the number in a picture's brightness plane; None when there is none, or it is damaged."""
    high, wide = luma.shape
    xs = ((np.arange(cells) + 0.5) / cells * wide).astype(int)
    read = [int(value > gray) for value in luma[high // 135, xs]]
    value = int("".join(map(str, read[len(sync) :])), 2)
    number = value >> check_bits
    return number if tuple(read[: len(sync)]) == sync and value & 0xFF == check(number) else None


def burn(planes: Planes, number: int, now: datetime) -> None:
    """Write into the picture what a surveillance camera writes, and the bar code."""
    high, wide = planes.y.shape
    _bar_code(planes, number)
    size = max(10, high // 30)
    _text(planes.y, f"{now:%Y-%m-%d %H:%M:%S}   #{number:07d}", (size, size * 2), size)
    _text(planes.y, "学校东门 East Gate  CAM 01", (wide - size * 14, high - size), size)


def _bar_code(planes: Planes, number: int) -> None:
    high, wide = planes.y.shape
    row = high // 68 // 2 * 2
    edges = np.arange(cells + 1) * wide // cells
    levels = np.array([white if bit else black for bit in bits(number)], np.uint8)
    planes.y[:row] = np.repeat(levels, np.diff(edges))
    planes.u[: row // 2] = planes.v[: row // 2] = gray


def _text(luma: Picture, text: str, at: tuple[int, int], size: int) -> None:
    font = cv2.FontFace("uni")
    for offset in ((-1, -1), (1, 1), (1, -1), (-1, 1)):
        cv2.putText(luma, text, (at[0] + offset[0], at[1] + offset[1]), (40,), font, size, 500)
    cv2.putText(luma, text, at, (white,), font, size, 500)
