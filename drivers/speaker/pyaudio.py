"""A loudspeaker on a sound card, found by its name."""

import logging
from threading import Event, Thread
from typing import Literal

from pydantic import Field

from drivers.part import PartSettings
from drivers.portaudio import Stream
from drivers.speaker.queue import BlockQueue

# How soon a device that went away is noticed, and how often it is then looked for (each time a process is started).
WATCH_SECONDS = 0.25
RETRY_SECONDS = 2.0

_log = logging.getLogger(__name__)


class PyaudioSpeakerSettings(PartSettings):
    """A sound card; `device` is any part of the name that `aplay -l` and the fault text list."""

    make: Literal["pyaudio"]
    device: str = Field(min_length=1)


class PyaudioSpeaker:
    """A loudspeaker that is always open, and opened again by its own thread whenever the device has gone away."""

    def __init__(self, settings: PyaudioSpeakerSettings) -> None:
        """Open the device once; when that fails the fault says why, and the thread goes on trying."""
        self._device = settings.device
        self._queue = BlockQueue()
        self._stream: Stream | None = None
        self._fault: str | None = None
        self._closing = Event()
        self._try_to_open()
        self._watcher = Thread(target=self._watch, name="speaker", daemon=True)
        self._watcher.start()

    @property
    def fault(self) -> str | None:
        """Tell why nothing can be heard, or None."""
        return self._fault

    def play(self, block: bytes) -> None:
        """Queue one block."""
        self._queue.put(block)

    def saying(self, text: str) -> None:
        """Do nothing: a real loudspeaker is heard, not read."""

    def close(self) -> None:
        """Release the device."""
        self._closing.set()
        self._close_stream()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._closing.wait(RETRY_SECONDS if self._fault else WATCH_SECONDS):
            if self._fault:
                self._try_to_open()
            elif self._stream is not None and (trouble := self._stream.trouble()):
                self._report(trouble)
                self._close_stream()

    def _try_to_open(self) -> None:
        self._queue.clear()
        self._stream = Stream("output", self._device, lambda _nothing, _at_ns: self._queue.take())
        # close() may have looked for a stream a moment too early.
        if self._closing.is_set():
            self._close_stream()
        try:
            self._stream.wait()
        except OSError as error:
            self._report(str(error))
        else:
            self._fault = None

    def _report(self, fault: str) -> None:
        if fault != self._fault:
            _log.warning("speaker: %s", fault)
        self._fault = fault

    def _close_stream(self) -> None:
        if self._stream is not None:
            self._stream.close()
