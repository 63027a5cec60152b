"""Whether somebody is speaking, from 20 ms blocks of sound (pure)."""

from dataclasses import dataclass, replace
from math import log10

import numpy as np

FLOOR_DBFS = -96.0


def level_dbfs(block: bytes) -> float:
    """Return the block's root mean square in dB relative to full scale; digital silence is -96."""
    samples = np.frombuffer(block, np.int16).astype(np.float64)
    power = float(np.mean(samples * samples)) if samples.size else 0.0
    return max(FLOOR_DBFS, 10 * log10(power / 32768.0**2)) if power else FLOOR_DBFS


@dataclass(frozen=True)
class Presence:
    """Speech begins after `attack` loud blocks in a row and ends `hangover` blocks (75 = 1.5 s) after the last."""

    threshold_dbfs: float = -45.0
    attack: int = 3
    hangover: int = 75
    loud: int = 0
    left: int = 0

    @property
    def speaking(self) -> bool:
        """Whether the voice counts as present; the pauses between words do not end it."""
        return self.left > 0


def hear(now: Presence, block: bytes) -> Presence:
    """One more block of the operator's sound."""
    if level_dbfs(block) < now.threshold_dbfs:
        return replace(now, loud=0, left=max(0, now.left - 1))
    loud = min(now.loud + 1, now.attack)
    return replace(now, loud=loud, left=now.hangover if loud >= now.attack else max(0, now.left - 1))
