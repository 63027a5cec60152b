"""A QR code in segno's SVG, read as a phone would: by decoding the picture of it."""

import re
from typing import Any

import cv2
import numpy as np

quiet_modules = 4
# No single size and reader of OpenCV's reads every code; a phone, too, looks more than once.
sizes = (8, 4, 5, 6, 10, 12, 3)


def decoded(svg: str) -> str:
    """Draw the modules of the SVG's last path (rows: M, m and h) and let OpenCV read them."""
    paths = re.findall(r'\bd="([^"]+)"', svg)
    assert paths, svg[:300]
    picture = np.pad(_modules(paths[-1]), quiet_modules, constant_values=255)
    for size in sizes:
        large: Any = cv2.resize(picture, None, fx=size, fy=size, interpolation=cv2.INTER_NEAREST)
        for reader in (cv2.QRCodeDetector(), cv2.QRCodeDetectorAruco()):
            text, _, _ = reader.detectAndDecode(large)
            if text:
                return str(text)
    raise AssertionError("no reader could read the code")


def _modules(path: str) -> Any:
    modules = np.full((200, 200), 255, np.uint8)
    x = y = 0.0
    for order, numbers in re.findall(r"([Mmh])([-\d. ]+)", path):
        values = [float(number) for number in re.findall(r"-?\d*\.?\d+", numbers)]
        match order:
            case "M":
                x, y = values
            case "m":
                x, y = x + values[0], y + values[1]
            case _:
                modules[int(y), int(x) : int(x + values[0])] = 0
                x += values[0]
    dark = np.argwhere(modules == 0)
    (top, left), (bottom, right) = dark.min(0), dark.max(0)
    return modules[top : bottom + 1, left : right + 1]
