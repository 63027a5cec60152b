"""The self-test of the sound, judged (pure): what was played, what was heard, and what follows from it.

The post plays a short melody of two tones and listens. Which tone comes when follows Barker's code of length 11 (R. H.
Barker, 1953), which resembles itself at one delay only: a passing siren or music in the street is not taken for it, and
the delay of sound cards need not be known. What is compared is the one tone with the other, so that noise, hum and the
gain of the microphone play no part in whether the melody is heard.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from drivers.audio import BLOCK_SAMPLES, BLOCK_SECONDS, RATE_HZ
from drivers.spectrum import FLOOR_DB

TONES_HZ = (880.0, 1320.0)
"""The marker that every prompt begins with: a fifth, known at the gate, and within what a horn loudspeaker plays well."""

CODE = (0, 0, 0, 1, 1, 1, 0, 1, 1, 0, 1)
"""Which of the two tones sounds in each note."""

NOTE_BLOCKS = 6
BEFORE_BLOCKS = 15
"""0.3 s of the place as it is, for comparison."""

MOST_DELAY_BLOCKS = 25
"""0.5 s from this program through loudspeaker, air and microphone back to it."""

MELODY_BLOCKS = len(CODE) * NOTE_BLOCKS
HEARD_BLOCKS = MELODY_BLOCKS + MOST_DELAY_BLOCKS
FADE_SECONDS = 0.01

GAP_DB = 6.0
"""By how much the weakest note must stand out. White noise alone reached 3.8 dB in 4,000 trials."""

DISTORTED = 0.1
"""Overtones may have this share of a note's power. A square wave, the worst that clipping makes of it, has 0.15."""

OVERTONES = (2, 3, 4, 5)

Sound = NDArray[np.float64]
_PLAYS = np.array(CODE)
_WINDOW = np.hanning(BLOCK_SAMPLES)


class Finding(StrEnum):
    """What came of one try."""

    PASSED = "passed"
    DEAD = "dead"
    NOT_HEARD = "not_heard"
    TOO_QUIET = "too_quiet"
    DISTORTED = "distorted"


@dataclass(frozen=True)
class Judgement:
    """A finding, with level (dB of full scale) and delay (seconds) of the melody where it was heard."""

    finding: Finding
    level_db: float | None = None
    delay_seconds: float | None = None

    @property
    def faulty_part(self) -> str | None:
        """The part that is most likely at fault, or None."""
        if self.finding is Finding.PASSED:
            return None
        return "microphone" if self.finding is Finding.DEAD else "speaker"

    @property
    def reason(self) -> str | None:
        """Say in one plain sentence what is wrong, or None."""
        match self.finding:
            case Finding.PASSED:
                return None
            case Finding.DEAD:
                return "the microphone gives nothing but zeros: it is unplugged, muted or broken"
            case Finding.NOT_HEARD:
                return (
                    "the test tone was not heard: the loudspeaker is unplugged or muted, or the microphone is covered"
                )
            case Finding.TOO_QUIET:
                return (
                    f"the test tone was heard at {self.level_db:.0f} dB only: "
                    "the loudspeaker is turned down, or one of loudspeaker and microphone is covered"
                )
            case Finding.DISTORTED:
                return "the test tone was heard distorted: the loudspeaker is damaged or overdriven"


def melody(amplitude: float) -> bytes:
    """Return what is played; amplitude from 0 to 1."""
    at = np.arange(NOTE_BLOCKS * BLOCK_SAMPLES) / RATE_HZ
    fade = np.minimum(1, np.minimum(at, at[::-1]) / FADE_SECONDS)
    notes = [fade * np.sin(2 * np.pi * tone * at) for tone in TONES_HZ]
    return (np.concatenate([notes[tone] for tone in CODE]) * amplitude * 32767).astype("<i2").tobytes()


def judge(before: bytes, heard: bytes, quietest_db: float) -> Judgement:
    """Judge one try: whole blocks from before the melody, and HEARD_BLOCKS from the moment at which it was begun."""
    if np.ptp(np.frombuffer(before + heard, "<i2")) == 0:
        return Judgement(Finding.DEAD)
    place, powers = _powers(before), _powers(heard)
    gap, delay = _found(powers)
    if gap < GAP_DB:
        return Judgement(Finding.NOT_HEARD)
    quiet = place.mean(axis=0)
    notes = _notes(powers, delay)
    level = _decibels(np.maximum(0, (notes[:, 0] - quiet[_PLAYS, 0]).mean()))
    return Judgement(_quality(notes, quiet, float(level), quietest_db), float(level), delay * BLOCK_SECONDS)


def _quality(notes: Sound, quiet: Sound, level_db: float, quietest_db: float) -> Finding:
    """Judge a melody that was heard. Overtones count only where they drown what was there before."""
    if level_db < quietest_db:
        return Finding.TOO_QUIET
    there = quiet[_PLAYS, 1:].sum(axis=1).mean()
    over = notes[:, 1:].sum(axis=1).mean() - there
    distorted = over > DISTORTED * notes[:, 0].mean() and over > there
    return Finding.DISTORTED if distorted else Finding.PASSED


def _powers(sound: bytes) -> Sound:
    """Return the power (mean square, full scale 1) by block, tone and overtone; the tone itself comes first."""
    blocks = np.frombuffer(sound, "<i2").reshape(-1, BLOCK_SAMPLES) / 32768
    multiples = np.outer(TONES_HZ, (1, *OVERTONES))
    turns = np.exp(-2j * np.pi * np.arange(BLOCK_SAMPLES)[:, None] * multiples.ravel() / RATE_HZ)
    amplitudes = np.abs((blocks * _WINDOW) @ turns) / _WINDOW.sum()
    return np.asarray(2 * amplitudes**2).reshape(len(blocks), *multiples.shape)


def _found(powers: Sound) -> tuple[float, int]:
    """Return the delay in blocks at which the melody fits best, and by how many dB its two tones stand apart there."""
    levels = _decibels(powers[:, :, 0])
    apart = levels[:, 0] - levels[:, 1]
    delays = np.arange(len(powers) - MELODY_BLOCKS + 1)
    notes = apart[delays[:, None] + np.arange(MELODY_BLOCKS)].reshape(len(delays), len(CODE), NOTE_BLOCKS).mean(axis=2)
    gaps = notes[:, _PLAYS == 0].min(axis=1) - notes[:, _PLAYS == 1].max(axis=1)
    best = int(gaps.argmax())
    return float(gaps[best]), best


def _notes(powers: Sound, delay: int) -> Sound:
    """Return the power by note and overtone, each of the tone that was played."""
    by_note = powers[delay : delay + MELODY_BLOCKS].reshape(len(CODE), NOTE_BLOCKS, *powers.shape[1:]).mean(axis=1)
    return np.asarray(by_note[np.arange(len(CODE)), _PLAYS])


def _decibels(power: Sound | np.float64) -> Sound:
    return np.asarray(10 * np.log10(np.maximum(power, 10 ** (FLOOR_DB / 10))))
