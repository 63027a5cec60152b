"""The street in front of the gate: pavements, lamps, road, crossing and what stands there."""

import numpy as np

from media.sim_camera.canvas import Picture, disc, fill, gradient, grain, letters, line, polygon, soft_spot
from media.sim_camera.geometry import curb, fence_base, gate_left, gate_right, height, middle, road_end, width
from media.sim_camera.plants import tree

lamp_distance = 760


def paint(picture: Picture, random: np.random.Generator) -> None:
    """Paint the street from the railing to the camera's feet."""
    _pavement(picture, fence_base, curb, 26, random)
    _road(picture, random)
    _pavement(picture, road_end, height, 90, random)
    _guiding_strip(picture)
    for x in range(300, width, lamp_distance):
        if not gate_left - 260 < x < gate_right + 200:
            _lamp(picture, x)
    for x in range(640, width, lamp_distance):
        if not gate_left - 330 < x < gate_right + 330:
            tree(picture, (x, fence_base + 64), int(random.integers(380, 470)), random)
    _bus_stop(picture, middle - 900)
    _school_sign(picture, gate_left - 230)


def _pavement(picture: Picture, top: int, bottom: int, tile: int, random: np.random.Generator) -> None:
    gradient(picture, (0, top, width, bottom), (184, 196, 206), (164, 178, 190))
    for row, y in enumerate(range(top, bottom, tile // 2)):
        line(picture, (0, y), (width, y), (156, 168, 178))
        for x in range(row % 2 * tile // 2, width, tile):
            line(picture, (x, y), (x - tile // 6, min(bottom - 1, y + tile // 2)), (158, 170, 180))
    grain(picture, (0, top, width, bottom), 4, 3, random)


def _road(picture: Picture, random: np.random.Generator) -> None:
    fill(picture, (0, curb, width, curb + 12), (206, 212, 216))
    fill(picture, (0, curb + 12, width, curb + 18), (120, 126, 130))
    gradient(picture, (0, curb + 18, width, road_end), (112, 108, 104), (92, 88, 86))
    grain(picture, (0, curb + 18, width, road_end), 6, 2, random)
    grain(picture, (0, curb + 18, width, road_end), 4, 60, random)
    line(picture, (0, curb + 34), (width, curb + 34), (214, 220, 222), 4)
    center = curb + 182
    for y in (center - 6, center + 6):
        line(picture, (0, y), (width, y), (66, 186, 232), 4)
    line(picture, (0, road_end - 22), (width, road_end - 22), (214, 220, 222), 7)
    _crossing(picture)
    fill(picture, (0, road_end - 14, width, road_end), (200, 206, 210))


def _crossing(picture: Picture) -> None:
    """Paint the zebra in front of the gate, wider towards the camera."""
    center = (gate_left + gate_right) // 2
    for stripe in range(-4, 5):
        near, far = center + stripe * 62, center + stripe * 44
        points = [(far - 12, curb + 30), (far + 12, curb + 30), (near + 17, road_end - 20), (near - 17, road_end - 20)]
        polygon(picture, points, (222, 228, 230))
    letters(picture, "学校 慢行", (center - 620, curb + 270), 74, (206, 214, 216), weight=700)


def _guiding_strip(picture: Picture) -> None:
    """Paint the yellow strip with ribs that blind people follow."""
    fill(picture, (0, road_end + 120, width, road_end + 190), (70, 182, 226))
    for y in range(road_end + 130, road_end + 190, 16):
        line(picture, (0, y), (width, y), (56, 160, 206), 4)
    fill(picture, (0, fence_base + 92, width, fence_base + 108), (86, 186, 222))


def _lamp(picture: Picture, x: int) -> None:
    foot = fence_base + 118
    soft_spot(picture, (x + 60, foot), (110, 7), (70, 80, 84), 0.5)
    line(picture, (x, foot), (x, foot - 560), (92, 96, 98), 10)
    line(picture, (x - 2, foot), (x - 2, foot - 560), (150, 154, 156), 3)
    fill(picture, (x - 11, foot - 50, x + 11, foot), (84, 88, 90))
    line(picture, (x, foot - 556), (x + 110, foot - 590), (92, 96, 98), 8)
    polygon(picture, [(x + 90, foot - 594), (x + 176, foot - 604), (x + 180, foot - 592), (x + 96, foot - 578)],
            (80, 84, 88))  # fmt: skip
    line(picture, (x + 100, foot - 580), (x + 176, foot - 591), (190, 236, 255), 5)
    soft_spot(picture, (x + 140, foot - 576), (90, 50), (200, 240, 255), 0.55)
    fill(picture, (x + 14, foot - 420, x + 74, foot - 260), (52, 50, 190))
    for number, sign in enumerate("平安校园"):
        letters(picture, sign, (x + 44, foot - 398 + 38 * number), 28, (230, 240, 250), weight=700)


def _bus_stop(picture: Picture, x: int) -> None:
    foot = fence_base + 112
    soft_spot(picture, (x + 180, foot + 4), (230, 14), (70, 80, 84), 0.5)
    gradient(picture, (x + 12, foot - 190, x + 348, foot - 40), (214, 206, 186), (196, 186, 160))
    fill(picture, (x + 30, foot - 176, x + 130, foot - 56), (176, 116, 50))
    letters(picture, "校园安全", (x + 80, foot - 136), 22, (245, 248, 250), weight=700)
    letters(picture, "110", (x + 80, foot - 92), 40, (245, 248, 250), weight=700)
    fill(picture, (x - 10, foot - 226, x + 370, foot - 200), (140, 92, 40))
    letters(picture, "学校东门  East Gate", (x + 180, foot - 213), 19, (245, 248, 250), weight=600)
    for post in (x, x + 352):
        fill(picture, (post, foot - 204, post + 8, foot), (110, 114, 118))
    fill(picture, (x + 150, foot - 48, x + 330, foot - 38), (70, 110, 150))


def _school_sign(picture: Picture, x: int) -> None:
    foot = fence_base + 126
    line(picture, (x, foot), (x, foot - 210), (150, 154, 156), 6)
    polygon(picture, [(x, foot - 300), (x - 52, foot - 208), (x + 52, foot - 208)], (30, 30, 30))
    polygon(picture, [(x, foot - 290), (x - 43, foot - 213), (x + 43, foot - 213)], (40, 206, 250))
    for dx, high in ((-10, 42), (12, 34)):
        disc(picture, (x + dx, foot - 218 - high), (6, 6), (30, 30, 30))
        line(picture, (x + dx, foot - 212 - high), (x + dx, foot - 230), (30, 30, 30), 8)
        line(picture, (x + dx, foot - 232), (x + dx + 8, foot - 218), (30, 30, 30), 4)
