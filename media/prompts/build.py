"""Builds the synthetic prompts with espeak-ng: a short two-tone marker, the Chinese words, then the English ones.

`python -m media.prompts.build [--out DIR]` writes one WAV a prompt: 48 kHz, mono, 16 bit, the same loudness each.
"""

import argparse
import io
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
from av import AudioFrame, AudioResampler
from numpy.typing import NDArray

from drivers.audio import RATE_HZ
from edge.words import Words
from media.announcements import FOLDER, LOCALE, TEXTS

MARKER_HZ = (880.0, 1320.0)
"""Heard before every prompt: people turn to the post, and machines can find a prompt in a recording."""

MARKER_SECONDS = 0.12
PAUSE_SECONDS = 0.25
LOUDNESS_DBFS = -20.0
PEAK = 0.9
SPEAK_SECONDS = 20.0

Sound = NDArray[np.float64]


class CannotBuild(Exception):
    """espeak-ng is missing or fails; the text says what to do."""


def main() -> None:
    """Write all prompts; exits 1 with a sentence when espeak-ng is missing."""
    parser = argparse.ArgumentParser(prog="python -m media.prompts.build", description=__doc__)
    parser.add_argument("--out", type=Path, default=FOLDER / "generated", help="folder for the WAV files")
    try:
        build(parser.parse_args().out)
    except CannotBuild as problem:
        sys.exit(str(problem))


def build(out: Path) -> None:
    """Write every prompt into a folder. Raises CannotBuild."""
    words = Words.load(LOCALE, "media")
    out.mkdir(parents=True, exist_ok=True)
    for name, text in TEXTS.items():
        write(out / f"{name}.wav", prompt(words.zh(text), words.en(text)))


def prompt(chinese: str, english: str) -> Sound:
    """Return the whole prompt as samples from -1 to 1. Raises CannotBuild."""
    pause = np.zeros(round(PAUSE_SECONDS * RATE_HZ))
    return np.concatenate([marker(), pause, speak(chinese, "cmn"), pause, speak(english, "en"), pause])


def marker() -> Sound:
    """Return the two tones."""
    time = np.arange(round(MARKER_SECONDS * RATE_HZ)) / RATE_HZ
    fade = np.minimum(1, np.minimum(time, time[::-1]) / 0.01)
    return np.concatenate([0.25 * fade * np.sin(2 * np.pi * hertz * time) for hertz in MARKER_HZ])


def speak(text: str, voice: str) -> Sound:
    """Return the words in one voice of espeak-ng, at the common loudness. Raises CannotBuild."""
    command = ["espeak-ng", "-v", voice, "-s", "150", "--stdout", text]
    try:
        spoken = subprocess.run(command, capture_output=True, check=True, timeout=SPEAK_SECONDS)
    except FileNotFoundError as problem:
        raise CannotBuild("espeak-ng is not installed; run: apt install espeak-ng") from problem
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as problem:
        raise CannotBuild(f"espeak-ng failed for {text!r}: {problem}") from problem
    return levelled(resampled(spoken.stdout))


def resampled(wav: bytes) -> Sound:
    """Return a mono WAV of any rate at 48 kHz. espeak-ng tells a pipe no true length, so read what is there."""
    with wave.open(io.BytesIO(wav)) as file:
        rate = file.getframerate()
        frames = file.readframes(len(wav))
    samples = np.frombuffer(frames[: len(frames) // 2 * 2], np.int16)
    frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = rate
    resampler = AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
    parts = [part.to_ndarray().reshape(-1) for part in (*resampler.resample(frame), *resampler.resample(None))]
    return np.concatenate(parts).astype(np.float64) / 32768.0


def levelled(sound: Sound) -> Sound:
    """Return the sound at the common loudness, its peaks limited."""
    power = float(np.mean(sound * sound))
    if power == 0:
        return sound
    gain = 10 ** (LOUDNESS_DBFS / 20) / power**0.5
    return np.asarray(np.clip(sound * gain, -PEAK, PEAK))


def write(path: Path, sound: Sound) -> None:
    """Write samples as a WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((sound * 32767).astype(np.int16).tobytes())


if __name__ == "__main__":
    main()
