"""A keypad that comes and goes: one thread opens it, reads it, and looks for it again after it went away."""

import logging
import os
import select
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from drivers.keypad.kind import Heard, Press
from drivers.telling import tell

# How often a keypad that is away is looked for, and one that is there is asked whether it still is.
TICK_SECONDS = 1.0
# A thread that has not ended by then hangs in the system; the program ends without it (it is a daemon).
JOIN_SECONDS = 2.0

_log = logging.getLogger(__name__)


class Device(Protocol):
    """A keypad that is open. Every method may raise OSError, whose text says in a sentence why it has gone."""

    def fileno(self) -> int:
        """Give what becomes readable with a press."""

    def read(self) -> Sequence[Press]:
        """Take what is there without waiting."""

    def tick(self) -> str | None:
        """Look after the device, about once a second; a sentence when it is open and yet does not work."""

    def light(self, level: int | None) -> None:
        """Light a lamp, None: dark."""

    def close(self) -> None:
        """Give the device back."""


class WatchedKeypad:
    """The keypad behind `open_device`, which raises OSError with a sentence while there is none."""

    def __init__(self, open_device: Callable[[], Device]) -> None:
        """Try to open the device once, then leave it to the thread."""
        self._open_device = open_device
        self._heard: Heard | None = None
        self._device: Device | None = None
        self._fault: str | None = None
        self._wanted: int | None = None
        self._lamp_due = False
        self._closing = False
        self._next_tick = 0.0
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        # The descriptor is closed by the thread at its end, so that close() never wakes a stranger's.
        self._wake_lock = threading.Lock()
        self._look_for_it()
        self._thread = threading.Thread(target=self._run, name="keypad", daemon=True)
        self._thread.start()

    @property
    def plugged(self) -> bool:
        return self._device is not None and self._fault is None

    @property
    def fault(self) -> str | None:
        return self._fault

    def listen(self, heard: Heard) -> None:
        """Tell each press from the keypad's thread."""
        self._heard = heard

    def light(self, level: int | None) -> None:
        """Leave the lamp to the thread, which also lights it again after the keypad was away."""
        self._wanted = level
        self._lamp_due = True
        self._rouse()

    def close(self) -> None:
        """End the thread; nothing is told afterwards, unless it is the listener itself that closes."""
        self._heard = None
        self._closing = True
        self._rouse()
        if threading.current_thread() is not self._thread:
            self._thread.join(JOIN_SECONDS)

    def _rouse(self) -> None:
        with self._wake_lock:
            if self._wake >= 0:
                os.eventfd_write(self._wake, 1)

    def _run(self) -> None:
        try:
            while not self._closing:
                self._turn()
        finally:
            device, self._device = self._device, None
            # Only an error of this program itself ends the thread before close(): the keypad must not look alive then.
            self._fault = None if self._closing else "the keypad's reader has failed; the log says why"
            if device is not None:
                self._put_out_and_close(device)
            with self._wake_lock:
                os.close(self._wake)
                self._wake = -1

    def _turn(self) -> None:
        """Wait for a press, a lamp or the next tick, and see to it."""
        readable = self._wait()
        if self._device is None:
            if time.monotonic() >= self._next_tick:
                self._look_for_it()
            return
        try:
            self._see_to(self._device, readable=self._device.fileno() in readable)
        except OSError as error:
            self._gone(self._device, str(error))

    def _wait(self) -> list[int]:
        watched = [self._wake] if self._device is None else [self._wake, self._device.fileno()]
        poll = select.poll()  # not select(), which fails for descriptors above 1023
        for number in watched:
            poll.register(number, select.POLLIN)
        ready = [number for number, _ in poll.poll(max(0.0, self._next_tick - time.monotonic()) * 1000)]
        if self._wake in ready:
            os.eventfd_read(self._wake)
        return ready

    def _see_to(self, device: Device, *, readable: bool) -> None:
        if readable:
            for press in device.read():
                self._tell(press)
        if self._lamp_due:
            self._lamp_due = False  # before the lamp is lit: it may be told anew meanwhile
            device.light(self._wanted)
        if time.monotonic() >= self._next_tick:
            self._next_tick = time.monotonic() + TICK_SECONDS
            self._say(device.tick())

    def _tell(self, press: Press) -> None:
        heard = self._heard  # which close() may take away at any moment
        if heard is not None:
            tell(heard, press)

    def _look_for_it(self) -> None:
        self._next_tick = time.monotonic() + TICK_SECONDS
        try:
            self._device = self._open_device()
        except OSError as error:
            self._say(str(error))
        else:
            self._lamp_due = True  # it may have kept its lamp lit while it was away
            self._say(None)

    def _gone(self, device: Device, why: str) -> None:
        self._say(why)  # first: whoever sees it unplugged finds the reason beside it
        self._device = None
        self._next_tick = time.monotonic() + TICK_SECONDS
        _close(device)

    def _say(self, fault: str | None) -> None:
        if fault != self._fault:
            _log.warning("keypad: %s", fault or "it is there again")
        self._fault = fault

    def _put_out_and_close(self, device: Device) -> None:
        try:
            device.light(None)
        except OSError as error:
            _log.warning("keypad: its lamp stays as it is: %s", error)
        _close(device)


def _close(device: Device) -> None:
    try:
        device.close()
    except OSError as error:
        _log.warning("keypad: closing the device failed: %s", error)
