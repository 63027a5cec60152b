"""A USB keypad as the kernel gives it: made by uinput, read through evdev."""

import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from evdev import InputDevice, UInput, ecodes, list_devices

from drivers.keypad.hid import HidKeypadSettings, open_hid
from drivers.keypad.kind import Press
from support.guest_post import GuestPost
from support.patience import deadline_seconds, until

name = "Guest Keypad"
keys = [ecodes.KEY_KP1, ecodes.KEY_KP2, ecodes.KEY_KP3, ecodes.KEY_KP4, ecodes.KEY_KP5, ecodes.KEY_NUMLOCK]


@contextmanager
def plugged() -> Iterator[UInput]:
    """A keypad in its socket."""
    keypad = UInput({ecodes.EV_KEY: keys}, name=name, vendor=0x1A2C, product=0x0E24)
    try:
        until(lambda: name in {InputDevice(path).name for path in list_devices()}, "the keypad has a node")
        yield keypad
    finally:
        keypad.close()


def tap(keypad: UInput, key: int) -> None:
    """Press and let go."""
    for value in (1, 0):
        keypad.write(ecodes.EV_KEY, key, value)
        keypad.syn()


@pytest.fixture
def presses() -> "queue.Queue[Press]":
    """What the driver tells."""
    return queue.Queue()


def test_presses_are_told_with_the_kernels_time(presses: "queue.Queue[Press]") -> None:
    """CLOCK_MONOTONIC at the press, not when a program came round to reading it."""
    with plugged() as device:
        keypad = open_hid(HidKeypadSettings(make="hid", name=name))
        try:
            keypad.listen(presses.put)
            until(lambda: keypad.plugged, "the driver has found it")
            for level, key in enumerate(keys[:5], start=1):
                before = time.monotonic_ns()
                tap(device, key)
                after = time.monotonic_ns()
                told = presses.get(timeout=deadline_seconds)
                assert told.level == level
                assert before <= told.at_ns <= after
        finally:
            keypad.close()


def test_nobody_else_hears_the_keys(presses: "queue.Queue[Press]") -> None:
    """The device is grabbed: neither a console nor a browser on the same machine sees what a citizen presses."""
    with plugged() as device:
        keypad = open_hid(HidKeypadSettings(make="hid", name=name))
        try:
            keypad.listen(presses.put)
            until(lambda: keypad.plugged, "the driver has found it")
            path = next(path for path in list_devices() if InputDevice(path).name == name)
            with pytest.raises(OSError, match="busy"):
                InputDevice(path).grab()
            reader = InputDevice(path)
            tap(device, keys[0])
            assert presses.get(timeout=deadline_seconds).level == 1
            assert reader.read_one() is None
            reader.close()
        finally:
            keypad.close()


def test_a_keypad_that_is_pulled_is_a_fault_and_works_again_when_it_is_back(presses: "queue.Queue[Press]") -> None:
    """Unplugged and plugged in, perhaps as another node."""
    settings = HidKeypadSettings(make="hid", usb="1a2c:0e24")
    with plugged():
        keypad = open_hid(settings)
        keypad.listen(presses.put)
        until(lambda: keypad.plugged, "the driver has found it")
    try:
        until(lambda: not keypad.plugged and keypad.fault, "the driver tells that it is gone")
        with plugged() as again:
            until(lambda: keypad.plugged, "the driver has found it again")
            assert keypad.fault is None
            tap(again, keys[2])
            assert presses.get(timeout=deadline_seconds).level == 3
    finally:
        keypad.close()


def test_the_window_takes_ratings_from_it(post: GuestPost) -> None:
    """The whole program under its own Unix user, which only its groups let near the device."""
    lines = f'make = "hid"\nname = "{name}"\n'
    with plugged() as device, post.changed(rating_terminal__keypad=lines):
        until(lambda: post.ask("rating_terminal", "/v1/status")["keypad"]["plugged"], "the keypad is found", every=0.2)
        before = post.position("rating_terminal")
        post.open_service("HID1")
        tap(device, keys[3])
        given = until(lambda: post.events(before, "rating.given", "rating_terminal"), "the rating", every=0.1)
        assert given[0]["data"]["level"] == 4
