"""The school: its building, the flag, the railing and the gate with the guards' room."""

import numpy as np

from media.sim_camera.canvas import (
    Box,
    Color,
    Picture,
    disc,
    fill,
    gradient,
    grain,
    letters,
    line,
    polygon,
    shade,
    soft_spot,
)
from media.sim_camera.geometry import fence_base, gate_left, gate_right, horizon, middle, width
from media.sim_camera.plants import hedge, tree

cream: Color = (196, 222, 238)
brick: Color = (88, 108, 186)
stone: Color = (188, 196, 204)
glass: Color = (176, 140, 96)
gold: Color = (96, 206, 246)
ground_floor = horizon + 78


def paint(picture: Picture, random: np.random.Generator) -> None:
    """Paint the school from back to front."""
    gradient(picture, (0, horizon, width, fence_base), (116, 168, 128), (98, 158, 112))
    grain(picture, (0, horizon, width, fence_base), 5, 6, random)
    _sports_hall(picture, random)
    _flats(picture)
    _wing(picture, (middle - 640, horizon - 270, middle + 820, ground_floor), random)
    _center_part(picture)
    _forecourt(picture, random)
    _flag(picture, (middle - 200, ground_floor + 40))
    for x in (*range(200, 2900, 310), *range(5000, 7600, 330)):
        tree(picture, (x + int(random.integers(-50, 50)), fence_base - 40), int(random.integers(300, 430)), random)
    for x, high in (
        (middle - 560, 230),
        (middle - 380, 200),
        (middle + 700, 210),
        (middle + 860, 260),
        (middle - 800, 300),
    ):
        tree(picture, (x, fence_base - 46), high, random)
    _railing(picture, random)
    _gate(picture)


def _wing(picture: Picture, box: Box, random: np.random.Generator) -> None:
    left, top, right, bottom = box
    gradient(picture, box, shade(cream, 1.04), shade(cream, 0.93))
    grain(picture, box, 2.5, 3, random)
    fill(picture, (left, top - 14, right, top + 6), shade(cream, 0.78))
    fill(picture, (left, bottom - 40, right, bottom), shade(brick, 0.95))
    floor = (bottom - 44 - top) // 4
    for level in range(4):
        y = top + 16 + level * floor
        fill(picture, (left, y + floor - 12, right, y + floor - 7), shade(brick, 1.0))
        for x in range(left + 22, right - 60, 72):
            _window(picture, (x, y, x + 46, y + floor - 24))


def _window(picture: Picture, box: Box) -> None:
    left, top, right, bottom = box
    fill(picture, (left - 3, top - 3, right + 3, bottom + 3), (226, 232, 236))
    gradient(picture, box, shade(glass, 1.35), shade(glass, 0.8))
    polygon(picture, [(left, top), (left + 20, top), (left + 4, bottom), (left, bottom)], shade(glass, 1.5))
    line(picture, ((left + right) // 2, top), ((left + right) // 2, bottom), (222, 228, 232), 2)
    line(picture, (left, top + 16), (right, top + 16), (222, 228, 232), 2)
    fill(picture, (left - 5, bottom + 3, right + 5, bottom + 7), shade(cream, 0.72))


def _center_part(picture: Picture) -> None:
    """Paint the brick part with the clock and the name, and the entrance below."""
    left, right, top = middle - 30, middle + 250, horizon - 404
    gradient(picture, (left, top, right, ground_floor), shade(brick, 1.12), shade(brick, 0.9))
    fill(picture, (left - 8, top - 14, right + 8, top + 4), shade(cream, 0.86))
    center = (left + right) // 2
    disc(picture, (center, top + 46), (34, 34), (235, 240, 242))
    disc(picture, (center, top + 46), (29, 29), (250, 252, 252))
    line(picture, (center, top + 46), (center + 15, top + 36), (40, 40, 40), 3)
    line(picture, (center, top + 46), (center - 4, top + 23), (40, 40, 40), 2)
    letters(picture, "启明学校", (center, top + 114), 48, gold, weight=700)
    for x in range(left + 26, right - 40, 60):
        for y in range(top + 200, ground_floor - 110, 62):
            _window(picture, (x, y, x + 40, y + 44))
    _entrance(picture, center)


def _entrance(picture: Picture, center: int) -> None:
    fill(picture, (center - 96, ground_floor - 96, center + 96, ground_floor - 82), shade(stone, 1.1))
    gradient(picture, (center - 80, ground_floor - 82, center + 80, ground_floor), shade(glass, 0.9), shade(glass, 0.5))
    for x in range(center - 80, center + 81, 40):
        line(picture, (x, ground_floor - 82), (x, ground_floor), (215, 222, 226), 3)
    for step in range(4):
        fill(picture, (center - 100 - 10 * step, ground_floor + 5 * step, center + 100 + 10 * step,
                       ground_floor + 5 * step + 5), shade(stone, 1.1 - 0.07 * step))  # fmt: skip


def _sports_hall(picture: Picture, random: np.random.Generator) -> None:
    box = (middle + 1180, horizon - 170, middle + 2050, ground_floor)
    gradient(picture, box, (222, 214, 200), (206, 198, 184))
    grain(picture, box, 2, 3, random)
    polygon(picture, [(box[0] - 20, box[1]), (box[0] + 435, box[1] - 95), (box[2] + 20, box[1])], (150, 112, 70))
    for x in range(box[0] + 40, box[2] - 60, 110):
        _window(picture, (x, box[1] + 36, x + 70, box[1] + 120))
    letters(picture, "体育馆", (box[0] + 435, box[1] - 32), 42, (240, 246, 250), weight=600)


def _flats(picture: Picture) -> None:
    """Paint the dwellings to the left of the school."""
    for number, x in enumerate(range(middle - 2700, middle - 1200, 520)):
        wall = ((186, 204, 226), (198, 210, 214), (176, 198, 222))[number % 3]
        gradient(picture, (x, horizon - 480, x + 380, ground_floor), shade(wall, 1.03), shade(wall, 0.9))
        for y in range(horizon - 450, ground_floor - 50, 66):
            for left in range(x + 26, x + 340, 88):
                _window(picture, (left, y, left + 56, y + 36))
        fill(picture, (x - 6, horizon - 494, x + 386, horizon - 476), shade(wall, 0.75))


def _forecourt(picture: Picture, random: np.random.Generator) -> None:
    """Pave the way from the gate to the entrance."""
    points = [(middle + 10, ground_floor + 20), (middle + 210, ground_floor + 20), (gate_right + 20, fence_base),
              (gate_left - 20, fence_base)]  # fmt: skip
    polygon(picture, points, (190, 202, 210))
    for share in np.linspace(0.1, 1, 7):
        y = int(ground_floor + 20 + (fence_base - ground_floor - 20) * share**1.4)
        left = int(middle + 10 + (gate_left - 20 - middle - 10) * share**1.4)
        line(picture, (left, y), (left + 200 + int(180 * share), y), (172, 184, 192))
    hedge(picture, middle - 300, middle - 20, ground_floor + 44, 34, random=random)
    hedge(picture, middle + 390, middle + 660, ground_floor + 44, 34, random=random)


def _flag(picture: Picture, foot: tuple[int, int]) -> None:
    x, y = foot
    line(picture, (x, y), (x, y - 440), (214, 218, 220), 6)
    disc(picture, (x, y - 442), (6, 6), gold)
    top = y - 430
    waves = [(x + 4 + step * 12, top + int(5 * np.sin(step * 0.9))) for step in range(11)]
    polygon(picture, waves + [(wx, wy + 78) for wx, wy in reversed(waves)], (36, 34, 216))
    disc(picture, (x + 26, top + 22), (11, 11), (60, 214, 250))
    for dx, dy in ((46, 8), (54, 18), (54, 32), (46, 42)):
        disc(picture, (x + dx, top + dy), (4, 4), (60, 214, 250))


def _railing(picture: Picture, random: np.random.Generator) -> None:
    """Paint the low wall with the railing on both sides of the gate."""
    for left, right in ((0, gate_left - 60), (gate_right + 290, width)):
        hedge(picture, left, right, fence_base - 28, 46, random=random)
        gradient(picture, (left, fence_base - 40, right, fence_base), shade(brick, 1.1), shade(brick, 0.8))
        fill(picture, (left, fence_base - 48, right, fence_base - 40), shade(stone, 1.08))
        for y in (fence_base - 128, fence_base - 62):
            line(picture, (left, y), (right, y), (66, 62, 60), 4)
        for x in range(left + 8, right, 18):
            line(picture, (x, fence_base - 138), (x, fence_base - 48), (74, 70, 68), 3)
        for x in range(left + 90, right - 20, 320):
            _pillar(picture, x, 26, 150)


def _pillar(picture: Picture, x: int, wide: int, high: int) -> None:
    gradient(picture, (x, fence_base - high, x + wide, fence_base), shade(stone, 1.1), shade(stone, 0.85))
    fill(picture, (x + wide * 2 // 3, fence_base - high, x + wide, fence_base), shade(stone, 0.78))
    fill(picture, (x - 5, fence_base - high - 10, x + wide + 5, fence_base - high + 2), shade(stone, 1.18))


def _gate(picture: Picture) -> None:
    center = (gate_left + gate_right) // 2
    _guard_room(picture)
    for x in (gate_left - 56, gate_right):
        _pillar(picture, x, 56, 300)
    fill(picture, (gate_left - 74, fence_base - 372, gate_right + 74, fence_base - 294), shade(brick, 0.62))
    gradient(
        picture, (gate_left - 66, fence_base - 364, gate_right + 66, fence_base - 302), (54, 52, 178), (42, 40, 148)
    )
    fill(picture, (gate_left - 84, fence_base - 386, gate_right + 84, fence_base - 370), shade(stone, 1.15))
    letters(picture, "启明学校", (center, fence_base - 346), 42, gold, weight=700)
    letters(picture, "QIMING SCHOOL", (center, fence_base - 311), 16, (214, 232, 246), weight=600)
    _folding_gate(picture)
    soft_spot(picture, (center + 40, fence_base + 6), (330, 16), (70, 80, 84), 0.4)


def _folding_gate(picture: Picture) -> None:
    """Paint the steel gate that folds together, two thirds open."""
    left, right, top = gate_left, gate_left + 120, fence_base - 92
    for x in range(left, right, 20):
        line(picture, (x, top), (x + 20, fence_base - 8), (206, 210, 212), 4)
        line(picture, (x + 20, top), (x, fence_base - 8), (176, 182, 186), 4)
        line(picture, (x, top - 4), (x, fence_base - 4), (226, 230, 232), 4)
    fill(picture, (right, top - 14, right + 26, fence_base), (70, 66, 196))
    disc(picture, (right + 13, top - 20), (7, 7), (40, 170, 250))
    line(picture, (left, fence_base - 3), (gate_right, fence_base - 3), (120, 126, 130), 3)


def _guard_room(picture: Picture) -> None:
    left, right, top = gate_right + 60, gate_right + 286, fence_base - 210
    gradient(picture, (left, top, right, fence_base), shade(cream, 1.05), shade(cream, 0.86))
    fill(picture, (left - 14, top - 22, right + 14, top), (96, 82, 70))
    gradient(picture, (left + 18, top + 40, left + 136, top + 128), shade(glass, 1.3), shade(glass, 0.85))
    line(picture, (left + 77, top + 40), (left + 77, top + 128), (235, 238, 240), 4)
    gradient(picture, (left + 158, top + 46, left + 208, fence_base), shade(glass, 0.9), shade(glass, 0.6))
    fill(picture, (left, fence_base - 34, right, fence_base), shade(brick, 0.95))
    letters(picture, "门卫室", ((left + right) // 2, top + 20), 25, (44, 44, 150), weight=700)
    soft_spot(picture, ((left + right) // 2, fence_base + 4), (150, 12), (70, 80, 84), 0.45)
