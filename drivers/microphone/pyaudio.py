"""A microphone on a sound card, found by its name."""

import time
from typing import Literal

from pydantic import Field

from drivers.microphone.kind import Heard
from drivers.part import PartSettings
from drivers.portaudio import Stream, capture

# A device that did not open is not tried again sooner: each try starts a process.
RETRY_SECONDS = 2.0


class PyaudioMicrophoneSettings(PartSettings):
    """A sound card; `device` is any part of the name that `arecord -l` and the fault text list."""

    make: Literal["pyaudio"]
    device: str = Field(min_length=1)


class PyaudioMicrophone:
    """A microphone whose device is held only while it is open."""

    def __init__(self, settings: PyaudioMicrophoneSettings) -> None:
        """Touch nothing yet."""
        self._device = settings.device
        self._stream: Stream | None = None
        self._not_opened: str | None = None
        self._last_failure = ""
        self._retry_from = 0.0

    @property
    def fault(self) -> str | None:
        """Tell why the last opening failed, or why an open microphone has gone silent."""
        return self._not_opened if self._stream is None else self._stream.trouble()

    def open(self, heard: Heard) -> None:
        """Open the device; OSError when it is missing or does not open, or did not less than RETRY_SECONDS ago."""
        self.stop()
        try:
            self._stream = self._opened(heard)
        except OSError as error:
            self._not_opened = str(error)
            raise

    def stop(self) -> None:
        """Release the device."""
        stream, self._stream, self._not_opened = self._stream, None, None
        if stream is not None:
            stream.close()

    def close(self) -> None:
        """Release the device."""
        self.stop()

    def _opened(self, heard: Heard) -> Stream:
        if time.monotonic() < self._retry_from:
            raise OSError(self._last_failure)
        stream = Stream("input", self._device, capture(heard))
        try:
            stream.wait()
        except OSError as error:
            self._last_failure, self._retry_from = str(error), time.monotonic() + RETRY_SECONDS
            raise
        return stream
