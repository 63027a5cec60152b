"""Sound devices that are missing, die or hang: a fault in plain words; no crash, no hang, no flood, no process left."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import psutil
import pytest

from drivers.audio import SILENCE
from drivers.microphone.pyaudio import PyaudioMicrophone, PyaudioMicrophoneSettings
from drivers.portaudio import STALLED_SECONDS
from drivers.speaker.pyaudio import PyaudioSpeaker, PyaudioSpeakerSettings
from support.contract_sound import playing, wait_for_tone
from support.heard import Heard
from support.patience import deadline_seconds, until
from support.pulse import Pulse, pulse_daemon

# What may befall a sound device, and how it comes back.
FATES: dict[str, tuple[Callable[[Pulse], None], Callable[[Pulse], None]]] = {
    "dies": (Pulse.kill, Pulse.start),
    "hangs": (Pulse.freeze, Pulse.thaw),
}

# Either for both fates: a death may be an error, or a call that never returns.
TOLD = re.compile(r'the sound device "post_\w+" (has gone away|hangs)')

# A program that listens, until somebody kills it.
LISTENING = """
import threading
from drivers.microphone.pyaudio import PyaudioMicrophone, PyaudioMicrophoneSettings
microphone = PyaudioMicrophone(PyaudioMicrophoneSettings(make="pyaudio", device="post_microphone"))
microphone.open(lambda _block, _at_ns: None)
print("listening", flush=True)
threading.Event().wait()
"""

# A program that keeps a loudspeaker open, and says for each line that it is given whether there is a fault.
PLAYING = """
import sys
from drivers.speaker.pyaudio import PyaudioSpeaker, PyaudioSpeakerSettings
speaker = PyaudioSpeaker(PyaudioSpeakerSettings(make="pyaudio", device="post_speaker"))
print(speaker.fault)
for _ in sys.stdin:
    print(speaker.fault)
"""


class Fate:
    """A sound daemon that will be struck, and mended."""

    def __init__(self, pulse: Pulse, name: str) -> None:
        self._pulse = pulse
        self._strike, self._mend = FATES[name]

    def strike(self) -> None:
        """Kill the daemon, or stop it where it is."""
        self._strike(self._pulse)

    def mend(self) -> None:
        """Bring it back."""
        self._mend(self._pulse)


@pytest.fixture
def pulse() -> Iterator[Pulse]:
    """Run a daemon of its own for each test, because the tests kill it."""
    with pulse_daemon() as daemon:
        yield daemon


@pytest.fixture(params=FATES)
def fate(request: pytest.FixtureRequest, pulse: Pulse) -> Fate:
    """Give each fate in turn."""
    return Fate(pulse, request.param)


@pytest.fixture(autouse=True)
def no_trace(
    request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    """Check after each test that no process is left, that nothing came out on stderr, and little in the log."""
    yield
    assert children() == []
    assert capfd.readouterr().err == ""
    assert len(caplog.records) <= 3


def children(of: int | None = None) -> list[psutil.Process]:
    """List the processes that hold streams for this process, or for another one."""
    return [child for child in psutil.Process(of).children() if holds_a_stream(child)]


def holds_a_stream(child: psutil.Process) -> bool:
    """Whether a process is one of ours; one that has just ended is not."""
    try:
        return "drivers.portaudio_child" in child.cmdline()
    except psutil.NoSuchProcess:  # ZombieProcess is one, too
        return False


def speaker_on(device: str) -> PyaudioSpeaker:
    """Make a loudspeaker on this device."""
    return PyaudioSpeaker(PyaudioSpeakerSettings(make="pyaudio", device=device))


def microphone_on(device: str) -> PyaudioMicrophone:
    """Make a microphone on this device."""
    return PyaudioMicrophone(PyaudioMicrophoneSettings(make="pyaudio", device=device))


def opens(microphone: PyaudioMicrophone, heard: Heard[bytes]) -> bool:
    """Try to open it."""
    with suppress(OSError):
        microphone.open(lambda block, _at_ns: heard(block))
    return microphone.fault is None


@pytest.mark.usefixtures("pulse")
def test_a_missing_microphone_is_told_with_those_there_are() -> None:
    """The sentence holds all that an installer needs to correct the name; the fault says the same."""
    microphone = microphone_on("USB horn")
    assert microphone.fault is None
    with pytest.raises(OSError, match=r'^no input sound device has "USB horn".*"post_microphone"') as missing:
        microphone.open(lambda _block, _at_ns: None)
    assert microphone.fault == str(missing.value)
    microphone.stop()
    assert microphone.fault is None


@pytest.mark.usefixtures("pulse")
def test_a_missing_microphone_is_not_looked_for_all_the_time() -> None:
    """Each look starts a process; a second try at once gets the answer of the first."""
    microphone = microphone_on("USB horn")
    with pytest.raises(OSError, match="USB horn") as first:
        microphone.open(lambda _block, _at_ns: None)
    looked = microphone._retry_from
    with pytest.raises(OSError, match="USB horn") as second:
        microphone.open(lambda _block, _at_ns: None)
    assert (str(second.value), microphone._retry_from) == (str(first.value), looked)
    until(lambda: not opens(microphone, Heard()) and microphone._retry_from > looked)


@pytest.mark.usefixtures("pulse")
def test_a_missing_speaker_is_a_fault_and_swallows_what_is_played() -> None:
    """The program starts without it; a post without voice still raises the alarm."""
    speaker = speaker_on("USB horn")
    assert speaker.fault is not None
    assert 'no output sound device has "USB horn" in its name; there is: "post_speaker"' in speaker.fault
    with playing(speaker, 1000):
        pass
    speaker.close()


def test_a_device_that_does_not_open_is_told(fate: Fate) -> None:
    """It was there before; now it is missing from the list, or whoever looks at it hangs."""
    microphone = microphone_on("post_microphone")
    fate.strike()
    with pytest.raises(OSError, match=r'"post_microphone" (in its name; there is: none|does not open: it hangs)'):
        microphone.open(lambda _block, _at_ns: None)
    assert microphone.fault is not None
    assert children() == []


def test_a_microphone_whose_device_fails_has_a_fault_and_opens_again(fate: Fate) -> None:
    """The stream dies under it; opening again is all that is needed once the device is back."""
    microphone, heard = microphone_on("post_microphone"), Heard[bytes]()
    assert opens(microphone, heard)
    heard.first(3)
    fate.strike()
    assert TOLD.fullmatch(until(lambda: microphone.fault))
    until(lambda: children() == [])
    fate.mend()
    before = len(heard.all())
    until(lambda: opens(microphone, heard))
    heard.first(before + 3)
    microphone.close()


def test_a_speaker_whose_device_fails_has_a_fault_and_comes_back_by_itself(fate: Fate) -> None:
    """Playing never waits for it, and nobody needs to restart anything after a sound card was put back."""
    speaker = speaker_on("post_speaker")
    assert speaker.fault is None
    with playing(speaker, 880):
        fate.strike()
        # The first sentence: two seconds later it is looked for, and then the fault says what the look has found.
        assert TOLD.fullmatch(until(lambda: speaker.fault))
        for _ in range(3000):
            speaker.play(SILENCE)
        fate.mend()
        until(lambda: speaker.fault is None)
        ear, heard = microphone_on("room_ear"), Heard[bytes]()
        until(lambda: opens(ear, heard))
        wait_for_tone(heard, 880)
    ear.close()
    speaker.close()


def test_closing_a_failed_device_does_not_hang(fate: Fate) -> None:
    """The program can always end, before the fault is noticed as well as after (the test's own limit would strike)."""
    speaker, microphone = speaker_on("post_speaker"), microphone_on("post_microphone")
    microphone.open(lambda _block, _at_ns: None)
    fate.strike()
    microphone.close()
    speaker.close()
    assert children() == []


def test_a_speaker_closes_while_it_opens(pulse: Pulse) -> None:
    """A device that hangs as it is looked for does not keep the program from ending."""
    speaker = speaker_on("post_speaker")
    pulse.freeze()
    until(lambda: speaker.fault is not None)
    until(lambda: children() == [])
    until(lambda: children() != [])
    speaker.close()
    assert children() == []


def test_a_child_that_dies_is_a_fault(pulse: Pulse) -> None:
    """The kernel may kill it for memory, or PortAudio end it with an assertion."""
    microphone = microphone_on("post_microphone")
    microphone.open(lambda _block, _at_ns: None)
    children()[0].kill()
    until(lambda: microphone.fault == 'the sound device "post_microphone" has gone away')
    microphone.close()


def test_a_child_that_cannot_be_started_is_told() -> None:
    """No program can be given a name with a zero byte in it; a settings file can."""
    with pytest.raises(OSError, match="does not open: embedded null byte"):
        microphone_on("post\0microphone").open(lambda _block, _at_ns: None)


def test_a_killed_program_leaves_no_child_even_when_the_device_hangs(pulse: Pulse) -> None:
    """Otherwise a restarted media program would find the microphone taken."""
    with subprocess.Popen([sys.executable, "-c", LISTENING], stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"listening\n"
        (child,) = children(program.pid)
        pulse.freeze()
        program.kill()
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


@pytest.mark.usefixtures("pulse")
@pytest.mark.parametrize(("direction", "device"), [("input", "post_microphone"), ("output", "post_speaker")])
def test_a_child_ends_when_its_pipes_close(direction: str, device: str) -> None:
    """In good order, and without a word."""
    command = [sys.executable, "-m", "drivers.portaudio_child", direction, device]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, bufsize=0) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stdout.read(1) != b""
        child.stdin.close()
        child.stdout.close()
        assert child.wait(deadline_seconds) == 0


@pytest.mark.usefixtures("pulse")
def test_a_post_that_is_held_up_does_not_take_that_for_a_device_that_hangs() -> None:
    """Nothing of it runs for longer than a device may be silent. To open it again would cost a busy post most of all."""
    with subprocess.Popen([sys.executable, "-uc", PLAYING], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert said(program) == b"None\n"
        child, alone = held_up(program)
        while alone > STALLED_SECONDS - 0.5:  # this test was held up itself, and played a device that really hangs
            until(lambda: asked(program) == b"None\n")
            child, alone = held_up(program)
        assert asked(program) == b"None\n"
        assert children(program.pid) == [child]
        program.kill()


def said(program: "subprocess.Popen[bytes]") -> bytes:
    """Return the next line that it says."""
    assert program.stdout is not None
    return program.stdout.readline()


def asked(program: "subprocess.Popen[bytes]") -> bytes:
    """Ask it for its fault."""
    assert program.stdin is not None
    program.stdin.write(b"\n")
    program.stdin.flush()
    return said(program)


def held_up(program: "subprocess.Popen[bytes]") -> tuple[psutil.Process, float]:
    """Hold up a program and its child; return the child, and for how many seconds the program ran without it.

    The lengths of the hold-ups are what is played here: the child loses the processor first and has it back last.
    """
    (child,) = children(program.pid)
    began = time.monotonic()
    child.suspend()
    time.sleep(0.3)
    program.send_signal(signal.SIGSTOP)
    stopped = time.monotonic()
    time.sleep(STALLED_SECONDS + 1)
    went_on = time.monotonic()
    program.send_signal(signal.SIGCONT)
    time.sleep(0.5)
    child.resume()
    return child, stopped - began + time.monotonic() - went_on
