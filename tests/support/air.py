"""What is between the post's loudspeaker and its microphone: two sound cards of snd-aloop and a room. Only in the guest.

What the post plays on card 0 comes out of that card's other end, `hw:0,1`; what is played into `hw:1,0` is what the
post's microphone on card 1 hears.
"""

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import numpy as np

from drivers.audio import RATE_HZ
from drivers.spectrum import sine
from support.patience import deadline_seconds

raw = ("--quiet", "--format=S16_LE", f"--rate={RATE_HZ}", "--channels=1", "--file-type=raw", "--buffer-time=200000")
out_of_the_speaker = "hw:0,1"
into_the_microphone = "hw:1,0"
piece_seconds = 0.02
piece_bytes = round(RATE_HZ * piece_seconds) * 2


@contextmanager
def recording() -> Iterator[bytearray]:
    """Listen to the loudspeaker; what is heard grows."""
    heard, ear = bytearray(), Ear()

    def run() -> None:
        for piece in ear.pieces():
            heard.extend(piece)

    with _beside(run, ear):
        yield heard


@contextmanager
def speaking(frequency_hz: float) -> Iterator[None]:
    """Speak a steady tone into the microphone."""
    mouth = Mouth()

    def run() -> None:
        at, size = 0, piece_bytes // 2
        while mouth.say(sine(frequency_hz, 0.3, at, size)):
            at += size

    with _beside(run, mouth):
        yield


@contextmanager
def room(gain: float) -> Iterator[None]:
    """Carry what the loudspeaker plays to the microphone, so much weaker, with the noise that every room has."""
    ear, mouth = Ear(), Mouth()
    dice = np.random.default_rng(1)

    def run() -> None:
        for piece in ear.pieces():
            sound = np.frombuffer(piece, "<i2") * gain
            noisy = sound + dice.standard_normal(len(sound)) * 20
            mouth.say(noisy.clip(-32768, 32767).astype("<i2").tobytes())

    with _beside(run, ear, mouth):
        yield


class Device:
    """`arecord` or `aplay`; one that gives up, as it does when the guest was held up for 10 s, is started again."""

    def __init__(self, *command: str) -> None:
        self._command = [*command, *raw]
        self._over = False
        self._lock = threading.Lock()
        self._process = self._started()

    def close(self) -> None:
        """Let go of the device; whoever reads or writes is told."""
        with self._lock:
            self._over = True
            self._process.kill()

    def _started(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def forget(self) -> None:
        """Leave nothing of its process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):  # what was not played any more
                pipe.close()

    def _again(self) -> bool:
        """Start it again; False when it is over."""
        self.forget()
        with self._lock:
            if not self._over:
                self._process = self._started()
            return not self._over


class Ear(Device):
    """What comes out of the loudspeaker."""

    def __init__(self) -> None:
        """Begin to listen."""
        super().__init__("arecord", f"--device={out_of_the_speaker}")

    def pieces(self) -> Iterator[bytes]:
        """Yield what is heard, until closed."""
        going_on = True
        while going_on:
            assert self._process.stdout is not None
            while len(piece := self._process.stdout.read(piece_bytes)) == piece_bytes:
                yield piece
            going_on = self._again()


class Mouth(Device):
    """What the microphone hears."""

    def __init__(self) -> None:
        """Begin to speak."""
        super().__init__("aplay", f"--device={into_the_microphone}")

    def say(self, piece: bytes) -> bool:
        """Say a piece, when there is room for it; False when closed."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(piece)
            self._process.stdin.flush()
        except BrokenPipeError:
            return self._again()
        return True


@contextmanager
def _beside(run: Callable[[], None], *devices: Device) -> Iterator[None]:
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        for device in devices:
            device.close()
        thread.join(deadline_seconds)
        for device in devices:
            device.forget()
