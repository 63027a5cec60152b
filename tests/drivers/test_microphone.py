"""The contract of every microphone."""

from collections.abc import Callable, Iterator
from time import monotonic_ns

import pytest

from drivers.audio import BLOCK_BYTES
from drivers.microphone import open_microphone
from drivers.microphone.off import OffMicrophoneSettings
from support.contract_sound import MicrophoneRig, PyaudioMicrophoneRig, SimulatedMicrophoneRig, wait_for_tone
from support.heard import Heard
from support.patience import until
from support.pulse import Pulse, pulse_daemon

# A new make is one more line here.
MAKES: dict[str, Callable[[Pulse], MicrophoneRig]] = {
    "pyaudio": PyaudioMicrophoneRig,
    "simulated": lambda _pulse: SimulatedMicrophoneRig(),
}


@pytest.fixture(scope="module")
def pulse() -> Iterator[Pulse]:
    """Run one daemon for all tests of this file."""
    with pulse_daemon() as daemon:
        yield daemon


@pytest.fixture(params=MAKES)
def rig(request: pytest.FixtureRequest, pulse: Pulse) -> Iterator[MicrophoneRig]:
    """Give the microphone of each make in turn, and close it."""
    made = MAKES[request.param](pulse)
    yield made
    made.microphone.close()


def test_a_tone_is_heard(rig: MicrophoneRig) -> None:
    """What sounds in the room arrives, at its frequency."""
    heard: Heard[bytes] = Heard()
    with rig.voice(1000):
        rig.microphone.open(lambda block, _at_ns: heard(block))
        wait_for_tone(heard, 1000)
        assert rig.microphone.fault is None


def test_blocks_have_their_length_and_rising_time_stamps(rig: MicrophoneRig) -> None:
    """Each block is 20 ms of sound with the monotonic time of its end."""
    heard: Heard[tuple[int, int]] = Heard()
    before = monotonic_ns()
    rig.microphone.open(lambda block, at_ns: heard((len(block), at_ns)))
    told = heard.first(10)
    stamps = [at_ns for _, at_ns in told]
    assert {length for length, _ in told} == {BLOCK_BYTES}
    assert stamps == sorted(stamps)
    assert before <= stamps[0]
    assert stamps[-1] <= monotonic_ns()


def test_the_device_is_held_only_while_open(rig: MicrophoneRig) -> None:
    """Nobody listens at a gate before the key is pressed, nor after the incident."""
    heard: Heard[bytes] = Heard()
    # The sound server sees in its own time that a stream has gone, also that of the test before.
    until(lambda: not rig.held())
    rig.microphone.open(lambda block, _at_ns: heard(block))
    heard.first(3)
    assert rig.held()
    rig.microphone.stop()
    after = len(heard.all())
    until(lambda: not rig.held())
    assert len(heard.all()) == after


def test_opens_again(rig: MicrophoneRig) -> None:
    """Opening an open microphone starts it anew, and only the new listener hears."""
    first: Heard[bytes] = Heard()
    second: Heard[bytes] = Heard()
    rig.microphone.open(lambda block, _at_ns: first(block))
    first.first(1)
    rig.microphone.open(lambda block, _at_ns: second(block))
    count = len(first.all())
    second.first(5)
    assert len(first.all()) == count
    rig.microphone.stop()
    rig.microphone.open(lambda block, _at_ns: first(block))
    first.first(count + 2)


def test_outlives_a_failing_listener(rig: MicrophoneRig, caplog: pytest.LogCaptureFixture) -> None:
    """An error in the listener is logged, and capture goes on."""
    heard: Heard[bytes] = Heard()

    def failing(block: bytes, _at_ns: int) -> None:
        heard(block)
        raise RuntimeError("the listener is broken")

    rig.microphone.open(failing)
    assert len(heard.first(3)) == 3
    assert rig.microphone.fault is None
    assert "the listener is broken" in caplog.text


def test_may_be_stopped_and_closed_at_any_time(rig: MicrophoneRig) -> None:
    """Stopping a closed microphone does nothing."""
    rig.microphone.stop()
    rig.microphone.close()
    rig.microphone.close()


def test_off_opens_and_hears_nothing() -> None:
    """A microphone that is not there accepts what a real one accepts."""
    microphone = open_microphone(OffMicrophoneSettings(make="off"))
    microphone.open(lambda _block, _at_ns: pytest.fail("heard something"))
    microphone.stop()
    microphone.close()
    assert microphone.fault is None
