"""The contract of every loudspeaker."""

import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from drivers.audio import BLOCK_SAMPLES, BLOCK_SECONDS, SILENCE
from drivers.speaker import Speaker, open_speaker
from drivers.speaker.off import OffSpeakerSettings
from support.contract_sound import (
    PyaudioSpeakerRig,
    SimulatedSpeakerRig,
    SpeakerRig,
    playing,
    wait_for_quiet,
    wait_for_tone,
)
from support.pulse import Pulse, pulse_daemon

# A new make is one more line here.
MAKES: dict[str, Callable[[], SpeakerRig]] = {"pyaudio": PyaudioSpeakerRig, "simulated": SimulatedSpeakerRig}

LOUD = bytes.fromhex("0040") * BLOCK_SAMPLES


def loud_blocks(heard: list[bytes]) -> float:
    """Tell how much of LOUD was heard, in blocks: by its samples, so that a gap in the middle counts for nothing."""
    samples = np.abs(np.frombuffer(b"".join(heard), "<i2").astype(int))
    return float((samples > 0x2000).sum() / BLOCK_SAMPLES)


@pytest.fixture(scope="module")
def pulse() -> Iterator[Pulse]:
    """Run one daemon for all tests of this file."""
    with pulse_daemon() as daemon:
        yield daemon


@pytest.fixture(params=MAKES)
def rig(request: pytest.FixtureRequest, pulse: Pulse) -> Iterator[SpeakerRig]:
    """Give the loudspeaker of each make in turn, and close it."""
    made = MAKES[request.param]()
    yield made
    made.speaker.close()


@pytest.fixture
def off() -> Speaker:
    """Give the loudspeaker that is not there."""
    return open_speaker(OffSpeakerSettings(make="off"))


def test_a_tone_is_heard(rig: SpeakerRig) -> None:
    """What is played comes out, at its frequency."""
    with rig.ear() as heard, playing(rig.speaker, 1000):
        wait_for_tone(heard, 1000)


def test_is_quiet_before_and_after(rig: SpeakerRig) -> None:
    """With nothing queued there is silence, and the device plays on."""
    with rig.ear() as heard:
        wait_for_quiet(heard)
        with playing(rig.speaker, 440):
            wait_for_tone(heard, 440)
        wait_for_quiet(heard)


def test_a_flood_is_dropped_and_never_waits(rig: SpeakerRig) -> None:
    """A minute of sound thrown at the loudspeaker is 200 ms of sound in the room."""
    with rig.ear() as heard:
        wait_for_quiet(heard)
        began = time.monotonic()
        for _ in range(3000):
            rig.speaker.play(LOUD)
        # On a busy machine the throwing itself may last, and what is played meanwhile makes room for more.
        meanwhile = (time.monotonic() - began) / BLOCK_SECONDS
        heard.until(lambda blocks: loud_blocks(blocks) > 0)
        wait_for_quiet(heard)
        # Ten that waited, one that was being played, and one that was asked for at the end of the throwing.
        assert 9 <= loud_blocks(heard.all()) <= 12 + meanwhile


def test_has_no_fault(rig: SpeakerRig) -> None:
    """A loudspeaker that plays has nothing to report."""
    assert rig.speaker.fault is None


def test_a_block_of_another_length_is_refused(rig: SpeakerRig, off: Speaker) -> None:
    """Half blocks would shift every sample that follows."""
    for speaker in (rig.speaker, off):
        with pytest.raises(ValueError, match="1920 bytes, not 10"):
            speaker.play(bytes(10))


def test_takes_note_of_what_is_said(rig: SpeakerRig, off: Speaker) -> None:
    """Every make may be told the text of a prompt."""
    for speaker in (rig.speaker, off):
        speaker.saying("报警已发出")
        speaker.saying("")


def test_may_be_closed_twice(rig: SpeakerRig, off: Speaker) -> None:
    """Closing again does nothing (the fixture closes once more)."""
    rig.speaker.close()
    off.play(SILENCE)
    off.close()
    off.close()
