"""The child process that holds one stream of one sound device; the only file that imports pyaudio.

Some sound devices that die take PortAudio's calls with them: those never return, or print an error without end. Here
that costs a process, and drivers/portaudio.py kills it.

Started as `python -m drivers.portaudio_child input|output DEVICE`. Blocks (drivers/audio.py) of an input go to stdout.
An output writes one byte to stdout for each block that it wants, and reads the block from stdin. It ends when its
stdin or stdout closes, or when the device fails: its last line on stderr then says why.
"""

import ctypes
import os
import signal
import sys
from typing import Any

import pyaudio  # type: ignore[import-untyped]

from drivers.audio import BLOCK_BYTES, BLOCK_SAMPLES, RATE_HZ

# From <linux/prctl.h>.
PR_SET_PDEATHSIG = 1
ASK = b"?"
# One block waits here while another one is being played.
AHEAD = 2


def main() -> None:
    """Hold the stream until the device or the parent ends."""
    _die_with_the_parent()
    _, direction, device = sys.argv
    status = 0
    try:
        stream = _open(pyaudio.PyAudio(), direction, device)
        _capture(stream) if direction == "input" else _play(stream)
    except BrokenPipeError:
        pass  # the parent wants no more
    except OSError as error:
        os.write(sys.stderr.fileno(), f"{error}\n".encode())
        status = 1
    # Not by an orderly exit, which would close the stream: that is one of the calls that may not return.
    os._exit(status)


def _die_with_the_parent() -> None:
    # A call that does not return would not notice that stdin or stdout has closed; the kernel does.
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")


def _capture(stream: Any) -> None:
    while True:
        block = memoryview(stream.read(BLOCK_SAMPLES, exception_on_overflow=False))
        while block:
            block = block[os.write(sys.stdout.fileno(), block) :]


def _play(stream: Any) -> None:
    os.write(sys.stdout.fileno(), ASK * AHEAD)
    while len(block := sys.stdin.buffer.read(BLOCK_BYTES)) == BLOCK_BYTES:
        stream.write(block)
        os.write(sys.stdout.fileno(), ASK)


def _open(audio: Any, direction: str, device: str) -> Any:
    index = _index(audio, direction, device)
    try:
        return audio.open(
            rate=RATE_HZ,
            channels=1,
            format=pyaudio.paInt16,
            frames_per_buffer=BLOCK_SAMPLES,
            **{direction: True, f"{direction}_device_index": index},
        )
    except (OSError, ValueError) as error:
        raise OSError(f'the sound device "{device}" does not open: {error}') from error


def _index(audio: Any, direction: str, device: str) -> int:
    channels = "maxInputChannels" if direction == "input" else "maxOutputChannels"
    every = (audio.get_device_info_by_index(index) for index in range(audio.get_device_count()))
    fit = {int(info["index"]): str(info["name"]) for info in every if info[channels] > 0}
    for index, name in fit.items():
        if device in name:
            return index
    there = ", ".join(f'"{name}"' for name in fit.values()) or "none at all"
    raise OSError(f'no {direction} sound device has "{device}" in its name; there is: {there}')


if __name__ == "__main__":
    main()
