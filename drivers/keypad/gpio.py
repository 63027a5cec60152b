"""Five keys on five pins, with lamps or without."""

import time
from queue import Empty, SimpleQueue
from threading import Thread, current_thread
from typing import Annotated, Literal, Self

from gpiozero import DigitalOutputDevice  # type: ignore[import-untyped]
from pydantic import Field, model_validator

from drivers.debounce import Debounce, Key, Seen, edge, time_passed
from drivers.factory import Factory
from drivers.keypad.kind import LEVELS, Heard, Press
from drivers.lines import InputLine
from drivers.part import PartSettings
from drivers.pins import Pin, hardware_errors
from drivers.telling import tell

JOIN_SECONDS = 2.0
_Edge = tuple[int, bool, int]  # level, closed, at_ns
_FivePins = Annotated[tuple[Pin, ...], Field(min_length=5, max_length=5)]


class GpioKeypadSettings(PartSettings):
    """Five keys, each from its pin to ground; a lamp per key, or one that answers for all, or none."""

    make: Literal["gpio"]
    pins_keys: _FivePins  # in the order of the levels, 1 first
    pins_lamps: Annotated[tuple[Pin, ...], Field(max_length=5)] = ()
    lamp_active_high: bool = True

    def pins(self) -> tuple[int | str, ...]:
        """Tell the pins of the keys, then of the lamps."""
        return (*self.pins_keys, *self.pins_lamps)

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if len(self.pins_lamps) not in (0, 1, 5):
            raise ValueError("pins_lamps has one pin for each of the five keys, one pin for all, or none")
        if len(set(self.pins())) != len(self.pins()):
            raise ValueError("a pin stands twice in pins_keys and pins_lamps; each key and lamp needs its own")
        return self


class GpioKeypad:
    """Five debounced keys; one thread measures how long each is held."""

    def __init__(self, settings: GpioKeypadSettings, factory: Factory) -> None:
        """Claim the pins; gpiozero.GPIOPinInUse when another part has one of them, and then none is kept."""
        self._heard: Heard | None = None
        self._lamp_fault: str | None = None
        self._edges: SimpleQueue[_Edge | None] = SimpleQueue()
        self._lines: dict[int, InputLine] = {}
        self._lamps: list[DigitalOutputDevice] = []
        try:
            self._claim(settings, factory)
        except Exception:
            self._give_back()
            raise
        self._keys = {level: _as_found(line) for level, line in self._lines.items()}
        self._looks = {
            level: time_passed(key, key.closed, time.monotonic_ns())[1].look_at_ns for level, key in self._keys.items()
        }
        self._thread = Thread(target=self._run, name="keypad", daemon=True)
        self._thread.start()

    @property
    def plugged(self) -> bool:
        return self._unreadable is None

    @property
    def fault(self) -> str | None:
        unreadable = self._unreadable
        if unreadable is not None:
            return unreadable
        stuck = [str(level) for level, key in self._keys.items() if key.key is Key.STUCK]
        if stuck:
            return f"key {', '.join(stuck)} of the keypad is stuck: it has been down for 30 s"
        return self._lamp_fault

    def listen(self, heard: Heard) -> None:
        """Tell each press from the keypad's thread, 30 ms after it began."""
        self._heard = heard

    def light(self, level: int | None) -> None:
        """Light the key's lamp and darken the others; a lamp that fails is a fault and stops nobody."""
        try:
            with hardware_errors("the lamps of the keypad cannot be switched"):
                for number, lamp in enumerate(self._lamps, start=1):
                    lamp.value = level is not None and (len(self._lamps) == 1 or number == level)
            self._lamp_fault = None
        except OSError as error:
            self._lamp_fault = str(error)

    def close(self) -> None:
        """Stop the edges, end the thread, go dark."""
        self._heard = None
        self._edges.put(None)
        if current_thread() is not self._thread:
            self._thread.join(JOIN_SECONDS)
        self._give_back()

    def _claim(self, settings: GpioKeypadSettings, factory: Factory) -> None:
        for level, pin in zip(LEVELS, settings.pins_keys, strict=True):
            self._lines[level] = InputLine(pin, factory)
            self._watch(level)
        for pin in settings.pins_lamps:
            self._lamps.append(
                DigitalOutputDevice(
                    pin, active_high=settings.lamp_active_high, initial_value=False, pin_factory=factory
                )
            )

    @property
    def _unreadable(self) -> str | None:
        """Why the keys cannot be read: their chip has gone."""
        try:
            with hardware_errors("the keys of the keypad cannot be read"):
                for line in self._lines.values():
                    line.low()
        except OSError as error:
            return str(error)
        return None

    def _watch(self, level: int) -> None:
        self._lines[level].watch(lambda low, at_ns: self._edges.put((level, low, at_ns)))

    def _give_back(self) -> None:
        for device in (*self._lines.values(), *self._lamps):
            device.close()

    def _run(self) -> None:
        while True:
            try:
                told = self._edges.get(timeout=self._patience())
            except Empty:
                self._time_passed()
                continue
            if told is None:
                return
            level, closed, at_ns = told
            self._take(level, *edge(self._keys[level], closed, at_ns))

    def _patience(self) -> float | None:
        looks = [look for look in self._looks.values() if look is not None]
        return max(0.0, (min(looks) - time.monotonic_ns()) / 1e9) if looks else None

    def _time_passed(self) -> None:
        now = time.monotonic_ns()
        for level, look in self._looks.items():
            if look is not None and look <= now:
                self._take(level, *time_passed(self._keys[level], self._closed_now(level), now))

    def _closed_now(self, level: int) -> bool:
        try:
            with hardware_errors("a key of the keypad cannot be read"):
                return self._lines[level].low()
        except OSError:
            return self._keys[level].closed  # the chip went while the key was down: what was told of it counts

    def _take(self, level: int, state: Debounce, seen: Seen) -> None:
        # Only a key that was rising is ever pressed, so its past still knows when that began.
        began_ns = self._keys[level].since_ns
        self._keys[level] = state
        self._looks[level] = seen.look_at_ns
        heard = self._heard  # which close() may take away at any moment
        if seen.pressed and heard is not None:
            tell(heard, Press(level, began_ns))


def _as_found(line: InputLine) -> Debounce:
    """Take a key that is held while the program starts for a key that is down: nobody was asked yet, so it rates nothing."""
    with hardware_errors("a key of the keypad cannot be read"):
        low = line.low()
    return Debounce(Key.DOWN, True, time.monotonic_ns()) if low else Debounce()
