"""What is between the post's loudspeaker and its microphone: two sound cards of snd-aloop and a room. Only in the guest.

What the post plays on card 0 comes out of that card's other end, `hw:0,1`; what is played into `hw:1,0` is what the
post's microphone on card 1 hears.
"""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import numpy as np

from drivers.audio import RATE_HZ
from drivers.spectrum import sine

raw = ("--quiet", "--format=S16_LE", f"--rate={RATE_HZ}", "--channels=1", "--file-type=raw", "--buffer-time=200000")
out_of_the_speaker = "hw:0,1"
into_the_microphone = "hw:1,0"
piece_seconds = 0.02
piece_bytes = round(RATE_HZ * piece_seconds) * 2


class Recording:
    """Hears the loudspeaker from now on."""

    def __init__(self) -> None:
        """Start to listen."""
        self.sound = bytearray()
        self._hear = _arecord()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        assert self._hear.stdout is not None
        while piece := self._hear.stdout.read(piece_bytes):
            self.sound += piece

    def close(self) -> None:
        """Listen no longer."""
        _end(self._hear)
        self._thread.join(10)


@contextmanager
def recording() -> Iterator[Recording]:
    """Listen to the loudspeaker."""
    heard = Recording()
    try:
        yield heard
    finally:
        heard.close()


@contextmanager
def speaking(frequency_hz: float) -> Iterator[None]:
    """Speak a steady tone into the microphone."""
    stop = threading.Event()
    mouth = _aplay()

    def run() -> None:
        assert mouth.stdin is not None
        at, size = 0, piece_bytes // 2
        while not stop.is_set():
            mouth.stdin.write(sine(frequency_hz, 0.3, at, size))
            mouth.stdin.flush()
            at += size

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
        _end(mouth)


@contextmanager
def room(gain: float) -> Iterator[None]:
    """Carry what the loudspeaker plays to the microphone, so much weaker, with the noise that every room has."""
    ear, mouth = _arecord(), _aplay()
    dice = np.random.default_rng(1)

    def run() -> None:
        assert ear.stdout is not None
        assert mouth.stdin is not None
        while len(piece := ear.stdout.read(piece_bytes)) == piece_bytes:
            sound = np.frombuffer(piece, "<i2") * gain
            noisy = sound + dice.standard_normal(len(sound)) * 20
            mouth.stdin.write(noisy.clip(-32768, 32767).astype("<i2").tobytes())
            mouth.stdin.flush()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        _end(ear)
        thread.join(10)
        _end(mouth)


def _arecord() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(["arecord", f"--device={out_of_the_speaker}", *raw], stdout=subprocess.PIPE)


def _aplay() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(["aplay", f"--device={into_the_microphone}", *raw], stdin=subprocess.PIPE)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait(10)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(BrokenPipeError):  # what was not played any more
                pipe.close()
