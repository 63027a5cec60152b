"""Who is speaking, and what the loudspeaker plays."""

import asyncio
from collections.abc import Callable

import numpy as np
import pytest

from drivers.audio import BLOCK_BYTES, BLOCK_SAMPLES, SILENCE
from drivers.speaker import SimulatedSpeaker
from drivers.spectrum import sine, tone_hz
from edge.faults import Faults
from media.mixer import FADED, Announcement, Mixer
from media.playout import Playout
from media.sound_faults import SoundFaults
from media.voice import FLOOR_DBFS, Presence, hear, level_dbfs
from support.patience import until_async

LOUD = sine(400, 0.3, 0, BLOCK_SAMPLES)


def tone(hertz: float, blocks: int) -> bytes:
    """Return a tone of so many blocks."""
    return sine(hertz, 0.3, 0, blocks * BLOCK_SAMPLES)


def test_level_is_relative_to_full_scale() -> None:
    """A sine of full amplitude has -3 dB."""
    assert level_dbfs(sine(1000, 1.0, 0, BLOCK_SAMPLES)) == pytest.approx(-3.01, abs=0.1)
    assert level_dbfs(SILENCE) == FLOOR_DBFS
    assert level_dbfs(b"") == FLOOR_DBFS


def test_speech_begins_after_three_loud_blocks_and_survives_pauses() -> None:
    """A click does not duck the siren, and a breath does not bring it back."""
    now = Presence()
    for expected in (False, False, True):
        now = hear(now, LOUD)
        assert now.speaking is expected
    for _ in range(74):
        now = hear(now, SILENCE)
        assert now.speaking
    assert not hear(now, SILENCE).speaking


def test_a_click_is_no_speech() -> None:
    """One loud block between silent ones."""
    now = Presence()
    for block in (LOUD, SILENCE, LOUD, SILENCE, LOUD):
        now = hear(now, block)
    assert not now.speaking


def played(mixer: Mixer, blocks: int, *, voice_present: bool = False) -> bytes:
    """Return the next blocks as one sound."""
    return b"".join(mixer.next_block(voice_present=voice_present) for _ in range(blocks))


def test_prompts_play_one_after_another_with_their_words() -> None:
    """And the same prompt twice in a row is played once."""
    mixer = Mixer()
    assert not mixer.busy
    first = Announcement("called", "one", tone(500, 10))
    for prompt in (first, Announcement("received", "two", tone(900, 10)), first):
        mixer.announce(prompt)
    sound = played(mixer, 9)
    assert mixer.saying == "one"
    assert tone_hz(sound) == pytest.approx(500, abs=5)
    played(mixer, 2)
    assert mixer.saying == "two"
    assert tone_hz(played(mixer, 8)) == pytest.approx(900, abs=5)
    played(mixer, 1)
    assert not mixer.busy


def test_the_operators_voice_fades_a_prompt() -> None:
    """By 16 dB within five blocks, and back afterwards."""
    mixer = Mixer()
    mixer.announce(Announcement("called", "one", tone(500, 100)))
    loud = level_dbfs(played(mixer, 5))
    played(mixer, 5, voice_present=True)
    faded = level_dbfs(played(mixer, 5, voice_present=True))
    assert faded - loud == pytest.approx(20 * np.log10(FADED), abs=0.5)
    played(mixer, 5)
    assert level_dbfs(played(mixer, 5)) == pytest.approx(loud, abs=0.5)


def test_voice_and_prompt_together_are_limited_to_full_scale() -> None:
    """Clipped, never wrapped around."""
    mixer = Mixer()
    full = np.full(BLOCK_SAMPLES, 30_000, np.int16).tobytes()
    mixer.announce(Announcement("called", "one", full))
    mixer.hear(full)
    assert set(np.frombuffer(mixer.next_block(voice_present=False), np.int16)) == {32767}


def test_a_late_loudspeaker_drops_the_oldest_voice() -> None:
    """200 ms are kept; more would be a delayed conversation."""
    mixer = Mixer()
    for number in range(12):
        mixer.hear(bytes([number]) * BLOCK_BYTES)
    assert mixer.next_block(voice_present=True)[0] == 2


def test_hush_forgets_everything() -> None:
    """An incident that turns silent."""
    mixer = Mixer()
    mixer.hear(LOUD)
    mixer.announce(Announcement("called", "one", LOUD))
    played(mixer, 1)
    mixer.announce(Announcement("received", "two", LOUD))
    mixer.hush()
    assert not mixer.busy
    assert mixer.next_block(voice_present=False) == SILENCE


@pytest.mark.parametrize("end", [lambda playout: playout.withdraw("called"), Playout.hush])
async def test_words_go_with_their_sound(end: Callable[[Playout], None]) -> None:
    """Whoever ends a prompt is not answered while it is still shown as said."""
    speaker = SimulatedSpeaker()
    playout = Playout(speaker, SoundFaults(Faults(lambda _kind, _data: None)), Presence())
    running = asyncio.ensure_future(playout.run())
    playout.announce(Announcement("called", "one", tone(500, 5000)))
    await until_async(lambda: speaker.shows()["saying"] == "one")
    end(playout)
    assert speaker.shows()["saying"] == ""
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    speaker.close()


def test_a_withdrawn_prompt_gives_way_in_the_middle() -> None:
    """To what waits behind it, and one that waits is never heard."""
    mixer = Mixer()
    mixer.announce(Announcement("self_test", "one", tone(500, 50)))
    mixer.announce(Announcement("called", "two", tone(900, 20)))
    mixer.announce(Announcement("received", "three", tone(700, 20)))
    played(mixer, 5)
    mixer.withdraw("self_test")
    mixer.withdraw("received")
    assert tone_hz(played(mixer, 10)) == pytest.approx(900, abs=5)
    played(mixer, 10)
    assert not mixer.busy
