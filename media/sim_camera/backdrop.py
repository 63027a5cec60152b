"""What is far away: sky, clouds, hills and the city's skyline in the haze."""

import cv2
import numpy as np

from media.sim_camera.canvas import Color, Picture, blend, disc, fill, gradient, mix, polygon, soft_spot
from media.sim_camera.geometry import height, horizon, width

zenith: Color = (206, 138, 66)
low_sky: Color = (238, 224, 202)
haze: Color = (224, 208, 190)


def paint(picture: Picture, random: np.random.Generator) -> None:
    """Paint everything behind the school's ground."""
    gradient(picture, (0, 0, width, horizon), zenith, low_sky)
    soft_spot(picture, (middle_of_sun(), horizon - 620), (1400, 800), (225, 240, 255), 0.7)
    _clouds(picture, random)
    for share, level, color in ((0.0, 150, (205, 190, 160)), (1.9, 95, (180, 172, 138))):
        _hills(picture, share, level, color)
    _skyline(picture, random)
    gradient(picture, (0, horizon, width, height), (150, 170, 150), (150, 170, 150))


def middle_of_sun() -> int:
    """Return where the afternoon sun stands, left of the school."""
    return width // 2 - 1500


def _clouds(picture: Picture, random: np.random.Generator) -> None:
    """Add up noise of several sizes, keep its upper part, and stretch it as clouds are."""
    wide, high = width // 8, horizon // 8  # even the finest noise is coarser than that
    total = np.zeros((high, wide), np.float32)
    for octave in range(5):
        size = (6 * 2**octave, 8 * 2**octave)
        noise = random.random(size).astype(np.float32)
        total += cv2.resize(noise, (wide, high), interpolation=cv2.INTER_CUBIC) / 2**octave
    total = (total - total.min()) / (total.max() - total.min())
    fade = np.clip(np.linspace(1.3, 0.35, high, dtype=np.float32), 0, 1)[:, None]
    share = np.clip((total - 0.5) * 3.2, 0, 0.92) * fade
    smooth = np.asarray(cv2.resize(share, (width, horizon), interpolation=cv2.INTER_CUBIC), np.float32)
    blend(picture, (0, 0, width, horizon), (250, 250, 250), np.clip(smooth, 0, 1))


def _hills(picture: Picture, phase: float, level: int, color: Color) -> None:
    xs = np.arange(0, width + 40, 40)
    turns = xs / width * 2 * np.pi
    ys = horizon - level - 45 * np.sin(5 * turns + phase) - 25 * np.sin(13 * turns + 2 * phase)
    top = [(int(x), int(y)) for x, y in zip(xs, ys, strict=True)]
    polygon(picture, [(0, horizon), *top, (width, horizon)], color)


def _skyline(picture: Picture, random: np.random.Generator) -> None:
    x = 0
    while x < width:
        wide, high = int(random.integers(70, 190)), int(random.integers(90, 330))
        color = mix((190, 176, 168), haze, float(random.random()) * 0.6)
        _tower(picture, x, wide, high, color)
        x += wide + int(random.integers(-10, 160))
    for at in range(0, width, 90):
        disc(picture, (at, horizon), (80, int(random.integers(26, 60))), (138, 160, 132))


def _tower(picture: Picture, x: int, wide: int, high: int, color: Color) -> None:
    top = horizon - high
    fill(picture, (x, top, x + wide, horizon), color)
    fill(picture, (x + wide * 2 // 3, top, x + wide, horizon), mix(color, (150, 130, 120), 0.25))
    for y in range(top + 14, horizon - 16, 20):
        for left in range(x + 8, x + wide - 10, 18):
            fill(picture, (left, y, left + 9, y + 11), mix(color, (140, 120, 100), 0.35))
