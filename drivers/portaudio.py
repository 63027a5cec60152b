"""One open stream of a sound device that the settings name, held by a child process (drivers/portaudio_child.py)."""

import sys
import time
from collections.abc import Callable
from threading import Event, Thread
from typing import Literal

from drivers.audio import BLOCK_BYTES
from drivers.child import Child, running
from drivers.telling import tell

Direction = Literal["input", "output"]
Exchange = Callable[[bytes, int], bytes | None]
Block = Callable[[bytes, int], None]

# Starting Python and asking every sound device what it can takes seconds on a post that has just been switched on.
OPEN_SECONDS = 10.0
# A device that neither asks for nor gives a block for this long hangs; a block is 20 ms.
STALLED_SECONDS = 2.0
# How soon close() is noticed while a device hangs.
_LOOK_SECONDS = 0.1
# A killed process is gone at once, unless a driver in the kernel holds it: nobody can help that, nor wait for it.
_GONE_SECONDS = 2.0
# What the child writes at a time: a captured block, or the one byte that asks for a block.
_UNIT_BYTES = {"input": BLOCK_BYTES, "output": 1}


class Stream:
    """A stream with a thread of its own, which starts the child, exchanges a block per 20 ms with it, and ends it."""

    def __init__(self, direction: Direction, device: str, exchange: Exchange) -> None:
        """Start to open the first device with `device` in its name, and return at once.

        `exchange(block, at_ns)` takes the captured block (some byte for an output) and gives the one to play.
        """
        self._device = device
        self._exchange = exchange
        self._unit_bytes = _UNIT_BYTES[direction]
        self._command = [sys.executable, "-P", "-m", "drivers.portaudio_child", direction, device]
        self._trouble: str | None = None
        self._opened = False
        self._settled = Event()
        self._closing = Event()
        self._thread = Thread(target=self._run, name=f"sound-{direction}", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Wait until sound passes, or close(); OSError, after OPEN_SECONDS at most, when the device does not open."""
        self._settled.wait()
        if self._trouble is not None:
            self._thread.join(_GONE_SECONDS)
            raise OSError(self._trouble)

    def trouble(self) -> str | None:
        """Tell in plain words why no sound passes any more, or None while it does."""
        return None if self._closing.is_set() else self._trouble

    def close(self) -> None:
        """Release the device; no block follows."""
        self._closing.set()
        self._thread.join(_GONE_SECONDS)

    def _run(self) -> None:
        try:
            with running(self._command) as child:
                self._trouble = self._serve(child)
                # Before waiting for its end, which a driver in the kernel may hold up.
                self._settled.set()
        except (OSError, ValueError) as error:
            self._trouble = self._ended(f'the sound device "{self._device}" does not open: {error}')
        finally:
            self._settled.set()

    def _serve(self, child: Child) -> str | None:
        came, silent, patience = b"", 0.0, OPEN_SECONDS
        while not self._closing.is_set():
            began = time.monotonic()
            received = child.receive(_LOOK_SECONDS)
            if received == b"":
                return self._ended(child.last_line())
            if received:
                self._note_opened()
                came = self._pass_on(child, came + received)
                silent, patience = 0.0, STALLED_SECONDS
            # A look that lasts longer than it should was held up together with the whole post: that is no silence.
            elif (silent := silent + min(time.monotonic() - began, _LOOK_SECONDS)) > patience:
                return self._hangs()
        return None

    def _note_opened(self) -> None:
        self._opened = True
        self._settled.set()

    def _pass_on(self, child: Child, came: bytes) -> bytes:
        whole = len(came) - len(came) % self._unit_bytes
        for start in range(0, whole, self._unit_bytes):
            answer = self._exchange(came[start : start + self._unit_bytes], time.monotonic_ns())
            if answer is not None:
                child.give(answer)
        return came[whole:]

    def _ended(self, reason: str) -> str:
        if self._opened:
            return f'the sound device "{self._device}" has gone away'
        return reason or f'the sound device "{self._device}" does not open, and its process does not say why'

    def _hangs(self) -> str:
        return f'the sound device "{self._device}" {"hangs" if self._opened else "does not open: it hangs"}'


def capture(heard: Block) -> Exchange:
    """Make the exchange of an input: each block goes to `heard`, and an error there does not end the stream."""
    return lambda block, at_ns: tell(heard, block, at_ns)
