"""The contract of every keypad."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic_ns

import pytest
from pydantic import TypeAdapter, ValidationError

from drivers.keypad import KeypadSettings, Press, SimulatedKeypad, open_keypad
from drivers.keypad.off import OffKeypadSettings
from drivers.pins import NoPins
from support.contract_keypad import GpioRig, HidRig, KeypadRig, LampRig, PlugRig, SerialRig, SimulatedRig
from support.heard import Heard
from support.patience import until

SETTINGS: TypeAdapter[KeypadSettings] = TypeAdapter(KeypadSettings)

# A new make is one more line here, and in the two below when it has lamps or a plug.
MAKES: dict[str, Callable[[Path], KeypadRig]] = {
    "gpio": lambda _: GpioRig(),
    "hid": lambda _: HidRig(),
    "serial": SerialRig,
    "simulated": lambda _: SimulatedRig(),
}
LAMPED: dict[str, Callable[[Path], LampRig]] = {
    "gpio": lambda _: GpioRig(),
    "serial": SerialRig,
    "simulated": lambda _: SimulatedRig(),
}
PLUGGED: dict[str, Callable[[Path], PlugRig]] = {
    "hid": lambda _: HidRig(),
    "serial": SerialRig,
    "simulated": lambda _: SimulatedRig(),
}


@pytest.fixture(params=MAKES)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KeypadRig]:
    """Give the keypad of each make in turn, and close it."""
    made = MAKES[request.param](tmp_path)
    yield made
    made.close()


@pytest.fixture(params=LAMPED)
def lamp_rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LampRig]:
    """Give each keypad with lamps in turn, and close it."""
    made = LAMPED[request.param](tmp_path)
    yield made
    made.close()


@pytest.fixture(params=PLUGGED)
def plug_rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PlugRig]:
    """Give each keypad with a plug in turn, and close it."""
    made = PLUGGED[request.param](tmp_path)
    yield made
    made.close()


def levels(presses: list[Press]) -> list[int]:
    """Take the levels alone."""
    return [press.level for press in presses]


def test_is_there_and_well_at_first(rig: KeypadRig) -> None:
    """A keypad that is plugged in when it is opened is there at once."""
    assert rig.keypad.plugged
    assert rig.keypad.fault is None


def test_tells_each_key_once_in_order(rig: KeypadRig) -> None:
    """Five keys are five levels, and the same key twice is two presses."""
    heard: Heard[Press] = Heard()
    rig.keypad.listen(heard)
    for level in (1, 2, 3, 4, 5, 5):
        rig.press(level)
    heard.first(6)
    assert levels(heard.all()) == [1, 2, 3, 4, 5, 5]


def test_stamps_with_the_monotonic_clock(rig: KeypadRig) -> None:
    """The time of a press is CLOCK_MONOTONIC between before and after."""
    heard: Heard[Press] = Heard()
    rig.keypad.listen(heard)
    before = monotonic_ns()
    rig.press(4)
    (press,) = heard.first(1)
    # Pins give a float of seconds, input events whole microseconds.
    assert before - 1_000 <= press.at_ns <= monotonic_ns() + 1_000


def test_tells_nothing_after_close(rig: KeypadRig) -> None:
    """A closed keypad is silent, and its thread has ended."""
    heard: Heard[Press] = Heard()
    rig.keypad.listen(heard)
    rig.keypad.close()
    assert "keypad" not in {thread.name for thread in threading.enumerate()}
    rig.press(1)
    assert heard.all() == []


def test_may_be_closed_twice_and_lit_afterwards(rig: KeypadRig) -> None:
    """Closing again does nothing, nor does a lamp that comes too late (the fixture closes once more)."""
    rig.keypad.close()
    rig.keypad.close()
    rig.keypad.light(1)


def test_the_listener_may_close_it(rig: KeypadRig) -> None:
    """Closing from the keypad's own thread does not wait for that thread."""
    closed: Heard[Press] = Heard()

    def close(press: Press) -> None:
        rig.keypad.close()
        closed(press)

    rig.keypad.listen(close)
    rig.press(2)
    assert levels(closed.first(1)) == [2]


def test_outlives_a_failing_listener(rig: KeypadRig, caplog: pytest.LogCaptureFixture) -> None:
    """An error in a listener is logged, and the next press is told all the same."""
    calls: Heard[Press] = Heard()

    def failing(press: Press) -> None:
        calls(press)
        raise RuntimeError("the listener is broken")

    rig.keypad.listen(failing)
    rig.press(1)
    rig.press(2)
    assert levels(calls.first(2)) == [1, 2]
    until(lambda: caplog.text.count("the listener is broken") >= 2)
    assert rig.keypad.fault is None


def test_a_lamp_is_never_refused(rig: KeypadRig) -> None:
    """With lamps or without, lighting raises nothing and leaves the keypad well."""
    for level in (1, 5, None):
        rig.keypad.light(level)
    heard: Heard[Press] = Heard()
    rig.keypad.listen(heard)
    rig.press(3)
    heard.first(1)
    assert rig.keypad.fault is None


def test_lights_the_lamp_of_one_key(lamp_rig: LampRig) -> None:
    """The lamp that is told is the only one that is lit, until it is told to go dark."""
    lamp_rig.keypad.light(3)
    until(lambda: lamp_rig.lit() == {3})
    lamp_rig.keypad.light(5)
    until(lambda: lamp_rig.lit() == {5})
    lamp_rig.keypad.light(None)
    until(lambda: lamp_rig.lit() == set())


def test_unplugged_it_is_a_fault_until_it_is_found_again(plug_rig: PlugRig) -> None:
    """The plug pulled out is told in a sentence; put back it is found, and its keys are heard."""
    heard: Heard[Press] = Heard()
    plug_rig.keypad.listen(heard)
    for level in (1, 2):
        plug_rig.unplug()
        until(lambda: not plug_rig.keypad.plugged)
        assert "keypad" in (plug_rig.keypad.fault or "")
        plug_rig.plug_in()
        until(lambda: plug_rig.keypad.plugged)
        assert plug_rig.keypad.fault is None
        plug_rig.press(level)
        heard.first(level)
    assert levels(heard.all()) == [1, 2]


def test_an_unplugged_keypad_may_be_closed(plug_rig: PlugRig) -> None:
    """Closing does not wait for a keypad that is away."""
    plug_rig.unplug()
    until(lambda: not plug_rig.keypad.plugged)
    plug_rig.keypad.close()
    assert "keypad" not in {thread.name for thread in threading.enumerate()}
    plug_rig.plug_in()


def test_off_is_never_there_and_never_faulty() -> None:
    """Nobody misses a keypad that the settings do not have."""
    keypad = open_keypad(OffKeypadSettings(make="off"), NoPins())
    keypad.listen(Heard[Press]())
    keypad.light(5)
    assert not keypad.plugged
    assert keypad.fault is None
    keypad.close()


async def test_the_simulated_keypad_shows_what_was_pressed() -> None:
    """A press on an unplugged keypad reaches nobody and is not shown."""
    keypad = SimulatedKeypad()
    assert keypad.shows() == {"plugged": True, "last": None}
    await keypad.act("press", {"key": 5})
    await keypad.act("unplug", {})
    await keypad.act("press", {"key": 1})
    assert keypad.shows() == {"plugged": False, "last": 5}
    await keypad.act("mend", {})
    assert keypad.shows() == {"plugged": True, "last": 5}


@pytest.mark.parametrize("body", [{}, {"key": 0}, {"key": 6}, {"key": True}, {"key": "5"}, {"key": 2.0}])
async def test_a_key_that_is_not_there_is_refused(body: dict[str, object]) -> None:
    """The sentence says which keys there are."""
    with pytest.raises(ValueError, match="1 to 5"):
        await SimulatedKeypad().act("press", body)


async def test_an_unknown_action_is_refused() -> None:
    """The sentence names what can be done."""
    with pytest.raises(ValueError, match="press, unplug, mend"):
        await SimulatedKeypad().act("kick", {})


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"make": "gpio", "pins_keys": [1, 2, 3, 4]}, "at least 5"),
        ({"make": "gpio", "pins_keys": [1, 2, 3, 4, 4]}, "stands twice"),
        ({"make": "gpio", "pins_keys": [1, 2, 3, 4, 5], "pins_lamps": [5]}, "stands twice"),
        ({"make": "gpio", "pins_keys": [1, 2, 3, 4, 5], "pins_lamps": [6, 7]}, "one pin for all"),
        ({"make": "hid"}, "name or by usb"),
        ({"make": "hid", "usb": "1A2C:0E24"}, "pattern"),
        ({"make": "hid", "name": "x", "keys": {"KEY_NOPE": 1}}, "KEY_NOPE is no key"),
        ({"make": "hid", "name": "x", "keys": {"EV_KEY": 1}}, "EV_KEY is no key"),
        ({"make": "hid", "name": "x", "keys": {"KEY_A": 6}}, "from 1 to 5"),
        ({"make": "serial", "port": ""}, "at least 1"),
        ({"make": "jz"}, "gpio"),
    ],
)
def test_bad_settings_are_refused(wrong: dict[str, object], why: str) -> None:
    """The sentence names what is wrong."""
    with pytest.raises(ValidationError, match=why):
        SETTINGS.validate_python(wrong)


def test_settings_tell_their_pins() -> None:
    """The settings check needs them to find a pin used twice."""
    gpio = {"make": "gpio", "pins_keys": [5, 6, 7, 8, 9], "pins_lamps": [20]}
    assert SETTINGS.validate_python(gpio).pins() == (5, 6, 7, 8, 9, 20)
    assert SETTINGS.validate_python({"make": "hid", "usb": "1a2c:0e24"}).pins() == ()
