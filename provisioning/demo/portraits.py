"""Drawn pictures for the demo: friendly faces of nobody, and two scenes for notices. Colours are OpenCV's B, G, R."""

import cv2
import numpy as np
from numpy.typing import NDArray

from provisioning.demo.clerks import Colour, Face

Picture = NDArray[np.uint8]
# Drawn at twice the size and made smaller, which smooths every edge.
oversize = 2
width, height = 320, 400
skin: Colour = (176, 205, 240)
shade: Colour = (150, 182, 222)
ink: Colour = (48, 42, 40)
white: Colour = (250, 250, 250)


def portrait(face: Face) -> bytes:
    """Draw a clerk from the chest up. Returns a PNG of 320×400."""
    picture = _sheet(width, height, face.ground)
    _hair_behind(picture, face)
    _shoulders(picture, face.jacket)
    _ellipse(picture, (160, 258), (34, 46), shade)  # neck
    _ellipse(picture, (160, 175), (78, 96), skin)  # head
    for side in (-1, 1):
        _ellipse(picture, (160 + 79 * side, 182), (13, 22), skin)  # ears
    _features(picture)
    _hair_in_front(picture, face)
    if face.glasses:
        _glasses(picture)
    return _png(picture)


def _features(picture: Picture) -> None:
    for side in (-1, 1):
        _ellipse(picture, (160 + 31 * side, 180), (8, 10), ink)
        _ellipse(picture, (163 + 31 * side, 177), (3, 3), white)
        _arc(picture, (160 + 31 * side, 166), (17, 9), (200, 340), ink, 5)  # brows
        _ellipse(picture, (160 + 48 * side, 212), (14, 8), (168, 178, 242))  # cheeks
    _arc(picture, (160, 198), (8, 7), (20, 160), shade, 5)  # nose
    _arc(picture, (160, 216), (30, 22), (20, 160), (90, 84, 176), 6)  # a smile


def _hair_behind(picture: Picture, face: Face) -> None:
    match face.hair:
        case "bob":
            _ellipse(picture, (160, 190), (104, 122), face.hair_colour)
        case "bun":
            _ellipse(picture, (160, 62), (40, 36), face.hair_colour)
            _ellipse(picture, (160, 160), (90, 98), face.hair_colour)
        case "short":
            _ellipse(picture, (160, 150), (86, 84), face.hair_colour)


def _hair_in_front(picture: Picture, face: Face) -> None:
    cap = [_spot(160 + 84 * np.cos(turn), 158 - 88 * np.sin(turn)) for turn in np.linspace(0.12, np.pi - 0.12, 40)]
    parting = {"bob": (176, 112), "bun": (160, 100), "short": (136, 118)}[face.hair]
    fringe = [_spot(84, 142), _spot(110, 124), _spot(*parting), _spot(212, 122), _spot(236, 142)]
    cv2.fillPoly(picture, [np.array([*cap, *fringe], np.int32)], face.hair_colour, cv2.LINE_AA)


def _shoulders(picture: Picture, jacket: Colour) -> None:
    _ellipse(picture, (160, 420), (148, 136), jacket)
    _polygon(picture, [(112, 290), (160, 380), (208, 290), (160, 276)], white)
    _polygon(picture, [(152, 300), (168, 300), (174, 380), (160, 396), (146, 380)], (60, 50, 170))
    _polygon(picture, [(218, 336), (262, 336), (262, 352), (218, 352)], white)  # the name badge


def _glasses(picture: Picture) -> None:
    for side in (-1, 1):
        _arc(picture, (160 + 32 * side, 180), (25, 21), (0, 360), ink, 4)
    cv2.line(picture, _spot(153, 178), _spot(167, 178), ink, 4 * oversize, cv2.LINE_AA)


def notice_picture(scene: str) -> bytes:
    """Draw a quiet scene for a notice: `desk` or `park`. Returns a PNG of 640×360. Raises KeyError for another name."""
    picture = _sheet(640, 360, (238, 226, 204))
    {"desk": _desk, "park": _park}[scene](picture)
    return _png(picture)


def _desk(picture: Picture) -> None:
    _polygon(picture, [(0, 250), (640, 250), (640, 360), (0, 360)], (120, 160, 196))
    for left, lift in ((190, 0), (250, -16), (310, 4)):
        _polygon(picture, [(left, 90 + lift), (left + 120, 80 + lift), (left + 130, 240), (left + 10, 250)], white)
        for row in range(5):
            y = 120 + lift + 24 * row
            cv2.line(picture, _spot(left + 22, y), _spot(left + 104, y - 4), (190, 186, 180), 5 * oversize, cv2.LINE_AA)
    _ellipse(picture, (470, 180), (62, 62), (96, 168, 80))
    points = np.array([_spot(440, 182), _spot(462, 206), _spot(504, 154)], np.int32)
    cv2.polylines(picture, [points], isClosed=False, color=white, thickness=13 * oversize, lineType=cv2.LINE_AA)


def _park(picture: Picture) -> None:
    _ellipse(picture, (520, 90), (46, 46), (120, 206, 250))
    _ellipse(picture, (180, 380), (360, 130), (130, 190, 130))
    _ellipse(picture, (520, 400), (300, 140), (110, 176, 116))
    for x, size in ((120, 1.0), (250, 0.8), (560, 0.9)):
        _polygon(picture, [(x - 8, 290), (x + 8, 290), (x + 6, 200), (x - 6, 200)], (70, 96, 130))
        _ellipse(picture, (x, 180), (round(62 * size), round(74 * size)), (88, 150, 92))
    for x, tall, colour in ((360, 96, (150, 110, 70)), (408, 60, (80, 120, 220)), (450, 90, (120, 90, 150))):
        _ellipse(picture, (x, 320 - tall), (14, 15), skin)
        _ellipse(picture, (x, 320 - tall // 2), (18, tall // 2 - 8), colour)


def _sheet(wide: int, high: int, ground: Colour) -> Picture:
    """Return an empty sheet, a little lighter at the top."""
    light = np.linspace(1.06, 0.94, high * oversize)[:, None, None]
    sheet = np.clip(np.array(ground) * light, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(sheet, (high * oversize, wide * oversize, 3)))


def _spot(x: float, y: float) -> tuple[int, int]:
    return round(x * oversize), round(y * oversize)


def _ellipse(picture: Picture, centre: tuple[int, int], axes: tuple[int, int], colour: Colour) -> None:
    cv2.ellipse(picture, _spot(*centre), _spot(*axes), 0, 0, 360, colour, -1, cv2.LINE_AA)


def _arc(  # noqa: PLR0917 - the order is OpenCV's
    picture: Picture, centre: tuple[int, int], axes: tuple[int, int], turn: tuple[int, int], colour: Colour, thick: int
) -> None:
    cv2.ellipse(picture, _spot(*centre), _spot(*axes), 0, *turn, colour, thick * oversize, cv2.LINE_AA)


def _polygon(picture: Picture, points: list[tuple[int, int]], colour: Colour) -> None:
    cv2.fillPoly(picture, [np.array([_spot(*point) for point in points], np.int32)], colour, cv2.LINE_AA)


def _png(picture: Picture) -> bytes:
    small = cv2.resize(picture, None, fx=1 / oversize, fy=1 / oversize, interpolation=cv2.INTER_AREA)
    done, data = cv2.imencode(".png", small)
    if not done:
        raise ValueError("OpenCV could not write a PNG")
    return data.tobytes()
