"""A key with a normally open and a normally closed contact: its cable is supervised without any extra part."""

import time
from functools import partial
from threading import Condition, Thread
from typing import Literal, Self

from pydantic import Field, model_validator

from drivers.contact.kind import Heard, Reading
from drivers.contact.pair import Pair, Step, meaning, moved, settled
from drivers.factory import Factory
from drivers.lines import InputLine
from drivers.part import PartSettings
from drivers.pins import Pin, hardware_errors
from drivers.telling import tell


class SupervisedContactSettings(PartSettings):
    """A key on two pins, both pulled up: NO and NC tie them to ground."""

    make: Literal["supervised"]
    pin_no: Pin
    pin_nc: Pin
    # How long both-open or both-closed must last to be a fault; delays no press. A key without snap action needs more.
    settle_milliseconds: int = Field(default=20, ge=5, le=5000)

    def pins(self) -> tuple[int | str, ...]:
        """Tell both pins."""
        return (self.pin_no, self.pin_nc)

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if self.pin_no == self.pin_nc:
            raise ValueError(f"pin_no and pin_nc are both {self.pin_no}; a supervised key needs two pins")
        return self


class SupervisedContact:
    """Two lines, one machine (pair.py), and a thread that waits for a fault to have lasted long enough."""

    def __init__(self, settings: SupervisedContactSettings, factory: Factory) -> None:
        """Claim both pins; gpiozero.GPIOPinInUse when another part has one of them."""
        self._settle_ns = settings.settle_milliseconds * 1_000_000
        self._no, self._nc = _two_lines(settings, factory)
        self._changed = Condition()
        self._heard: Heard | None = None
        self._closed = False
        with self._changed:
            self._no.watch(partial(self._edge, "no"))
            self._nc.watch(partial(self._edge, "nc"))
            self._no_closed, self._nc_closed = self._no.low(), self._nc.low()
            self._pair = Pair(self._seen())
        self._believer = Thread(target=self._believe_faults, name="supervised-contact", daemon=True)
        self._believer.start()

    def listen(self, heard: Heard) -> None:
        """Tell presses and releases at their edge, faults of the cable once they have settled."""
        with self._changed:
            self._heard = heard

    def read(self) -> Reading:
        """Read both pins now; while they are on their way, what was told last."""
        with self._changed:
            now = self._meaning_now()
            return now if now in {Reading.OPEN, Reading.CLOSED} else self._pair.reading

    def close(self) -> None:
        """Give both pins back."""
        with self._changed:
            self._closed, self._heard = True, None
            self._changed.notify_all()
        self._believer.join()
        self._no.close()
        self._nc.close()

    def _edge(self, line: Literal["no", "nc"], low: bool, at_ns: int) -> None:
        with self._changed:
            match line:
                case "no":
                    self._no_closed = low
                case "nc":
                    self._nc_closed = low
            self._take(moved(self._pair, self._seen(), at_ns))
            self._changed.notify_all()

    def _meaning_now(self) -> Reading:
        with hardware_errors("the key cannot be read"):
            return meaning(no_closed=self._no.low(), nc_closed=self._nc.low())

    def _seen(self) -> Reading:
        return meaning(no_closed=self._no_closed, nc_closed=self._nc_closed)

    def _take(self, step: Step) -> None:
        self._pair, sensed = step
        # Told under the lock, so that changes arrive in their order; the lock is re-entrant, `heard` may call read().
        if sensed is not None and self._heard is not None:
            tell(self._heard, sensed)

    def _believe_faults(self) -> None:
        with self._changed:
            while not self._closed:
                self._changed.wait(self._look())

    def _look(self) -> float | None:
        """Believe a fault whose time has come; return after how many seconds to look again, None for the next edge."""
        if self._pair.fault is None:
            return None
        left_ns = self._pair.since_ns + self._settle_ns - time.monotonic_ns()
        if left_ns > 0:
            return left_ns / 1e9
        if not self._lines_agree():
            # An edge is on its way here: on a busy machine the second contact of a press may be told late.
            return self._settle_ns / 1e9
        self._take(settled(self._pair, time.monotonic_ns(), self._settle_ns))
        return None

    def _lines_agree(self) -> bool:
        try:
            return self._meaning_now() is self._seen()
        except OSError:
            return False


def _two_lines(settings: SupervisedContactSettings, factory: Factory) -> tuple[InputLine, InputLine]:
    first = InputLine(settings.pin_no, factory)
    try:
        return first, InputLine(settings.pin_nc, factory)
    except Exception:
        first.close()
        raise
