"""Five keys on pins: what is a press, what is a bounce, and a key that sticks."""

import time
from collections.abc import Iterator
from time import monotonic_ns

import pytest
from gpiozero import GPIOPinInUse  # type: ignore[import-untyped]
from gpiozero.pins.mock import MockFactory  # type: ignore[import-untyped]

from drivers.contact.gpio import GpioContact, GpioContactSettings
from drivers.keypad import Press, open_keypad
from drivers.keypad.gpio import GpioKeypad, GpioKeypadSettings
from support.contract_keypad import FINGER_UP_SECONDS, GpioRig
from support.heard import Heard
from support.patience import until

MS = 1_000_000
AHEAD = 10_000 * MS
"""Edges that belong together are given for this long from now: for an edge of the past the keypad's thread, should it wake
between two of them, would find at once that the time to wait for the other is over."""


@pytest.fixture
def rig() -> Iterator[GpioRig]:
    """Give a keypad on mock pins, and close it."""
    made = GpioRig()
    yield made
    made.close()


def play(rig: GpioRig, *edges: tuple[int, bool, int]) -> None:
    """Give edges with the kernel's times, which may lie before or after now: (level, closed, at_ns)."""
    assert isinstance(rig.keypad, GpioKeypad)
    for edge in edges:
        rig.keypad._edges.put(edge)


def test_a_press_begins_with_its_first_edge_and_bounces_are_part_of_it(rig: GpioRig) -> None:
    """Contacts that bounce at both ends make one press, stamped by its first edge."""
    heard: Heard[Press] = Heard()
    rig.keypad.listen(heard)
    began = monotonic_ns() + AHEAD
    bounces = [(2, at % 2 == 0, began + at * MS) for at in range(5)]
    play(rig, *bounces, (2, False, began + 100 * MS), (2, True, began + 101 * MS), (2, False, began + 102 * MS))
    rig.press(5)
    heard.first(2)
    assert heard.all()[0] == Press(2, began)
    assert [press.level for press in heard.all()] == [2, 5]


def test_less_than_30_ms_is_no_press(rig: GpioRig) -> None:
    """A spike on the cable rates nothing; 30 ms do."""
    heard: Heard[Press] = Heard()
    rig.keypad.listen(heard)
    at = monotonic_ns() + AHEAD
    play(rig, (1, True, at), (1, False, at + 29 * MS), (3, True, at + 200 * MS), (3, False, at + 230 * MS))
    assert heard.first(1) == [Press(3, at + 200 * MS)]
    rig.press(5)
    assert [press.level for press in heard.first(2)] == [3, 5]


def test_a_held_key_is_told_while_it_is_held_and_once(rig: GpioRig) -> None:
    """The press counts after 30 ms, not when the finger leaves; a second key beside it counts too."""
    heard: Heard[Press] = Heard()
    rig.keypad.listen(heard)
    rig.down(4)
    heard.first(1)
    rig.press(2)
    heard.first(2)
    rig.up(4)
    rig.press(1)
    heard.first(3)
    assert [press.level for press in heard.all()] == [4, 2, 1]


def held_at_the_start() -> GpioRig:
    """Give a keypad whose key 1 is down already when the program looks at it for the first time."""
    rig = GpioRig(lamps=0)
    rig.close()
    pin = rig.factory.pin(5)
    claim = pin.input_with_pull
    # The mock pin follows its pull-up when it is claimed, so the finger comes between the claim and the first look.
    pin.input_with_pull = lambda pull: (claim(pull), pin.drive_low())
    rig.keypad = open_keypad(rig.settings, rig.factory)
    return rig


def test_a_key_held_at_the_start_rates_nothing() -> None:
    """Whatever leans on the keypad while the program starts was not asked; pressed again it counts."""
    rig = held_at_the_start()
    heard: Heard[Press] = Heard()
    rig.keypad.listen(heard)
    rig.press(5)
    rig.up(1)
    time.sleep(FINGER_UP_SECONDS)
    rig.press(1)
    heard.first(2)
    assert [press.level for press in heard.all()] == [5, 1]
    rig.close()


def test_a_key_that_was_stuck_before_the_start_is_a_fault_too() -> None:
    """A restart does not make a stuck key look well: 30 s later it is told."""
    rig = held_at_the_start()
    play(rig, (1, False, monotonic_ns() + 31_000 * MS))
    until(lambda: rig.keypad.fault is not None)
    assert "key 1 of the keypad is stuck" in (rig.keypad.fault or "")
    rig.close()


def test_a_stuck_key_is_a_fault_and_the_others_go_on(rig: GpioRig) -> None:
    """After 30 s down nobody is pressing; the fault names the key and ends when it is free."""
    heard: Heard[Press] = Heard()
    rig.keypad.listen(heard)
    play(rig, (3, True, monotonic_ns() - 31_000 * MS))
    rig.down(3)
    until(lambda: rig.keypad.fault is not None)
    assert rig.keypad.fault == "key 3 of the keypad is stuck: it has been down for 30 s"
    assert rig.keypad.plugged
    rig.press(1)
    assert [press.level for press in heard.first(2)] == [3, 1]
    rig.up(3)
    until(lambda: rig.keypad.fault is None)


def test_a_spike_whose_end_is_told_late_is_no_press(rig: GpioRig) -> None:
    """Its 30 ms are over before the end is told, but the line says that the key is up."""
    heard: Heard[Press] = Heard()
    rig.keypad.listen(heard)
    began = monotonic_ns() - 100 * MS
    play(rig, (3, True, began))
    rig.press(5)
    play(rig, (3, False, began + 20 * MS))
    rig.press(1)
    assert [press.level for press in heard.first(2)] == [5, 1]


def test_one_lamp_answers_for_every_key() -> None:
    """A keypad with a single lamp lights it whichever key is told."""
    rig = GpioRig(lamps=1)
    rig.keypad.light(5)
    assert rig.lit() == {1}
    rig.keypad.light(None)
    assert rig.lit() == set()
    rig.close()


def test_a_failing_lamp_is_a_fault_and_the_keys_go_on(rig: GpioRig) -> None:
    """Nobody who rates hears of a lamp that cannot be switched."""
    assert isinstance(rig.keypad, GpioKeypad)
    rig.keypad._lamps[0].close()
    rig.keypad.light(1)
    assert "lamps of the keypad" in (rig.keypad.fault or "")
    heard: Heard[Press] = Heard()
    rig.keypad.listen(heard)
    rig.press(1)
    assert [press.level for press in heard.first(1)] == [1]


def test_a_pin_in_use_is_refused_and_the_others_given_back() -> None:
    """A half-opened keypad keeps nothing."""
    factory = MockFactory()
    held = GpioContact(GpioContactSettings(make="gpio", pin=20), factory)
    settings = GpioKeypadSettings(make="gpio", pins_keys=(5, 6, 7, 8, 9), pins_lamps=(20,))
    with pytest.raises(GPIOPinInUse):
        open_keypad(settings, factory)
    held.close()
    open_keypad(settings, factory).close()
