"""The judge of the sound's self-test: every room that a post may stand in, and every way in which its sound may be dead."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as how
from numpy.typing import NDArray

from drivers.audio import BLOCK_BYTES, BLOCK_SAMPLES, RATE_HZ
from drivers.spectrum import level_db
from media.self_test import BEFORE_BLOCKS, HEARD_BLOCKS, MELODY_BLOCKS, Finding, judge, melody

AMPLITUDE = 0.1
QUIETEST_DB = -60.0
PLAYED_DB = -23.0
"""The level of a sine of this amplitude."""

Sound = NDArray[np.float64]


def gain(decibels: float) -> float:
    """Return a change of level as a factor."""
    return float(10 ** (decibels / 20))


def sound(samples: Sound) -> bytes:
    """Return samples from -1 to 1 as the microphone gives them."""
    return (samples.clip(-1, 1) * 32767).astype("<i2").tobytes()


def room(noise_db: float, seed: int = 0) -> tuple[Sound, Sound]:
    """Return what a microphone hears at a place before and during a try, with nothing played."""
    random = np.random.default_rng(seed)
    both = random.standard_normal((BEFORE_BLOCKS + HEARD_BLOCKS) * BLOCK_SAMPLES) * gain(noise_db)
    return both[: BEFORE_BLOCKS * BLOCK_SAMPLES], both[BEFORE_BLOCKS * BLOCK_SAMPLES :]


def played(delay_seconds: float = 0.0, level_db: float = 0.0) -> Sound:
    """Return the melody as it arrives, later and louder or quieter."""
    notes = np.frombuffer(melody(AMPLITUDE), "<i2") / 32768 * gain(level_db)
    arrived = np.zeros(HEARD_BLOCKS * BLOCK_SAMPLES)
    begin = round(delay_seconds * RATE_HZ)
    arrived[begin : begin + len(notes)] = notes
    return arrived


def judged(before: Sound, heard: Sound) -> tuple[Finding, float | None]:
    """Return finding and level."""
    judgement = judge(sound(before), sound(heard), QUIETEST_DB)
    return judgement.finding, judgement.level_db


def test_the_melody_is_whole_blocks_of_the_wanted_level() -> None:
    """1.3 s that begin and end softly."""
    notes = melody(AMPLITUDE)
    assert len(notes) == MELODY_BLOCKS * BLOCK_BYTES
    assert level_db(notes) == pytest.approx(PLAYED_DB, abs=1)
    assert notes[:2] == notes[-2:] == bytes(2)


@how(max_examples=60)
@given(
    delay=st.floats(0, 0.5),
    quieter=st.floats(-20, 0),
    noise_db=st.floats(-90, -45),
    echo_seconds=st.floats(0.01, 0.3),
    echo_db=st.floats(-40, -8),
    seed=st.integers(0, 1000),
)
def test_a_working_pair_passes_in_every_room(  # noqa: PLR0917 - each is one property of the room
    delay: float, quieter: float, noise_db: float, echo_seconds: float, echo_db: float, seed: int
) -> None:
    """Up to 0.5 s late, 20 dB quieter than played, in noise as loud as the melody, with the wall opposite answering."""
    before, heard = room(noise_db, seed)
    direct = played(delay, quieter)
    late = round(echo_seconds * RATE_HZ)
    echo = np.concatenate([np.zeros(late), direct[:-late]]) * gain(echo_db)
    finding, level = judged(before, heard + direct + echo)
    assert finding is Finding.PASSED
    assert level == pytest.approx(PLAYED_DB + quieter, abs=4)


@how(max_examples=60)
@given(noise_db=st.floats(-90, -10), seed=st.integers(0, 10_000))
def test_noise_alone_is_never_the_melody(noise_db: float, seed: int) -> None:
    """However loud: the loudspeaker is at fault, or what lies between."""
    before, heard = room(noise_db, seed)
    assert judged(before, heard) == (Finding.NOT_HEARD, None)


@pytest.mark.parametrize("level", [-60.0, -20.0])
@pytest.mark.parametrize("note_seconds", [0.12, 0.3, 0.6])
def test_another_two_tone_horn_is_not_the_melody(level: float, note_seconds: float) -> None:
    """Its tones may be ours; they come in another order."""
    before, heard = room(-70)
    at = np.arange(len(heard)) / RATE_HZ
    tone = np.where((at / note_seconds).astype(int) % 2, 880, 1320)
    assert judged(before, heard + gain(level) * np.sin(2 * np.pi * tone * at))[0] is Finding.NOT_HEARD


@pytest.mark.parametrize("hum_hz", [50, 100, 880, 1320])
def test_hum_beneath_it_does_no_harm(hum_hz: float) -> None:
    """Mains hum 20 dB louder, or a steady whistle as loud as the melody, on one of its own tones."""
    before, heard = room(-70)
    at = np.arange(len(before) + len(heard)) / RATE_HZ
    hum = gain(0 if hum_hz < 500 else -26) * 0.5 * np.sin(2 * np.pi * hum_hz * at)
    heard = hum[len(before) :] + heard + played(0.1)
    assert judged(hum[: len(before)] + before, heard)[0] is Finding.PASSED


@pytest.mark.parametrize("constant", [0, 1, -300])
def test_a_dead_microphone_gives_the_same_number_always(constant: int) -> None:
    """Zeros, or an offset of its amplifier."""
    blocks = np.full(BLOCK_SAMPLES, constant, "<i2").tobytes()
    judgement = judge(blocks * BEFORE_BLOCKS, blocks * HEARD_BLOCKS, QUIETEST_DB)
    assert judgement.faulty_part == "microphone"
    assert "zeros" in str(judgement.reason)


def test_a_microphone_without_noise_that_hears_the_melody_is_well() -> None:
    """Some cards give exact zeros in a quiet room."""
    before, heard = np.zeros(BEFORE_BLOCKS * BLOCK_SAMPLES), np.zeros(HEARD_BLOCKS * BLOCK_SAMPLES)
    assert judged(before, heard + played(0.1, -20))[0] is Finding.PASSED


def test_a_covered_pair_is_too_quiet() -> None:
    """Chewing gum on the microphone: still heard, and of no use."""
    before, heard = room(-80)
    judgement = judge(sound(before), sound(heard + played(0.1, -45)), QUIETEST_DB)
    assert judgement.finding is Finding.TOO_QUIET
    assert judgement.faulty_part == "speaker"
    assert "-69 dB" in str(judgement.reason) or "-68 dB" in str(judgement.reason)


@pytest.mark.parametrize(
    ("drive", "finding"), [(1.0, Finding.PASSED), (1.2, Finding.PASSED), (20.0, Finding.DISTORTED)]
)
def test_a_loudspeaker_that_clips_is_distorted(drive: float, finding: Finding) -> None:
    """A little of it happens to every loudspeaker; a square wave is one that is torn or overdriven."""
    before, heard = room(-70)
    clipped = (played(0.1) * drive).clip(-AMPLITUDE, AMPLITUDE)
    assert judged(before, heard + clipped)[0] is finding


def test_every_failure_has_a_part_and_a_sentence() -> None:
    """What was not heard names both ends of the way."""
    before, heard = room(-70)
    judgement = judge(sound(before), sound(heard), QUIETEST_DB)
    assert judgement.faulty_part == "speaker"
    assert "loudspeaker is unplugged or muted, or the microphone is covered" in str(judgement.reason)
    passed = judge(sound(before), sound(heard + played()), QUIETEST_DB)
    assert (passed.faulty_part, passed.reason) == (None, None)
