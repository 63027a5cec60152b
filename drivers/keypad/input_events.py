"""From the bytes of /dev/input/event* to presses (struct input_event of linux/input.h). Pure."""

import struct
from collections.abc import Mapping

from evdev import ecodes

from drivers.keypad.kind import Press

# struct input_event as this kernel writes it: two longs of time, type, code, value. 24 bytes on 64-bit systems.
EVENT = struct.Struct("@llHHi")


class Decoder:
    """Turns a stream of bytes, cut anywhere, into key-down presses."""

    def __init__(self, levels: Mapping[int, int]) -> None:
        """Know the level of each key code; every other key is nobody's."""
        self._levels = dict(levels)
        self._rest = b""
        self._dropped = False

    def take(self, data: bytes) -> list[Press]:
        """Decode what has come; half an event waits for its other half."""
        data = self._rest + data
        whole = len(data) - len(data) % EVENT.size
        self._rest = data[whole:]
        told = (self._event(*fields) for fields in EVENT.iter_unpack(data[:whole]))
        return [press for press in told if press is not None]

    def _event(self, seconds: int, microseconds: int, kind: int, code: int, value: int) -> Press | None:
        match kind, code, value:
            case ecodes.EV_SYN, ecodes.SYN_DROPPED, _:
                # The kernel's buffer ran over: what follows up to the next report is a torn remainder.
                self._dropped = True
            case ecodes.EV_SYN, ecodes.SYN_REPORT, _:
                self._dropped = False
            # 1 is down; 0 is up, 2 is autorepeat.
            case ecodes.EV_KEY, _, 1 if not self._dropped and code in self._levels:
                return Press(self._levels[code], seconds * 1_000_000_000 + microseconds * 1000)
        return None
