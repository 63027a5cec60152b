"""The prompts exist in both languages and can be heard."""

import wave
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from drivers.audio import RATE_HZ
from drivers.spectrum import tone_hz
from edge.kinds import shapes
from media.announcements import TEXTS, BadSound, load, sound_of
from media.prompts import build
from media.voice import level_dbfs

MARKER_BYTES = round(build.MARKER_SECONDS * RATE_HZ) * 2


def test_every_prompt_of_the_contract_has_words() -> None:
    """Chinese first, English beside it."""
    known = load(Path("/nonexistent")).known
    assert set(known) == set(get_args(shapes.Prompt))
    assert known["called"].text == "报警已发出,正在接通监控中心 / Alarm sent, connecting"


def test_a_missing_sound_is_a_fault_and_no_crash(tmp_path: Path) -> None:
    """The post still shows the words, and says how to repair it."""
    prompts = load(tmp_path)
    assert "python -m media.prompts.build" in str(prompts.fault)
    assert prompts.named("called").sound == b""
    with pytest.raises(KeyError):
        prompts.named("unknown")


def test_espeak_speaks_both_languages_behind_the_marker() -> None:
    """At the common loudness, without clipping."""
    sound = (build.prompt("报警已发出", "Alarm sent") * 32767).astype(np.int16).tobytes()
    assert tone_hz(sound[:MARKER_BYTES]) == pytest.approx(build.MARKER_HZ[0], abs=15)
    assert tone_hz(sound[MARKER_BYTES : 2 * MARKER_BYTES]) == pytest.approx(build.MARKER_HZ[1], abs=15)
    assert len(sound) > 2 * RATE_HZ
    assert -35 < level_dbfs(sound) < -15


def test_a_recording_stands_before_the_synthetic_voice(tmp_path: Path) -> None:
    """Whoever records their own voices only puts a file there."""
    for folder, length in (("generated", 10), ("recorded", 20)):
        (tmp_path / folder).mkdir()
        build.write(tmp_path / folder / "called.wav", np.zeros(length))
    assert len(sound_of("called", tmp_path)) == 40
    (tmp_path / "recorded" / "called.wav").unlink()
    assert len(sound_of("called", tmp_path)) == 20


def test_a_recording_of_another_form_is_named(tmp_path: Path) -> None:
    """Stereo, or 44.1 kHz, or no WAV at all."""
    (tmp_path / "recorded").mkdir()
    path = tmp_path / "recorded" / "called.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44_100)
        file.writeframes(bytes(400))
    with pytest.raises(BadSound, match="mono, 16 bit, 48000 Hz"):
        sound_of("called", tmp_path)
    path.write_bytes(b"no sound")
    with pytest.raises(BadSound, match="cannot be read"):
        sound_of("called", tmp_path)


def test_every_prompt_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One file each, in the one form that the post plays; without espeak-ng there is a sentence."""
    build.build(tmp_path / "generated")
    prompts = load(tmp_path)
    assert prompts.fault is None
    assert all(len(prompts.named(name).sound) > RATE_HZ for name in TEXTS)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(build.CannotBuild, match="apt install espeak-ng"):
        build.build(tmp_path)
