"""The frames of a serial keypad: STX, a letter, a digit, two hexadecimal digits of checksum, ETX. Pure.

K1…K5 from the keypad: the key of that level went down. A0 from the keypad: I am alive. L0…L5 to the keypad: light the
lamp of that level, 0: dark. The checksum is the sum of letter and digit, modulo 256, in capitals: key 3 is
02 4B 33 37 45 03. 9600 baud, 8 data bits, no parity, 1 stop bit.
"""

import re
from dataclasses import dataclass

STX = b"\x02"
ETX = b"\x03"
# The body of a frame is letter, digit and two digits of checksum; no byte of it can be STX or ETX.
_FRAME = re.compile(rb"\x02([KA][0-5])([0-9A-F]{2})\x03")
_LONGEST = 6


@dataclass(frozen=True)
class Said:
    """One good frame of the keypad: the level of a key, or None for "I am alive"."""

    level: int | None


class Deframer:
    """Finds the good frames in a stream that may begin anywhere and hold anything."""

    def __init__(self) -> None:
        """Start with an empty buffer."""
        self._rest = b""

    def take(self, data: bytes) -> list[Said]:
        """Take bytes as they come; what is no good frame is skipped, and a half one waits for its other half."""
        data = self._rest + data
        said, end = [], 0
        for frame in _FRAME.finditer(data):
            end = frame.end()
            if (meant := _meant(frame[1], frame[2])) is not None:
                said.append(meant)
        # What a frame still to come may begin with is shorter than a whole one.
        begin = data.rfind(STX, max(end, len(data) - _LONGEST + 1))
        self._rest = data[begin:] if begin >= 0 else b""
        return said


def lamp_frame(level: int | None) -> bytes:
    """Write the command that lights a lamp, None: dark."""
    body = f"L{level or 0}".encode()
    return STX + body + _checksum(body) + ETX


def _meant(body: bytes, checksum: bytes) -> Said | None:
    if checksum != _checksum(body):
        return None
    match body[:1], int(body[1:]):
        case b"A", 0:
            return Said(None)
        case b"K", level if level:
            return Said(level)
    return None


def _checksum(body: bytes) -> bytes:
    return f"{sum(body) % 256:02X}".encode()
