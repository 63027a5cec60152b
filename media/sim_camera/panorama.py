"""The whole scene, painted once; then kept as YUV planes, the form in which the encoder wants every frame."""

from dataclasses import dataclass

import cv2
import numpy as np

from media.sim_camera import backdrop, school, street
from media.sim_camera.canvas import Picture
from media.sim_camera.geometry import height, width


@dataclass(frozen=True, slots=True)
class Planes:
    """A picture as 4:2:0 planes: brightness, and both colors at half the size."""

    y: Picture
    u: Picture
    v: Picture


def paint() -> Picture:
    """Return the panorama, always the same one."""
    random = np.random.default_rng(110)
    picture = np.zeros((height, width, 3), np.uint8)
    for part in (backdrop, school, street):
        part.paint(picture, random)
    return picture


def planes(picture: Picture, scale: float) -> Planes:
    """Return a picture's planes at a scale; its sides are made even."""
    wide, high = (int(side * scale) // 2 * 2 for side in (picture.shape[1], picture.shape[0]))
    if (wide, high) != (picture.shape[1], picture.shape[0]):
        picture = np.asarray(cv2.resize(picture, (wide, high), interpolation=cv2.INTER_AREA), np.uint8)
    joined = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420), np.uint8)
    quarter = wide * high // 4
    flat = joined.reshape(-1)[wide * high :]
    u, v = flat[:quarter].reshape(high // 2, wide // 2), flat[quarter:].reshape(high // 2, wide // 2)
    return Planes(joined[:high].copy(), u.copy(), v.copy())
