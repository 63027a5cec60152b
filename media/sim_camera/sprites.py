"""People and cars, painted four times too large, then cut out with soft edges."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from media.sim_camera.canvas import Color, Picture, disc, fill, letters, line, polygon, shade
from media.sim_camera.panorama import Planes, planes

paper: Color = (1, 2, 3)  # what nothing is painted in
large = 4
Draw = Callable[[Picture], None]
Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sprite:
    """A figure and how much of it covers each pixel, 0..128: for brightness, and at half the size for color."""

    picture: Planes
    cover: NDArray[np.int16]
    half_cover: NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Cutout:
    """A figure in color with its cover, large enough for every zoom."""

    color: Picture
    cover: Picture

    def sized(self, scale: float) -> Sprite:
        """Return the figure at a scale of its natural size."""
        high, wide = (max(2, round(side / large * scale) // 2 * 2) for side in self.cover.shape)
        how = cv2.INTER_AREA if scale < large else cv2.INTER_LINEAR
        cover = np.asarray(cv2.resize(self.cover, (wide, high), interpolation=how), np.uint8)
        solid = cv2.bitwise_and(self.color, self.color, mask=self.cover)
        color = np.asarray(cv2.resize(solid, (wide, high), interpolation=how)).astype(np.float32)
        color *= 255.0 / np.maximum(cover, 1)[:, :, None]
        half = cv2.resize(cover, (wide // 2, high // 2), interpolation=cv2.INTER_AREA)
        body = planes(np.clip(color, 0, 255).astype(np.uint8), 1)
        return Sprite(body, _of_128(cover), _of_128(np.asarray(half, np.uint8)))


def _of_128(cover: Picture) -> NDArray[np.int16]:
    """Scale so that a product with a difference of brightness stays within 16 bits."""
    return (cover.astype(np.int32) * 128 // 255).astype(np.int16)


def _cut(wide: int, high: int, draw: Draw) -> Cutout:
    color = np.empty((high * large, wide * large, 3), np.uint8)
    color[:] = paper
    draw(color)
    cover = np.where((color != paper).any(axis=2), 255, 0).astype(np.uint8)
    return Cutout(color, cover)


def person(coat: Color, trousers: Color, pack: Color | None) -> list[Cutout]:
    """Return the four phases of a walk to the right; 56 by 120 pixels."""
    return [_cut(56, 120, partial(_draw_person, coat, trousers, pack, phase)) for phase in range(4)]


def _draw_person(coat: Color, trousers: Color, pack: Color | None, phase: int, at: Picture) -> None:
    swing = (15, 5, -15, -5)[phase] * large
    bob = (0, 2, 0, 2)[phase] * large
    x, hip = 28 * large, 68 * large - bob
    for side, tone in ((-1, 0.75), (1, 1.0)):
        _limb(at, (x, hip), (x + side * swing * 3 // 5, hip + 24 * large), (x + side * swing, hip + 47 * large),
              thick=10 * large, color=shade(trousers, tone))  # fmt: skip
        disc(at, (x + side * swing + 4 * large, hip + 48 * large), (8 * large, 3 * large), (44, 44, 50))
    shoulder = (x, 31 * large - bob)
    _arm(at, shoulder, -swing, shade(coat, 0.7))
    if pack:
        disc(at, (x - 12 * large, 44 * large - bob), (9 * large, 15 * large), pack)
    disc(at, (x, 49 * large - bob), (12 * large, 23 * large), coat)
    disc(at, (x - 4 * large, 44 * large - bob), (6 * large, 15 * large), shade(coat, 1.15))
    _arm(at, shoulder, swing, shade(coat, 0.9))
    disc(at, (x + large, 15 * large - bob), (9 * large, 11 * large), (150, 184, 226))
    disc(at, (x - 2 * large, 11 * large - bob), (10 * large, 9 * large), (34, 34, 40))


def _limb(at: Picture, begin: Point, knee: Point, end: Point, *, thick: int, color: Color) -> None:
    line(at, begin, knee, color, thick)
    line(at, knee, end, color, thick * 4 // 5)


def _arm(at: Picture, shoulder: Point, swing: int, color: Color) -> None:
    x, y = shoulder
    hand = (x + swing, y + 34 * large)
    _limb(at, shoulder, (x + swing // 3 - 2 * large, y + 18 * large), hand, thick=7 * large, color=color)
    disc(at, hand, (4 * large, 4 * large), (150, 184, 226))


def car(body: Color, *, taxi: bool = False) -> Cutout:
    """Return a car that drives to the right; 330 by 118 pixels."""
    return _cut(330, 118, partial(_draw_car, body, taxi))


def _draw_car(body: Color, taxi: bool, at: Picture) -> None:
    def scaled(*points: tuple[int, int]) -> list[tuple[int, int]]:
        return [(x * large, y * large) for x, y in points]

    polygon(
        at, scaled((6, 62), (50, 52), (92, 16), (200, 14), (250, 50), (314, 60), (326, 76), (324, 96), (6, 96)), body
    )
    polygon(at, scaled((6, 78), (326, 78), (324, 98), (6, 98)), shade(body, 0.72))
    polygon(at, scaled((62, 52), (98, 22), (146, 21), (146, 52)), (110, 92, 70))
    polygon(at, scaled((154, 52), (154, 21), (196, 21), (236, 52)), (124, 104, 80))
    polygon(at, scaled((98, 24), (116, 24), (88, 50), (70, 50)), (170, 154, 132))
    line(at, (150 * large, 54 * large), (150 * large, 94 * large), shade(body, 0.6), 2 * large)
    fill(at, tuple_box(120, 62, 140, 66), shade(body, 0.5))
    polygon(at, scaled((302, 62), (318, 64), (322, 74), (306, 72)), (214, 244, 252))
    polygon(at, scaled((6, 64), (18, 62), (18, 76), (6, 76)), (40, 40, 200))
    if taxi:
        fill(at, tuple_box(132, 4, 172, 15), (60, 210, 250))
        letters(at, "TAXI", (152 * large, 10 * large), 9 * large, (30, 30, 30), weight=700)
    for x in (70, 256):
        disc(at, (x * large, 95 * large), (24 * large, 23 * large), (34, 34, 36))
        disc(at, (x * large, 95 * large), (13 * large, 13 * large), (186, 188, 190))
        disc(at, (x * large, 95 * large), (5 * large, 5 * large), (90, 92, 94))


def bus() -> Cutout:
    """Return the school bus, driving to the right; 560 by 190 pixels."""
    return _cut(560, 190, _draw_bus)


def _draw_bus(at: Picture) -> None:
    fill(at, tuple_box(8, 12, 552, 168), (38, 186, 246))
    fill(at, tuple_box(8, 12, 552, 24), (225, 235, 240))
    fill(at, tuple_box(8, 112, 552, 120), (40, 40, 44))
    for x in range(28, 440, 82):
        fill(at, tuple_box(x, 36, x + 68, 92), (120, 100, 76))
        fill(at, tuple_box(x, 36, x + 20, 92), (170, 150, 126))
    fill(at, tuple_box(452, 36, 496, 164), (110, 92, 70))
    fill(at, tuple_box(508, 36, 552, 104), (124, 104, 80))
    letters(at, "校车 SCHOOL BUS", (230 * large, 142 * large), 28 * large, (40, 40, 44), weight=700)
    fill(at, tuple_box(540, 130, 553, 146), (214, 244, 252))
    for x in (110, 420):
        disc(at, (x * large, 164 * large), (26 * large, 25 * large), (34, 34, 36))
        disc(at, (x * large, 164 * large), (13 * large, 13 * large), (186, 188, 190))


def tuple_box(left: int, top: int, right: int, bottom: int) -> tuple[int, int, int, int]:
    """Return a box in the large size that figures are painted in."""
    return left * large, top * large, right * large, bottom * large


def mirrored(cutout: Cutout) -> Cutout:
    """Return the figure as it goes to the left."""
    return Cutout(np.ascontiguousarray(cutout.color[:, ::-1]), np.ascontiguousarray(cutout.cover[:, ::-1]))
