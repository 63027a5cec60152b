"""Codes of a window's QR, read as a phone would: by decoding the picture that the screen shows."""

import re
from typing import Any

import cv2
import numpy as np

from support.rating import RatingProcess


def code_for(rating: RatingProcess) -> str:
    """Return the code that the screen shows now."""
    link = link_for(rating)
    return link.rpartition("/")[2]


def link_for(rating: RatingProcess) -> str:
    """Return the link in the QR picture that the screen shows now."""
    address = rating.shown()["qr"]
    assert address, "no QR is shown"
    return decoded(rating.screen.get(address).text)


def decoded(svg: str) -> str:
    """Draw the modules of segno's SVG and let OpenCV read them."""
    size = int(re.search(r'width="(\d+)"', svg)[1])  # type: ignore[index]  # segno always writes it
    scale = 4
    modules = size // scale
    picture: Any = np.full((modules, modules), 255, np.uint8)
    path = re.search(r'class="qrline"[^>]* d="([^"]+)"', svg)
    assert path, svg[:300]
    x = y = 0.0
    for command, values in re.findall(r"([Mmh])([-\d. ]+)", path[1]):
        numbers = [float(value) for value in re.findall(r"-?[\d.]+", values)]
        match command:
            case "M":
                x, y = numbers
            case "m":
                x, y = x + numbers[0], y + numbers[1]
            case _:
                picture[int(y), int(x) : int(x + numbers[0])] = 0
                x += numbers[0]
    large = cv2.resize(picture, None, fx=8, fy=8, interpolation=cv2.INTER_NEAREST)
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(large)
    assert text, "the QR cannot be read"
    return str(text)
