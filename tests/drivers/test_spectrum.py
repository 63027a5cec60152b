"""Measuring and making sound."""

import numpy as np
import pytest

from drivers.spectrum import FLOOR_DB, level_db, noise, sine, tone_hz


def test_a_full_sine_is_at_minus_three_db() -> None:
    """The root mean square of a sine is its peak less 3 dB."""
    assert level_db(sine(1000, 1.0, 0, 48_000)) == pytest.approx(-3.01, abs=0.01)


def test_silence_is_at_the_floor_and_has_no_tone() -> None:
    """No minus infinity, which JSON does not know."""
    assert level_db(bytes(1920)) == FLOOR_DB
    assert tone_hz(bytes(1920)) is None


@pytest.mark.parametrize("frequency", [50.0, 440.0, 1000.0, 7040.0, 19_000.0])
def test_the_tone_is_found_beneath_noise(frequency: float) -> None:
    """Half a second tells it to 2 Hz, with noise 20 dB below."""
    random = np.random.default_rng(1)
    clean = np.frombuffer(sine(frequency, 0.5, 0, 24_000), "<i2")
    mixed = clean + np.frombuffer(noise(0.035, 24_000, random), "<i2")
    assert tone_hz(mixed.astype("<i2").tobytes()) == pytest.approx(frequency, abs=2)


def test_a_constant_offset_is_no_tone() -> None:
    """Cheap sound cards have one."""
    offset = np.frombuffer(sine(300, 0.1, 0, 24_000), "<i2") + 8000
    assert tone_hz(offset.astype("<i2").tobytes()) == pytest.approx(300, abs=2)


def test_pieces_of_a_tone_fit_together() -> None:
    """The second block goes on where the first ended."""
    whole = sine(777, 0.5, 0, 1920)
    assert sine(777, 0.5, 0, 960) + sine(777, 0.5, 960, 960) == whole


def test_noise_has_its_level() -> None:
    """-40 dB is -40 dB."""
    assert level_db(noise(0.01, 48_000, np.random.default_rng(2))) == pytest.approx(-40, abs=0.3)
