"""Codes of a window's QR, read as a phone would: by decoding the picture that the screen shows."""

from support.qr import decoded
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
