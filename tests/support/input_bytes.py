"""Bytes as /dev/input/event* gives them, for fingers that press keys in tests."""

import struct

from evdev import ecodes

# struct input_event of a 64-bit little-endian kernel: seconds, microseconds, type, code, value.
EVENT = struct.Struct("<qqHHi")
DOWN, UP, REPEAT = 1, 0, 2


def event(kind: int, code: int, value: int, at_ns: int = 0) -> bytes:
    """Write one event."""
    return EVENT.pack(at_ns // 1_000_000_000, at_ns % 1_000_000_000 // 1000, kind, code, value)


def report(code: int, value: int, at_ns: int = 0) -> bytes:
    """Write one change of a key and the end of its report."""
    return event(ecodes.EV_KEY, code, value, at_ns) + event(ecodes.EV_SYN, ecodes.SYN_REPORT, 0, at_ns)
