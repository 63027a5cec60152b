"""The few blocks that wait for the loudspeaker."""

from collections import deque

from drivers.audio import SILENCE, check_block

# 200 ms: more would be heard as delay in a conversation; it still rides out a busy moment of the media program.
MOST_BLOCKS = 10


class BlockQueue:
    """A bounded queue between one who plays and one device; neither ever waits for the other."""

    def __init__(self) -> None:
        """Start empty."""
        # A deque's append, popleft and overflow are atomic, so that the device's thread needs no lock.
        self._waiting: deque[bytes] = deque(maxlen=MOST_BLOCKS)

    def put(self, block: bytes) -> None:
        """Append a block, dropping the oldest of ten; ValueError for a bad length."""
        check_block(block)
        self._waiting.append(block)

    def take(self) -> bytes:
        """Take the next block, or silence."""
        try:
            return self._waiting.popleft()
        except IndexError:
            return SILENCE

    def clear(self) -> None:
        """Forget what waits: nobody wants to hear it late."""
        self._waiting.clear()
