"""How fast a burst of cached pictures may leave (pure).

Packets of about 1,200 bytes sent as one blast of a megabyte overflow the buffers of a small uplink, and the browser then
waits for hundreds of retransmissions. A bucket that fills at the pace and holds a little is enough.
"""

from dataclasses import dataclass, replace

DEPTH_BYTES = 32_000


@dataclass(frozen=True)
class Bucket:
    """`bytes_per_second` is the pace; `level` may go below zero, which is what has to be waited for."""

    bytes_per_second: float
    level: float = DEPTH_BYTES
    at: float = 0.0


def spend(now: Bucket, size: int, at: float) -> tuple[Bucket, float]:
    """Take `size` bytes at the time `at` (seconds); the seconds to wait before sending them."""
    filled = min(DEPTH_BYTES, now.level + (at - now.at) * now.bytes_per_second)
    level = filled - size
    return replace(now, level=level, at=at), max(0.0, -level / now.bytes_per_second)
