"""A microphone that hears what the demo page or a test says into it."""

from collections import deque
from collections.abc import Mapping
from typing import Literal

import numpy as np

from drivers.actions import number, unknown
from drivers.audio import BLOCK_SAMPLES, SILENCE
from drivers.microphone.kind import Heard
from drivers.pace import Pace
from drivers.part import PartSettings
from drivers.spectrum import mixed, noise, sine
from drivers.telling import tell

# A quiet room: -70 dB of full scale. A microphone that gives nothing but zeros is broken, and self-tests tell by this.
NOISE_RMS = 10 ** (-70 / 20)
TONE_AMPLITUDE = 0.25
# What a microphone behind the same front plate hears of its loudspeaker: -30 dB.
AIR_GAIN = 10 ** (-30 / 20)
# Loudspeaker and microphone beat at the same pace, but not at the same moments, and on a busy desk in bursts.
MOST_AIR_BLOCKS = 10


class SimulatedMicrophoneSettings(PartSettings):
    """A simulated microphone; refused outside the demo."""

    make: Literal["simulated"]


class SimulatedMicrophone:
    """A microphone with a noise floor; a tone may be said into it, or its capsule muted."""

    fault: str | None = None

    def __init__(self) -> None:
        """Start closed, in a quiet room."""
        self._pace: Pace | None = None
        self._heard: Heard | None = None
        self._tone_hz: float | None = None
        self._muted = False
        self._samples = 0
        self._air: deque[bytes] = deque(maxlen=MOST_AIR_BLOCKS)
        self._random = np.random.default_rng(0)

    def overhear(self, block: bytes) -> None:
        """Take a block that the loudspeaker beside it plays, on any thread."""
        self._air.append(block)

    def open(self, heard: Heard) -> None:
        """Start capturing at the pace of real time."""
        self.stop()
        self._air.clear()
        self._heard = heard
        self._pace = Pace("simulated-microphone", self._beat)

    def stop(self) -> None:
        """Stop capturing; no block follows."""
        pace, self._pace = self._pace, None
        if pace is not None:
            pace.stop()
        self._heard = None

    def close(self) -> None:
        """Stop capturing."""
        self.stop()

    def shows(self) -> Mapping[str, bool | float | None]:
        """Show whether it listens, whether it is muted, and the tone said into it (Hz)."""
        return {"open": self._pace is not None, "muted": self._muted, "tone_hz": self._tone_hz}

    async def act(self, action: str, body: Mapping[str, object]) -> None:
        """Say a tone until mended, mute or mend; ValueError for another action or a bad body."""
        match action:
            case "say":
                self._tone_hz = number(body, "tone_hz", 1000, low=20, high=20_000)
            case "mute":
                self._muted = True
            case "mend":
                self._tone_hz, self._muted = None, False
            case _:
                raise unknown("microphone", action, ("say", "mute", "mend"))

    def _beat(self, at_ns: int) -> None:
        block = self._block()
        self._samples += BLOCK_SAMPLES
        if self._heard is not None:
            tell(self._heard, block, at_ns)

    def _block(self) -> bytes:
        if self._muted:
            return SILENCE
        if self._tone_hz is None:
            said = noise(NOISE_RMS, BLOCK_SAMPLES, self._random)
        else:
            said = sine(self._tone_hz, TONE_AMPLITUDE, self._samples, BLOCK_SAMPLES)
        return mixed(said, self._overheard(), AIR_GAIN)

    def _overheard(self) -> bytes:
        try:
            return self._air.popleft()
        except IndexError:
            return SILENCE
