"""How loud a piece of sound is, and which tone it holds; pure."""

import numpy as np
import numpy.typing as npt

from drivers.audio import RATE_HZ

# Silence is minus infinity; JSON has no such number.
FLOOR_DB = -120.0
# Below this nobody hears anything at a gate: about the level of one least significant bit of noise in ten.
QUIET_DB = -60.0

_Samples = npt.NDArray[np.float64]


def level_db(sound: bytes) -> float:
    """Tell the level (root mean square) in dB of full scale, from 0 for a full square wave down to -120."""
    samples = _samples(sound)
    if not samples.any():
        return FLOOR_DB
    rms = float(np.sqrt(np.mean(samples**2)))
    return max(FLOOR_DB, 20 * float(np.log10(rms)))


def tone_hz(sound: bytes) -> float | None:
    """Tell the strongest frequency in Hz, or None when the sound is quieter than -60 dB."""
    if level_db(sound) < QUIET_DB:
        return None
    samples = _samples(sound)
    # A constant offset is not a tone; taken out before the window, which would smear it over the lowest frequencies.
    strength = np.abs(np.fft.rfft((samples - samples.mean()) * np.hanning(len(samples))))
    return float(strength.argmax()) * RATE_HZ / len(samples)


def sine(frequency_hz: float, amplitude: float, first_sample: int, samples: int) -> bytes:
    """Make a piece of a sine tone; amplitude from 0 to 1, `first_sample` keeps the phase from piece to piece."""
    at = np.arange(first_sample, first_sample + samples) / RATE_HZ
    return (amplitude * 32767 * np.sin(2 * np.pi * frequency_hz * at)).astype("<i2").tobytes()


def noise(rms: float, samples: int, random: np.random.Generator) -> bytes:
    """Make white noise of this level; rms from 0 to 1 of full scale."""
    return (random.standard_normal(samples) * rms * 32767).clip(-32768, 32767).astype("<i2").tobytes()


def mixed(sound: bytes, other: bytes, gain: float) -> bytes:
    """Add another piece of the same length, made louder or quieter by `gain`; limited to full scale."""
    both = np.frombuffer(sound, "<i2") + np.frombuffer(other, "<i2") * gain
    return both.clip(-32768, 32767).astype("<i2").tobytes()


def _samples(sound: bytes) -> _Samples:
    return np.frombuffer(sound, "<i2").astype(np.float64) / 32768
