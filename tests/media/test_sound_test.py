"""The self-test of the sound through a real sound server: a loudspeaker, a noisy room, and a microphone."""

import asyncio
import os
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import numpy as np
import pytest

from drivers.audio import BLOCK_SAMPLES, BLOCK_SECONDS
from drivers.microphone.pyaudio import PyaudioMicrophone, PyaudioMicrophoneSettings
from drivers.pace import Pace
from drivers.speaker.pyaudio import PyaudioSpeaker, PyaudioSpeakerSettings
from drivers.spectrum import noise
from edge.faults import Faults
from media import sound_test
from media.desk import Refused
from media.ear import Ear, Listener
from media.mixer import Announcement
from media.playout import Playout
from media.self_test import BEFORE_BLOCKS, HEARD_BLOCKS
from media.sound_faults import SoundFaults, SoundPart
from media.sound_test import (
    AMPLITUDES,
    BUSY,
    LONGEST_SECONDS,
    SETTLING_BLOCKS,
    Result,
    Rhythm,
    SoundTest,
    by_itself,
)
from media.voice import Presence
from support.patience import deadline_seconds, until_async
from support.pulse import Pulse, pulse_daemon

AIR = "module-loopback source=loudspeaker.monitor sink=microphone latency_msec=20"


def pactl(pulse: Pulse, *words: str) -> None:
    """Turn a knob of the sound server."""
    subprocess.run(["pactl", *words], env={**os.environ, **pulse.env}, check=True, capture_output=True)


@pytest.fixture(scope="module")
def room() -> Iterator[Pulse]:
    """Run one sound server in which the microphone hears the loudspeaker, and a quiet street (-60 dB) beside it."""
    random = np.random.default_rng(1)
    with pulse_daemon() as pulse:
        pactl(pulse, "load-module", *AIR.split())
        street = PyaudioSpeaker(PyaudioSpeakerSettings(make="pyaudio", device="room_voice"))
        pace = Pace("street", lambda _at_ns: street.play(noise(0.001, BLOCK_SAMPLES, random)))
        yield pulse
        pace.stop()
        street.close()


class CountedFaults(SoundFaults):
    """Counts how often ear and playout say what the drivers say."""

    def __init__(self, faults: Faults) -> None:
        """Begin with none."""
        super().__init__(faults)
        self.looks: Counter[str] = Counter()

    def driver(self, part: SoundPart, reason: str | None) -> None:
        """Count."""
        super().driver(part, reason)
        self.looks[part] += 1

    async def looked_twice(self) -> None:
        """Wait until both have been looked at two more times, as they are every second."""
        before = Counter(self.looks)
        await until_async(lambda: all(self.looks[part] >= before[part] + 2 for part in ("speaker", "microphone")))


class Post:
    """Real drivers, ear and playout, and what was recorded of faults."""

    def __init__(self, speaker: PyaudioSpeaker, microphone: PyaudioMicrophone) -> None:
        """Make what the program makes of them."""
        self.told: list[tuple[str, str]] = []
        self.faults = Faults(lambda kind, data: self.told.append((kind, data["part"])))
        both = self.sound_faults = CountedFaults(self.faults)
        self.ear = Ear(microphone, both)
        self.playout = Playout(speaker, both, Presence())
        self.hindrance: str | None = None
        self.test = SoundTest(self.ear, self.playout, both, lambda: self.hindrance, -60.0)


@asynccontextmanager
async def running(microphone: str = "post_microphone") -> AsyncIterator[Post]:
    """Run a post until left."""
    speaker = PyaudioSpeaker(PyaudioSpeakerSettings(make="pyaudio", device="post_speaker"))
    ear = PyaudioMicrophone(PyaudioMicrophoneSettings(make="pyaudio", device=microphone))
    post = Post(speaker, ear)
    tasks = [asyncio.ensure_future(post.ear.run()), asyncio.ensure_future(post.playout.run())]
    try:
        yield post
    finally:
        for task in tasks:
            task.cancel()
        ear.close()
        speaker.close()


async def judged(post: Post) -> Result:
    """Test, and again as long as this machine is too busy to play and hear the melody whole."""
    while (result := await post.test.run("wu")).reason == BUSY:
        pass
    return result


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test last: a sound card is opened by a process of its own, which a busy machine starts in more than a second."""
    monkeypatch.setattr(sound_test, "LONGEST_SECONDS", deadline_seconds)


@pytest.mark.usefixtures("unhurried")
async def test_passes_fails_with_the_loudspeaker_muted_and_passes_again(room: Pulse) -> None:
    """The fault stays while the drivers go on saying that all is well, and goes with the next test that passes."""
    async with running() as post:
        well = await judged(post)
        assert (well.result, well.part, well.tones_hz) == ("passed", None, (880.0, 1320.0))
        assert well.level_db is not None
        assert -35 < well.level_db < -10
        assert post.told == []
        await until_async(lambda: room.streams() == 1, "the microphone is released; the one left is the air")

        pactl(room, "set-sink-mute", "loudspeaker", "1")
        muted = await judged(post)
        assert (muted.result, muted.part) == ("failed", "speaker")
        assert muted.tries == len(AMPLITUDES)
        await post.sound_faults.looked_twice()
        assert "the test tone was not heard" in post.faults.open["speaker"]
        assert post.told == [("device.fault_raised", "speaker")]

        pactl(room, "set-sink-mute", "loudspeaker", "0")
        assert (await judged(post)).result == "passed"
        assert post.told[1:] == [("device.fault_cleared", "speaker")]


@pytest.mark.usefixtures("unhurried")
async def test_a_muted_microphone_is_told_from_a_muted_loudspeaker(room: Pulse) -> None:
    """A room is never without any noise: nothing but zeros is the microphone."""
    async with running() as post:
        pactl(room, "set-source-mute", "microphone.monitor", "1")
        dead = await judged(post)
        pactl(room, "set-source-mute", "microphone.monitor", "0")
        assert (dead.result, dead.part) == ("failed", "microphone")
        assert dead.tries == 1
        await post.sound_faults.looked_twice()
        assert set(post.faults.open) == {"microphone"}
        assert (await judged(post)).result == "passed"
        assert post.faults.open == {}


@pytest.mark.usefixtures("room")
async def test_a_microphone_that_is_not_there(room: Pulse) -> None:
    """The driver's own sentence becomes the result, and stays although nobody wants the microphone any more."""
    async with running("no such card") as post:
        result = await post.test.run("wu")
        assert (result.result, result.part) == ("failed", "microphone")
        assert result.seconds < 2 * LONGEST_SECONDS
        assert "no such card" in str(result.reason)
        await post.sound_faults.looked_twice()
        assert "no such card" in post.faults.open["microphone"]
    await until_async(lambda: room.streams() == 1, "only the air is left")


@pytest.mark.usefixtures("unhurried")
async def test_an_interruption_is_at_once_and_no_fault(room: Pulse) -> None:
    """In the middle of the melody: nothing plays any more, and the microphone is closed."""
    async with running() as post:
        test = asyncio.ensure_future(post.test.run("wu"))
        await until_async(lambda: post.playout.busy)
        with pytest.raises(Refused, match="a self-test is running already"):
            await post.test.run("li")
        post.test.interrupt("an incident began")
        assert not post.playout.busy
        result = await test
        assert (result.result, result.reason) == ("interrupted", "an incident began")
        assert post.faults.open == {}
        await until_async(lambda: room.streams() == 1, "the microphone is released")


@pytest.mark.usefixtures("unhurried")
async def test_an_interrupting_incident_keeps_the_microphone(room: Pulse) -> None:
    """Its end does not close what the incident has opened."""
    heard: list[bytes] = []
    async with running() as post:
        test = asyncio.ensure_future(post.test.run("wu"))
        await until_async(lambda: post.playout.busy)
        post.test.interrupt("an incident began")
        post.ear.want("incident", on=True)
        post.ear.add(lambda block, _at_ns: heard.append(block))
        await test
        count = len(heard)
        await until_async(lambda: len(heard) > count + 10)
        await until_async(lambda: room.streams() == 2, "the air and the one microphone")


@pytest.mark.usefixtures("room")
async def test_what_stands_in_the_way_is_said() -> None:
    """Without touching loudspeaker or microphone."""
    async with running() as post:
        post.hindrance = "an incident is open"
        with pytest.raises(Refused, match="an incident is open"):
            await post.test.run("wu")
        assert not post.playout.busy


class PlayedEar:
    """Hears a street and no melody, a block per 20 ms of a played clock, which stands still for a while at one of them."""

    fault = None

    def __init__(self, held_up_at: int | None) -> None:
        """Begin the clock."""
        self.now = 0.0
        self._held_up_at = held_up_at
        self._blocks = 0
        self._listeners: list[Listener] = []
        self._random = np.random.default_rng(1)

    def want(self, reason: str, *, on: bool) -> None:
        """Begin or end to hear."""
        if on:
            asyncio.get_running_loop().call_soon(self._hear)

    def add(self, listener: Listener) -> None:
        """Call this."""
        self._listeners.append(listener)

    def remove(self, listener: Listener) -> None:
        """Call it no more."""
        self._listeners.remove(listener)

    def _hear(self) -> None:
        self._blocks += 1
        self.now += 0.5 if self._blocks == self._held_up_at else BLOCK_SECONDS
        for listener in self._listeners:
            listener(noise(0.001, BLOCK_SAMPLES, self._random), 0)
        if self._listeners:
            asyncio.get_running_loop().call_soon(self._hear)


class DumbPlayout:
    """Takes what is to be said, and cannot be heard; it may be late with it."""

    busy, fault = False, None

    def __init__(self, late_by: int) -> None:
        """`late_by`: how many blocks of each melody come too late."""
        self.late = 0
        self._late_by = late_by

    def announce(self, prompt: Announcement) -> None:
        """Take it."""
        self.late += self._late_by

    def withdraw(self, name: str) -> None:
        """Say no more."""


a_try = SETTLING_BLOCKS + BEFORE_BLOCKS + HEARD_BLOCKS


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize(
    ("held_up_at", "late_by", "result"),
    [
        (None, 0, "failed"),
        (a_try - 10, 0, "failed"),  # the tries after it were whole
        (SETTLING_BLOCKS, 0, "failed"),  # opening a device takes its time
        (None, 1, "interrupted"),
    ],
)
async def test_a_torn_melody_proves_nothing(held_up_at: int | None, late_by: int, result: str) -> None:
    """A post that was held up while it played or heard is not told to have a dead loudspeaker."""
    ear, told = PlayedEar(held_up_at), list[str]()
    faults = SoundFaults(Faults(lambda kind, data: told.append(f"{kind} {data['part']}")))
    test = SoundTest(ear, DumbPlayout(late_by), faults, lambda: None, -60.0, now=lambda: ear.now)
    found = await test.run("wu")
    assert found.result == result
    assert told == (["device.fault_raised speaker"] if result == "failed" else [])
    assert (found.reason == BUSY) is (result == "interrupted")


OUTCOMES = {
    "p": Result("passed"),
    "f": Result("failed"),
    "i": Result("interrupted", reason="an incident began"),
    "b": Result("interrupted", reason=BUSY),
}


@pytest.mark.parametrize(
    ("outcomes", "waits"),
    [
        ("ppp", [600, 86400, 86400, 86400]),
        ("fpp", [600, 600, 86400, 86400]),
        ("ffffffp", [600, 600, 600, 600, 86400, 600, 600, 86400]),
        ("rrirp", [600, 600, 600, 600, 600, 86400]),
        ("iiiip", [600, 600, 600, 600, 600, 86400]),
        ("bbbbp", [600, 600, 600, 600, 86400, 86400]),
    ],
)
async def test_by_itself(outcomes: str, waits: list[float]) -> None:
    """Daily; soon again when it could not be, and a few times when it failed."""
    left, slept = list(outcomes), list[float]()

    async def test() -> Result:
        outcome = left.pop(0)
        if outcome == "r":
            raise Refused("an incident is open")
        return OUTCOMES[outcome]

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if not left:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await by_itself(test, Rhythm(86400, 600), sleep)
    assert slept == waits
