"""Every make of loudspeaker and microphone with the room around it: one class per make, all of the same form."""

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from drivers.audio import BLOCK_SAMPLES
from drivers.microphone import Microphone, SimulatedMicrophone
from drivers.microphone.pyaudio import PyaudioMicrophone, PyaudioMicrophoneSettings
from drivers.pace import Pace
from drivers.speaker import SimulatedSpeaker, Speaker
from drivers.speaker.pyaudio import PyaudioSpeaker, PyaudioSpeakerSettings
from drivers.spectrum import level_db, sine, tone_hz
from support.heard import Heard

# Half a second of blocks: tones are told to 2 Hz.
ENOUGH = 25


@contextmanager
def playing(speaker: Speaker, frequency_hz: float) -> Iterator[None]:
    """Play a tone at -12 dB of full scale for as long as the context lasts."""
    sample = 0

    def beat(_at_ns: int) -> None:
        nonlocal sample
        speaker.play(sine(frequency_hz, 0.25, sample, BLOCK_SAMPLES))
        sample += BLOCK_SAMPLES

    pace = Pace("test-tone", beat)
    try:
        yield
    finally:
        pace.stop()


def wait_for_tone(heard: Heard[bytes], frequency_hz: float) -> None:
    """Wait until the last half second heard is this tone."""

    def is_it(blocks: list[bytes]) -> bool:
        tone = tone_hz(b"".join(blocks[-ENOUGH:])) if len(blocks) >= ENOUGH else None
        return tone is not None and abs(tone - frequency_hz) <= 4

    heard.until(is_it)


def wait_for_quiet(heard: Heard[bytes]) -> None:
    """Wait until the last half second heard is below -60 dB."""
    heard.until(lambda blocks: len(blocks) >= ENOUGH and level_db(b"".join(blocks[-ENOUGH:])) < -60)


class SpeakerRig(Protocol):
    """A loudspeaker and an ear in the room."""

    speaker: Speaker

    def ear(self) -> AbstractContextManager[Heard[bytes]]:
        """Hear what the loudspeaker plays."""


class PyaudioSpeakerRig:
    """A real stream into PulseAudio, heard from the monitor of its sink."""

    def __init__(self) -> None:
        """Open the loudspeaker."""
        self.speaker: Speaker = PyaudioSpeaker(PyaudioSpeakerSettings(make="pyaudio", device="post_speaker"))

    @contextmanager
    def ear(self) -> Iterator[Heard[bytes]]:
        """Capture the monitor with the project's own microphone."""
        heard: Heard[bytes] = Heard()
        microphone = PyaudioMicrophone(PyaudioMicrophoneSettings(make="pyaudio", device="room_ear"))
        microphone.open(lambda block, _at_ns: heard(block))
        try:
            yield heard
        finally:
            microphone.close()


class SimulatedSpeakerRig:
    """The simulated loudspeaker, heard as the demo page hears it."""

    def __init__(self) -> None:
        """Open the loudspeaker."""
        self.simulated = SimulatedSpeaker()
        self.speaker: Speaker = self.simulated

    @contextmanager
    def ear(self) -> Iterator[Heard[bytes]]:
        """Subscribe."""
        heard: Heard[bytes] = Heard()
        unsubscribe = self.simulated.subscribe(heard)
        try:
            yield heard
        finally:
            unsubscribe()


class MicrophoneRig(Protocol):
    """A microphone and a voice in the room."""

    microphone: Microphone

    def voice(self, frequency_hz: float) -> AbstractContextManager[None]:
        """Sing a tone."""

    def held(self) -> bool:
        """Tell whether the device is held open."""


class PyaudioMicrophoneRig:
    """A real stream from PulseAudio, spoken into through its other sink."""

    def __init__(self, streams: "StreamCounter") -> None:
        """Make the microphone."""
        self._streams = streams
        settings = PyaudioMicrophoneSettings(make="pyaudio", device="post_microphone")
        self.microphone: Microphone = PyaudioMicrophone(settings)

    @contextmanager
    def voice(self, frequency_hz: float) -> Iterator[None]:
        """Play with the project's own loudspeaker."""
        speaker = PyaudioSpeaker(PyaudioSpeakerSettings(make="pyaudio", device="room_voice"))
        try:
            with playing(speaker, frequency_hz):
                yield
        finally:
            speaker.close()

    def held(self) -> bool:
        """Ask PulseAudio."""
        return self._streams.streams() > 0


class StreamCounter(Protocol):
    """Whoever knows how many capture streams are open (support.pulse.Pulse)."""

    def streams(self) -> int:
        """Count them."""


class SimulatedMicrophoneRig:
    """The simulated microphone, spoken into by its action."""

    def __init__(self) -> None:
        """Make the microphone."""
        self.simulated = SimulatedMicrophone()
        self.microphone: Microphone = self.simulated

    @contextmanager
    def voice(self, frequency_hz: float) -> Iterator[None]:
        """Say a tone, then mend."""
        asyncio.run(self.simulated.act("say", {"tone_hz": frequency_hz}))
        yield
        asyncio.run(self.simulated.act("mend", {}))

    def held(self) -> bool:
        """Look at what it shows."""
        return bool(self.simulated.shows()["open"])
