"""What the loudspeaker plays next: the operator's voice over prompts (no clock, no device)."""

from collections import deque
from dataclasses import dataclass

from drivers.audio import BLOCK_BYTES, SILENCE
from drivers.spectrum import mixed

FADED = 0.15
"""A prompt under the operator's voice is 16 dB quieter: still known, never in the way."""

RAMP = 0.2
LATEST_BLOCKS = 10


@dataclass(frozen=True)
class Announcement:
    """A prompt as sound (16 bit mono 48 kHz) and as the words that it says."""

    name: str
    text: str
    sound: bytes


class Mixer:
    """Holds at most 200 ms of the operator's voice and the prompts in their order, and gives blocks of 20 ms."""

    def __init__(self) -> None:
        self._voice: deque[bytes] = deque(maxlen=LATEST_BLOCKS)
        self._waiting: deque[Announcement] = deque()
        self._now: Announcement | None = None
        self._at = 0
        self._gain = 1.0

    @property
    def busy(self) -> bool:
        """Whether there is anything to play."""
        return bool(self._voice or self._waiting or self._now)

    @property
    def saying(self) -> str:
        """The words of the prompt that is playing, or nothing."""
        return self._now.text if self._now else ""

    def hear(self, block: bytes) -> None:
        """One block of the operator's voice; the oldest is dropped when the loudspeaker is 200 ms behind."""
        self._voice.append(block)

    def announce(self, prompt: Announcement) -> None:
        """Play this prompt after those that wait; one that already waits or plays is not repeated."""
        if prompt.name not in {other.name for other in (*self._waiting, *([self._now] if self._now else []))}:
            self._waiting.append(prompt)

    def withdraw(self, name: str) -> None:
        """Forget the prompt of this name, also in the middle of it."""
        self._waiting = deque(other for other in self._waiting if other.name != name)
        if self._now is not None and self._now.name == name:
            self._now = None

    def hush(self) -> None:
        """Forget everything that has not been played."""
        self._voice.clear()
        self._waiting.clear()
        self._now = None

    def next_block(self, *, voice_present: bool) -> bytes:
        """Return the next 20 ms; a prompt fades while the operator speaks and comes back afterwards."""
        voice = self._voice.popleft() if self._voice else SILENCE
        prompt = self._prompt_block()
        if prompt is None:
            self._gain = 1.0
            return voice
        return mixed(voice, prompt, self._ramp(FADED if voice_present else 1.0))

    def _ramp(self, wanted: float) -> float:
        step = max(-RAMP, min(RAMP, wanted - self._gain))
        self._gain += step
        return self._gain

    def _prompt_block(self) -> bytes | None:
        if self._now is None and self._waiting:
            self._now, self._at = self._waiting.popleft(), 0
        if self._now is None:
            return None
        block = self._now.sound[self._at : self._at + BLOCK_BYTES]
        self._at += BLOCK_BYTES
        if self._at >= len(self._now.sound):
            self._now = None
        return block.ljust(BLOCK_BYTES, b"\0")
