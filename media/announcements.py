"""The post's spoken prompts: what they say in both languages, and where their sound comes from.

A recording (`recorded/<name>.wav`) stands before the synthetic voice (`generated/<name>.wav`).
"""

import wave
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from drivers.audio import RATE_HZ
from edge.words import Words
from media.mixer import Announcement

FOLDER = Path(__file__).parent / "prompts"
LOCALE = Path(__file__).parent / "locale"

TEXTS: Mapping[str, str] = {
    "called": "Alarm sent, connecting",
    "received": "The monitoring centre has received your alarm",
    "answered": "The monitoring centre has answered",
    "on_the_way": "Help is on the way",
    "arrived": "Help has arrived",
    "closed": "This alarm is closed",
    "drill": "This is a drill",
    "test": "This is a test",
    "out_of_service": "This call post is out of service, please call 110",
    "please_rate": "Please rate our service",
    "rating_thanks": "Thank you for your rating",
}
"""Each prompt's English text, which is also its key in the gettext catalogue."""


class BadSound(Exception):
    """A prompt's sound is missing or not as it must be; the text says which file and why."""


@dataclass(frozen=True)
class Announcements:
    """Every prompt with its words, and the reasons for those that cannot be heard."""

    known: Mapping[str, Announcement]
    fault: str | None

    def named(self, name: str) -> Announcement:
        """Return the prompt of this name; without a sound it is still shown. Raises KeyError."""
        return self.known[name]


def load(folder: Path = FOLDER) -> Announcements:
    """Read every prompt; a missing sound becomes a fault and silence, never a crash."""
    words = Words.load(LOCALE, "media")
    known: dict[str, Announcement] = {}
    missing: list[str] = []
    for name, text in TEXTS.items():
        try:
            sound = sound_of(name, folder)
        except BadSound as problem:
            missing.append(str(problem))
            sound = b""
        known[name] = Announcement(name, words.both(text), sound)
    return Announcements(known, "; ".join(missing)[:400] or None)


def sound_of(name: str, folder: Path = FOLDER) -> bytes:
    """Return the prompt's sound, 16 bit mono 48 kHz. Raises BadSound."""
    for path in (folder / "recorded" / f"{name}.wav", folder / "generated" / f"{name}.wav"):
        if path.exists():
            return _read(path)
    raise BadSound(f"the prompt {name} has no sound; run: python -m media.prompts.build")


def _read(path: Path) -> bytes:
    try:
        with wave.open(str(path), "rb") as file:
            if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, 2, RATE_HZ):
                raise BadSound(f"{path} must be mono, 16 bit, {RATE_HZ} Hz")
            return file.readframes(file.getnframes())
    except (wave.Error, EOFError, OSError) as problem:
        raise BadSound(f"{path} cannot be read as WAV: {problem}") from problem
