"""Every make of keypad with the finger on it and the hand on its plug: one class per make, all of the same form."""

import asyncio
import os
import select
import time
import tty
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Protocol

from evdev import ecodes
from gpiozero.pins.mock import MockFactory  # type: ignore[import-untyped]

from drivers.keypad import Keypad, SimulatedKeypad, open_keypad
from drivers.keypad.frames import ETX, STX
from drivers.keypad.gpio import GpioKeypadSettings
from drivers.keypad.hid import HidKeypadSettings
from drivers.keypad.input_nodes import HidDevice, Node, Wanted
from drivers.keypad.serial import SerialKeypadSettings
from drivers.keypad.watched import WatchedKeypad
from drivers.pins import NoPins
from support.input_bytes import DOWN, UP, report

# A finger is down for longer than the 30 ms that count, and up for longer than the 5 ms of a bounce.
FINGER_DOWN_SECONDS = 0.04
FINGER_UP_SECONDS = 0.01


class KeypadRig(Protocol):
    """A keypad and the finger on it."""

    keypad: Keypad

    def press(self, level: int) -> None:
        """Press a key and let go."""

    def close(self) -> None:
        """Close the keypad and put everything away."""


class LampRig(KeypadRig, Protocol):
    """A keypad with lamps."""

    def lit(self) -> set[int]:
        """Tell which lamps are lit."""


class PlugRig(KeypadRig, Protocol):
    """A keypad with a plug."""

    def unplug(self) -> None:
        """Pull the plug."""

    def plug_in(self) -> None:
        """Put it back."""


class GpioRig:
    """Five mock pins that a finger ties to ground, and five lamps."""

    def __init__(self, *, lamps: int = 5) -> None:
        """Make the keypad, dark."""
        self.factory = MockFactory()
        self._lamps = range(20, 20 + lamps)
        self.settings = GpioKeypadSettings(make="gpio", pins_keys=(5, 6, 7, 8, 9), pins_lamps=tuple(self._lamps))
        self.keypad: Keypad = open_keypad(self.settings, self.factory)

    def down(self, level: int) -> None:
        """Tie the pin of a key to ground."""
        self.factory.pin(4 + level).drive_low()

    def up(self, level: int) -> None:
        """Let go of it."""
        self.factory.pin(4 + level).drive_high()

    def press(self, level: int) -> None:
        """Hold the key for as long as a quick finger does."""
        self.down(level)
        time.sleep(FINGER_DOWN_SECONDS)
        self.up(level)
        time.sleep(FINGER_UP_SECONDS)

    def lit(self) -> set[int]:
        """Look at the pins of the lamps."""
        return {number for number, pin in enumerate(self._lamps, start=1) if self.factory.pin(pin).state}

    def close(self) -> None:
        """Close the keypad."""
        self.keypad.close()


class PipeNode:
    """An input node whose events come through a pipe: its bytes are the kernel's, its end is the plug pulled out."""

    def __init__(self, path: str, keys: frozenset[int]) -> None:
        """Plug it in."""
        self.path, self.keys, self.held = path, keys, True
        self._read, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def fileno(self) -> int:
        """Give the reading end."""
        return self._read

    def give(self, data: bytes) -> None:
        """Let the kernel say something, to nobody when the node was let go."""
        if self.held:
            os.write(self._write, data)

    def unplug(self) -> None:
        """Pull the plug."""
        os.close(self._write)

    def close(self) -> None:
        """Let go of the reading end."""
        self.held = False
        os.close(self._read)


class HidRig:
    """A USB keypad of one input node or more."""

    def __init__(self) -> None:
        """Plug a keypad in and open it."""
        self.levels = HidKeypadSettings(make="hid", name="test").levels()
        self._numbers = count()
        self.there: list[PipeNode] = []
        self.plug_in()
        wanted = Wanted("test", None)
        self.keypad: Keypad = WatchedKeypad(lambda: HidDevice(wanted, self.levels, self._find))

    def press(self, level: int) -> None:
        """Press a key of the number block, stamped as the kernel does."""
        code = ecodes.ecodes[f"KEY_KP{level}"]
        at_ns = time.monotonic_ns()
        self.there[0].give(report(code, DOWN, at_ns) + report(code, UP, at_ns + 1000))

    def unplug(self) -> None:
        """Pull the plug: every node ends."""
        for node in self.there:
            node.unplug()
        self.there = []

    def plug_in(self) -> None:
        """Put it in; the kernel gives another path."""
        self.add(frozenset(self.levels))

    def add(self, keys: frozenset[int]) -> PipeNode:
        """Let udev hand over one more node."""
        node = PipeNode(f"/dev/input/event{next(self._numbers)}", keys)
        self.there.append(node)
        return node

    def close(self) -> None:
        """Close the keypad and unplug it."""
        self.keypad.close()
        self.unplug()

    def _find(self, held: frozenset[str]) -> Sequence[Node]:
        return [node for node in self.there if node.path not in held]


class SerialRig:
    """A serial keypad on a pseudo-terminal, under a name that stays, as /dev/serial/by-id does."""

    def __init__(self, folder: Path, *, alive_seconds: float = 0) -> None:
        """Plug a keypad in and open it."""
        self._name = folder / "keypad"
        self.master = -1
        self._lit = 0
        self._said = b""
        self.plug_in()
        self.settings = SerialKeypadSettings(make="serial", port=str(self._name), alive_seconds=alive_seconds)
        self.keypad: Keypad = open_keypad(self.settings, NoPins())

    def press(self, level: int) -> None:
        """Send the frame of a key, written out as docs/adding-a-driver.md has it."""
        self.send(frame(f"K{level}"))

    def send(self, data: bytes) -> None:
        """Send any bytes."""
        os.write(self.master, data)

    def lit(self) -> set[int]:
        """Read the lamp's commands that have come, and keep the last one."""
        self._said += self._waiting()
        whole = self._said.rpartition(ETX)[0].rpartition(STX)[2]
        self._lit = int(whole[1:2] or b"0")
        return {self._lit} - {0}

    def _waiting(self) -> bytes:
        data = b""
        # A pseudo-terminal that nobody has open says so by an error, where a cable is only quiet.
        with suppress(OSError):
            while select.select([self.master], [], [], 0)[0]:
                data += os.read(self.master, 256)
        return data

    def unplug(self) -> None:
        """Pull the plug: the port hangs up and its name goes."""
        self._name.unlink()
        os.close(self.master)
        self.master, self._said = -1, b""

    def plug_in(self) -> None:
        """Put it in: a new port under the old name."""
        self.master, port = os.openpty()
        tty.setraw(port)
        self._name.symlink_to(os.ttyname(port))
        os.close(port)

    def close(self) -> None:
        """Close the keypad and unplug it."""
        self.keypad.close()
        if self.master >= 0:
            self.unplug()


class SimulatedRig:
    """The simulated keypad, moved by its actions."""

    def __init__(self) -> None:
        """Make the keypad."""
        self.simulated = SimulatedKeypad()
        self.keypad: Keypad = self.simulated

    def press(self, level: int) -> None:
        """Press a key."""
        asyncio.run(self.simulated.act("press", {"key": level}))

    def lit(self) -> set[int]:
        """Look at its lamp."""
        return set() if self.simulated.lit is None else {self.simulated.lit}

    def unplug(self) -> None:
        """Pull the plug."""
        asyncio.run(self.simulated.act("unplug", {}))

    def plug_in(self) -> None:
        """Put it back."""
        asyncio.run(self.simulated.act("mend", {}))

    def close(self) -> None:
        """Close the keypad."""
        self.keypad.close()


def frame(body: str) -> bytes:
    """Write a frame as its description says, without asking the driver how."""
    return b"\x02" + body.encode() + f"{sum(body.encode()) % 256:02X}".encode() + b"\x03"
