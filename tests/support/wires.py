"""The other end of the post's wires: gpio-sim pulls its inputs and shows what it drives. Only in the guest."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from support.patience import until

chip = Path("/run/gpio-sim")
names = Path("/sys/kernel/config/gpio-sim/post/bank0")


class Wires:
    """Every line of the chip by its name. Contacts tie a line to ground: closed is low."""

    def __init__(self) -> None:
        """Learn which line has which name."""
        self._lines: Mapping[str, Path] = {
            (line / "name").read_text().strip(): chip / f"sim_gpio{line.name.removeprefix('line')}"
            for line in names.glob("line*")
        }

    def close(self, name: str) -> None:
        """Close a contact to ground."""
        (self._lines[name] / "pull").write_text("pull-down")

    def open(self, name: str) -> None:
        """Open a contact."""
        (self._lines[name] / "pull").write_text("pull-up")

    def high(self, name: str) -> bool:
        """Whether the line is high, whoever drives it."""
        return (self._lines[name] / "value").read_text().strip() == "1"

    def edges(self, name: str) -> int:
        """How many edges of an input the kernel has taken, and stamped with its time, since boot."""
        offset = self._lines[name].name.removeprefix("sim_gpio")
        for line in Path("/proc/interrupts").read_text().splitlines():
            match line.split():
                case [_, count, "irq_sim", taken, *_] if taken == offset:
                    return int(count)
        raise AssertionError(f"no program listens to {name}")

    # What docs/wiring.md hangs on the lines -------------------------------------------------------

    def press(self) -> None:
        """Push the panic key down: its two contacts never change in the same instant."""
        self.open("KEY_NC")
        self.close("KEY_NO")

    def release(self) -> None:
        """Let it go."""
        self.open("KEY_NO")
        self.close("KEY_NC")

    def light(self) -> bool:
        """Whether the beacon is on: its relay switches on when the line is low."""
        return not self.high("LIGHT")

    def siren(self) -> bool:
        """Whether the siren sounds."""
        return not self.high("SIREN")

    def flashes(self, lamp: str) -> None:
        """Wait until a lamp has been seen lit and dark."""
        for lit in (True, False):
            until(lambda lit=lit: self.high(lamp) is lit, f"{lamp} is {'lit' if lit else 'dark'}")  # type: ignore[misc]

    def at_rest(self) -> None:
        """Put every contact back."""
        for name in ("KEY_NO", "ASSIST", "KEY_SWITCH", *(f"RATE_{level}" for level in range(1, 6))):
            self.open(name)
        for name in ("KEY_NC", "TAMPER", "MAINS", "BATTERY"):
            self.close(name)


@contextmanager
def real_time() -> Iterator[None]:
    """Move wires as a finger does, which does not wait until the guest's one CPU has nothing else to do."""
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def push(wires: Wires, contact: str, seconds: float = 0.1) -> None:
    """Close a contact for a moment, as a finger or a key does."""
    wires.close(contact)
    time.sleep(seconds)  # the length of the push is what is done here
    wires.open(contact)
