"""Brushes for the panorama: gradients, grain, soft shade and letters on a BGR picture."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Color = tuple[int, int, int]  # blue, green, red
Box = tuple[int, int, int, int]  # left, top, right, bottom


def shade(color: Color, factor: float) -> Color:
    """Return a darker (below 1) or lighter color."""
    blue, green, red = (max(0, min(255, round(part * factor))) for part in color)
    return blue, green, red


def mix(one: Color, other: Color, share: float) -> Color:
    """Return a color between two."""
    blue, green, red = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return blue, green, red


def fill(picture: Picture, box: Box, color: Color) -> None:
    """Paint a rectangle; the right and bottom edges are outside of it."""
    left, top, right, bottom = box
    picture[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = color


def gradient(picture: Picture, box: Box, top_color: Color, bottom_color: Color) -> None:
    """Paint a rectangle that changes its color from top to bottom."""
    left, top, right, bottom = box
    share = np.linspace(0, 1, bottom - top, dtype=np.float32)[:, None]
    column = np.array(top_color, np.float32) * (1 - share) + np.array(bottom_color, np.float32) * share
    size = (right - left, bottom - top)
    picture[top:bottom, left:right] = cv2.resize(
        column[:, None, :].astype(np.uint8), size, interpolation=cv2.INTER_NEAREST
    )


def polygon(picture: Picture, points: list[tuple[int, int]], color: Color) -> None:
    """Fill a polygon with smooth edges."""
    cv2.fillPoly(picture, [np.array(points, np.int32)], color, cv2.LINE_AA)


def line(picture: Picture, begin: tuple[int, int], end: tuple[int, int], color: Color, thick: int = 1) -> None:
    """Draw a smooth line."""
    cv2.line(picture, begin, end, color, thick, cv2.LINE_AA)


def disc(picture: Picture, center: tuple[int, int], radii: tuple[int, int], color: Color) -> None:
    """Fill an ellipse with smooth edges."""
    cv2.ellipse(picture, center, radii, 0, 0, 360, color, -1, cv2.LINE_AA)


def grain(picture: Picture, box: Box, strength: float, size: int, random: np.random.Generator) -> None:
    """Roughen a surface: brightness varies by about `strength` over spots of `size` pixels."""
    left, top, right, bottom = box
    coarse = random.normal(0, strength, ((bottom - top) // size + 2, (right - left) // size + 2)).astype(np.float32)
    fine = cv2.resize(coarse, (right - left, bottom - top), interpolation=cv2.INTER_CUBIC)
    region = picture[top:bottom, left:right]
    region[:] = cv2.add(region, cv2.merge([fine] * 3), dtype=cv2.CV_8U)


def blend(picture: Picture, box: Box, color: Color, share: NDArray[np.float32]) -> None:
    """Lay a color over a rectangle; `share` (0..1) says how much at each pixel. Outside of the picture is cut off."""
    left, top, right, bottom = box
    high, wide = picture.shape[:2]
    cut = np.ascontiguousarray(share[max(0, -top) : high - top, max(0, -left) : wide - left])
    region = picture[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    # OpenCV blends without the large intermediate arrays of NumPy, which cost most of the start.
    region[:] = cv2.blendLinear(np.ascontiguousarray(region), np.full_like(region, color), 1 - cut, cut)


def soft_spot(picture: Picture, center: tuple[int, int], radii: tuple[int, int], color: Color, most: float) -> None:
    """Lay a soft ellipse over the picture: shadows and glows."""
    across, down = radii
    ys = np.linspace(-1, 1, 2 * down, dtype=np.float32)[:, None]
    xs = np.linspace(-1, 1, 2 * across, dtype=np.float32)
    share = np.clip(1 - xs**2 - ys**2, 0, 1) ** np.float32(1.6) * np.float32(most)
    blend(picture, (center[0] - across, center[1] - down, center[0] + across, center[1] + down), color, share)


def letters(
    picture: Picture, text: str, center: tuple[int, int], size: int, color: Color, *, weight: int = 600
) -> None:
    """Write a text, Chinese or Latin, around a center."""
    font = _font()
    (left, top, wide, high) = cv2.getTextSize((0, 0), text, (0, 0), font, size, weight)
    at = (center[0] - left - wide // 2, center[1] - top - high // 2)
    cv2.putText(picture, text, at, color, font, size, weight)


def _font() -> Any:  # OpenCV has no type for it
    """Return OpenCV's own font with Chinese letters, so that no font of the system is needed."""
    return cv2.FontFace("uni")
