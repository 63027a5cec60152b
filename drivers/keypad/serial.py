"""A keypad on a serial port, or on a USB adapter of one; its frames are in frames.py."""

import termios
import time
from typing import Literal

import serial
from pydantic import Field

from drivers.keypad.frames import Deframer, lamp_frame
from drivers.keypad.kind import Press
from drivers.keypad.watched import WatchedKeypad
from drivers.part import PartSettings

_READ_BYTES = 256
_WRITE_SECONDS = 0.5


class SerialKeypadSettings(PartSettings):
    """A keypad on a serial port; name it by /dev/serial/by-id/… so that it is found in every socket."""

    make: Literal["serial"]
    port: str = Field(min_length=1)
    baud: int = Field(default=9600, ge=1200, le=115200)
    # Longest silence of a keypad that sends A0 while it is well; 0: it sends none, and a cut cable is not noticed.
    alive_seconds: float = Field(default=0, ge=0, le=3600)


class SerialDevice:
    """The open port."""

    def __init__(self, settings: SerialKeypadSettings) -> None:
        """Open it alone: OSError with a sentence when it is not there or another program has it."""
        self._settings = settings
        self._deframer = Deframer()
        self._heard_ns = time.monotonic_ns()
        try:
            self._port = serial.Serial(
                settings.port, settings.baud, timeout=0, write_timeout=_WRITE_SECONDS, exclusive=True
            )
        except (OSError, ValueError, termios.error) as error:
            raise OSError(f"the keypad's port {settings.port} cannot be opened: {error}") from error

    def fileno(self) -> int:
        return int(self._port.fileno())

    def read(self) -> list[Press]:
        try:
            data = self._port.read(_READ_BYTES)
        except OSError as error:
            raise OSError(f"the keypad's port {self._settings.port} has gone: {error}") from error
        now = time.monotonic_ns()
        said = self._deframer.take(data)
        if said:
            self._heard_ns = now
        return [Press(one.level, now) for one in said if one.level is not None]

    def tick(self) -> str | None:
        """Miss a keypad that promised to say that it is alive; the port stays open for its next word."""
        limit = self._settings.alive_seconds
        if limit and (time.monotonic_ns() - self._heard_ns) / 1e9 > limit:
            return f"the keypad on {self._settings.port} has been silent for more than {limit:g} s"
        return None

    def light(self, level: int | None) -> None:
        try:
            self._port.write(lamp_frame(level))
        except OSError as error:
            raise OSError(f"the keypad on {self._settings.port} does not take its lamp's command: {error}") from error

    def close(self) -> None:
        self._port.close()


def open_serial(settings: SerialKeypadSettings) -> WatchedKeypad:
    """Open the keypad, or begin to wait for it."""
    return WatchedKeypad(lambda: SerialDevice(settings))
