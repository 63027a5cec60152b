"""What only the simulated loudspeaker and microphone can do, and the settings of both kinds."""

from collections.abc import Iterator

import pytest
from pydantic import TypeAdapter, ValidationError

from drivers.audio import BLOCK_BYTES, BLOCK_SAMPLES, RATE_HZ, SAMPLE_BYTES, SILENCE
from drivers.microphone import MicrophoneSettings, SimulatedMicrophone, open_microphone
from drivers.microphone.simulated import SimulatedMicrophoneSettings
from drivers.speaker import SimulatedSpeaker, SpeakerSettings, open_speaker
from drivers.speaker.pyaudio import PyaudioSpeaker, PyaudioSpeakerSettings
from drivers.speaker.simulated import SimulatedSpeakerSettings
from drivers.spectrum import level_db, sine, tone_hz
from support.contract_sound import playing, wait_for_quiet, wait_for_tone
from support.heard import Heard
from support.patience import until

SPEAKER: TypeAdapter[SpeakerSettings] = TypeAdapter(SpeakerSettings)
MICROPHONE: TypeAdapter[MicrophoneSettings] = TypeAdapter(MicrophoneSettings)


@pytest.fixture
def speaker() -> Iterator[SimulatedSpeaker]:
    """Give a simulated loudspeaker."""
    made = open_speaker(SimulatedSpeakerSettings(make="simulated"))
    assert isinstance(made, SimulatedSpeaker)
    yield made
    made.close()


@pytest.fixture
def microphone() -> Iterator[SimulatedMicrophone]:
    """Give a simulated microphone."""
    made = open_microphone(SimulatedMicrophoneSettings(make="simulated"))
    assert isinstance(made, SimulatedMicrophone)
    yield made
    made.close()


def test_the_speaker_shows_text_tone_and_level(speaker: SimulatedSpeaker) -> None:
    """The page can write what is said, and a test can measure what sounds: 1/4 amplitude is -15 dB of full scale."""
    assert speaker.shows() == {"saying": "", "tone_hz": None, "level_db": -120.0}
    speaker.saying("监控中心已收到")
    with playing(speaker, 700):
        until(lambda: speaker.shows()["level_db"] == -15.1 and speaker.shows()["tone_hz"] == 700.0)
    assert speaker.shows()["saying"] == "监控中心已收到"


def test_the_speaker_keeps_five_seconds(speaker: SimulatedSpeaker) -> None:
    """Always five seconds, oldest first: what sounds now is at the end."""
    assert len(speaker.recent()) == 5 * RATE_HZ * SAMPLE_BYTES
    heard: Heard[bytes] = Heard()
    speaker.subscribe(heard)
    with playing(speaker, 500):
        wait_for_tone(heard, 500)
        until(lambda: tone_hz(speaker.recent()[-BLOCK_BYTES * 10 :]) == pytest.approx(500, abs=5))


def test_a_listener_that_left_hears_nothing_more(speaker: SimulatedSpeaker) -> None:
    """Browsers come and go; the others go on hearing."""
    left, stayed = Heard[bytes](), Heard[bytes]()
    leave = speaker.subscribe(left)
    speaker.subscribe(stayed)
    left.first(1)
    leave()
    count = len(left.all())
    stayed.first(len(stayed.all()) + 5)
    # One block may have been on its way while the listener left.
    assert len(left.all()) <= count + 1


async def test_a_broken_speaker_is_silent_until_mended(speaker: SimulatedSpeaker) -> None:
    """The fault is told, nothing sounds and nothing is shown as said."""
    heard: Heard[bytes] = Heard()
    speaker.subscribe(heard)
    speaker.saying("请稍候")
    with playing(speaker, 700):
        wait_for_tone(heard, 700)
        await speaker.act("break", {})
        assert speaker.fault == "simulated: the amplifier does not answer"
        wait_for_quiet(heard)
        assert speaker.shows()["saying"] == ""
        await speaker.act("mend", {})
        assert speaker.fault is None
        wait_for_tone(heard, 700)


async def test_a_quiet_microphone_has_a_noise_floor_and_a_muted_one_has_none(microphone: SimulatedMicrophone) -> None:
    """A self-test tells a dead capsule from a quiet night by this."""
    heard: Heard[bytes] = Heard()
    microphone.open(lambda block, _at_ns: heard(block))
    assert heard.first(1) != [SILENCE]
    await microphone.act("mute", {})
    heard.until(lambda blocks: blocks[-1] == SILENCE)
    assert microphone.shows() == {"open": True, "muted": True, "tone_hz": None}
    await microphone.act("mend", {})
    heard.until(lambda blocks: blocks[-1] != SILENCE)


@pytest.mark.parametrize("body", [{"tone_hz": 5}, {"tone_hz": "high"}, {"tone_hz": True}, {"tone_hz": None}])
async def test_a_tone_that_is_none_is_refused(microphone: SimulatedMicrophone, body: dict[str, object]) -> None:
    """Only a number of Hz that people hear."""
    with pytest.raises(ValueError, match="tone_hz must be a number from 20 to 20000"):
        await microphone.act("say", body)


async def test_unknown_actions_are_refused(speaker: SimulatedSpeaker, microphone: SimulatedMicrophone) -> None:
    """Each part names what it can."""
    with pytest.raises(ValueError, match="break, mend"):
        await speaker.act("shout", {})
    with pytest.raises(ValueError, match="say, mute, mend"):
        await microphone.act("listen", {})


@pytest.mark.parametrize(
    "wrong", [{"make": "pyaudio"}, {"make": "pyaudio", "device": ""}, {"make": "off", "device": "x"}]
)
def test_bad_settings_are_refused(wrong: dict[str, object]) -> None:
    """A sound card needs a name, and `off` takes none."""
    for kind in (SPEAKER, MICROPHONE):
        with pytest.raises(ValidationError):
            kind.validate_python(wrong)


def test_settings_open_the_make_they_name() -> None:
    """The make decides, and a real sound card opens even when its device is missing."""
    speaker = open_speaker(PyaudioSpeakerSettings(make="pyaudio", device="no such card"))
    assert isinstance(speaker, PyaudioSpeaker)
    assert speaker.fault is not None
    speaker.close()
    opened = open_microphone(MICROPHONE.validate_python({"make": "pyaudio", "device": "no such card"}))
    assert opened.fault is None
    opened.close()


def test_the_microphone_overhears_the_loudspeaker(speaker: SimulatedSpeaker, microphone: SimulatedMicrophone) -> None:
    """Through the same front plate, 30 dB quieter; from before it was opened it hears nothing."""
    heard: Heard[bytes] = Heard()
    speaker.subscribe(microphone.overhear)
    microphone.overhear(sine(2000, 1.0, 0, BLOCK_SAMPLES))
    microphone.open(lambda block, _at_ns: heard(block))
    with playing(speaker, 700):
        wait_for_tone(heard, 700)
        # Of ten blocks without a gap: the two beat by themselves, and one that was held up hears nothing for a moment.
        heard.until(lambda blocks: level_db(b"".join(blocks[-10:])) == pytest.approx(-15.1 - 30, abs=2))
    assert tone_hz(heard.first(1)[0]) != pytest.approx(2000, abs=50)
