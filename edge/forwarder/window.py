"""How much may be on its way at once: bytes, not messages, so that no modem's buffer fills up before an alarm. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

# "[" and "]" around a batch, "," behind each event.
brackets_bytes = 2
comma_bytes = 1


@dataclass(frozen=True, slots=True)
class Window:
    """Bytes handed to a connection and not yet taken by the broker (PUBACK)."""

    limit_bytes: int
    in_flight_bytes: int = 0

    def has_room(self, size_bytes: int) -> bool:
        """Whether a message of this size may go now; one that is too large for the window goes alone."""
        return self.in_flight_bytes == 0 or self.in_flight_bytes + size_bytes <= self.limit_bytes

    def sent(self, size_bytes: int) -> "Window":
        """Return the window with one more message on its way."""
        return replace(self, in_flight_bytes=self.in_flight_bytes + size_bytes)

    def freed(self, size_bytes: int) -> "Window":
        """Return the window after the broker took a message."""
        return replace(self, in_flight_bytes=max(0, self.in_flight_bytes - size_bytes))


def first_batch(sizes_bytes: Sequence[int], limit_bytes: int, limit_events: int) -> int:
    """Return how many of the next events make one message: at least one, so that a large event is never stuck."""
    total, count = brackets_bytes, 0
    for size in sizes_bytes[:limit_events]:
        total += size + comma_bytes
        if count and total > limit_bytes:
            break
        count += 1
    return count
