"""The input nodes of one USB keypad: found, grabbed and read together; the only file that touches /dev/input."""

import errno
import fcntl
import os
import select
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from evdev import InputDevice, ecodes, list_devices

from drivers.keypad.input_events import EVENT, Decoder
from drivers.keypad.kind import Press

# _IOW('E', 0xa0, int) of linux/input.h: which clock stamps the events.
_EVIOCSCLOCKID = 0x400445A0
_READ_BYTES = EVENT.size * 64
_GONE = "the keypad was unplugged"


class Node(Protocol):
    """One open input node; its descriptor gives struct input_event, and is grabbed."""

    path: str
    keys: frozenset[int]

    def fileno(self) -> int:
        """Give the descriptor."""

    def close(self) -> None:
        """Let go of the node."""


@dataclass(frozen=True)
class Wanted:
    """What the keypad is found by; None: any."""

    name: str | None
    usb: str | None

    def __str__(self) -> str:
        said = (f'name "{self.name}"' if self.name else "", f"USB id {self.usb}" if self.usb else "")
        return " and ".join(part for part in said if part)

    def is_it(self, name: str, vendor: int, product: int) -> bool:
        """Tell whether a device of this name and USB id is the keypad."""
        named = self.name is None or name.startswith(self.name)
        return named and self.usb in (None, f"{vendor:04x}:{product:04x}")


class EvdevNode:
    """A grabbed node of the kernel, whose events are stamped by CLOCK_MONOTONIC."""

    def __init__(self, device: "InputDevice[str]") -> None:
        """Grab it: OSError when another program has."""
        self._device = device
        self.path = str(device.path)
        self.keys = frozenset(device.capabilities(absinfo=False).get(ecodes.EV_KEY, ()))
        try:
            device.grab()
            fcntl.ioctl(device.fd, _EVIOCSCLOCKID, struct.pack("i", time.CLOCK_MONOTONIC))
        except OSError as error:
            why = "another program has grabbed it" if error.errno == errno.EBUSY else error.strerror
            raise OSError(f"the keypad {self.path} ({device.name}) cannot be had alone: {why}") from error

    def fileno(self) -> int:
        return self._device.fd

    def close(self) -> None:
        self._device.close()  # which also ends the grab


Finder = Callable[[frozenset[str]], Sequence[Node]]
_Inode = tuple[str, int, int]  # path, inode, time of change: a path alone is given to the next device that comes


class Search:
    """Looks through /dev/input for one keypad, and opens what is another device only once.

    Opening a USB device that nobody reads takes 50 ms and wakes it.
    """

    def __init__(self, wanted: Wanted) -> None:
        """Know nobody yet."""
        self._wanted = wanted
        self._strangers: frozenset[_Inode] = frozenset()

    def __call__(self, held: frozenset[str]) -> list[Node]:
        """Open and grab every node of the keypad that is not held yet; OSError when one cannot be had."""
        there = _inodes()
        self._strangers &= there
        found: list[Node] = []
        try:
            for inode in sorted(there - self._strangers):
                if inode[0] not in held:
                    found += self._grab_if_it_is(inode)
        except OSError:
            close_all(found)
            raise
        return found

    def _grab_if_it_is(self, inode: _Inode) -> list[EvdevNode]:
        try:
            device = InputDevice(inode[0], readonly=True)
        except OSError:
            return []  # unplugged between the listing and now; if not, the next look finds it again
        if not self._wanted.is_it(device.name, device.info.vendor, device.info.product):
            device.close()
            self._strangers |= {inode}
            return []
        try:
            return [EvdevNode(device)]
        except OSError:
            device.close()
            raise


def close_all(nodes: Sequence[Node]) -> None:
    """Close every node."""
    for node in nodes:
        node.close()


def _inodes() -> frozenset[_Inode]:
    found: list[_Inode] = []
    for path in list_devices(writable=False):
        try:
            status = os.stat(path)  # noqa: PTH116 - the path is evdev's, a string
        except FileNotFoundError:
            continue  # unplugged since it was listed
        found.append((path, status.st_ino, status.st_ctime_ns))
    return frozenset(found)


class HidDevice:
    """Every node of the keypad. Many have a second one for media keys, which must not reach a browser either."""

    def __init__(self, wanted: Wanted, levels: Mapping[int, int], find: Finder) -> None:
        """Find and grab it; OSError with a sentence when it is not there."""
        self._levels, self._find = levels, find
        nodes = find(frozenset())
        if not any(node.keys & levels.keys() for node in nodes):
            close_all(nodes)
            raise OSError(_no_keypad(wanted, other_keys=bool(nodes)))
        self._epoll = select.epoll()
        self._nodes: dict[int, tuple[Node, Decoder]] = {}
        self._adopt(nodes)

    def fileno(self) -> int:
        return self._epoll.fileno()

    def read(self) -> list[Press]:
        presses: list[Press] = []
        for number, _ in self._epoll.poll(0):
            try:
                data = _read(number)
            except OSError:
                if presses:
                    return presses  # the next read finds out again that this node has gone
                raise
            presses += self._nodes[number][1].take(data)
        return presses

    def tick(self) -> str | None:
        """Take nodes that came later: udev hands them over one by one."""
        held = frozenset(node.path for node, _ in self._nodes.values())
        self._adopt(self._find(held))
        return None

    def light(self, level: int | None) -> None:
        """Do nothing: the lamps of a HID keyboard are Num Lock and its like, which say something else."""

    def close(self) -> None:
        self._epoll.close()
        close_all([node for node, _ in self._nodes.values()])

    def _adopt(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            self._nodes[node.fileno()] = (node, Decoder(self._levels))
            self._epoll.register(node.fileno(), select.EPOLLIN)


def _read(number: int) -> bytes:
    try:
        data = os.read(number, _READ_BYTES)
    except BlockingIOError:
        return b""
    except OSError as error:
        raise OSError(f"{_GONE} ({error.strerror})") from error
    if not data:
        raise OSError(_GONE)
    return data


def _no_keypad(wanted: Wanted, *, other_keys: bool) -> str:
    if other_keys:
        return f"the keypad with {wanted} has none of the keys that the settings name"
    return f"no keypad with {wanted} is plugged in, or the user is not in group input"
