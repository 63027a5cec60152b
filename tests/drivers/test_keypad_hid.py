"""USB keypads: the bytes of their input nodes, and nodes that come and go."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import hypothesis.strategies as st
import pytest
from evdev import ecodes
from hypothesis import given

from drivers.keypad import Press, open_keypad
from drivers.keypad.hid import HidKeypadSettings
from drivers.keypad.input_events import EVENT, Decoder
from drivers.keypad.input_nodes import HidDevice, Wanted
from drivers.pins import NoPins
from support import input_bytes
from support.contract_keypad import HidRig
from support.heard import Heard
from support.input_bytes import DOWN, REPEAT, UP, event, report
from support.patience import until

DATA = Path(__file__).parent.parent / "data"
LEVELS = HidKeypadSettings(make="hid", name="any").levels()

# A new recording is one more line here: its file, and the levels of its presses.
STREAMS: dict[str, list[int]] = {
    "keypad-composed-plain.events": [5, 4, 3, 2, 1],
    "keypad-composed-numlock.events": [1, 5, 5],
}


def pressed(data: bytes) -> list[int]:
    """Decode bytes to levels."""
    return [press.level for press in Decoder(LEVELS).take(data)]


@pytest.fixture
def rig() -> Iterator[HidRig]:
    """Give a keypad with one node, and close it."""
    made = HidRig()
    yield made
    made.close()


def test_the_kernels_events_are_as_long_as_those_of_the_tests() -> None:
    """The streams of tests/data fit this machine."""
    assert EVENT.size == input_bytes.EVENT.size


def test_every_stream_has_its_line() -> None:
    """A file nobody decodes proves nothing."""
    assert {path.name for path in DATA.glob("keypad-*.events")} == STREAMS.keys()


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_gives_its_presses(name: str) -> None:
    """Key-down only: no releases, no autorepeat, no Num Lock."""
    assert pressed((DATA / name).read_bytes()) == STREAMS[name]


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_drives_the_whole_driver(rig: HidRig, name: str) -> None:
    """The same bytes through a descriptor reach the listener."""
    heard: Heard[Press] = Heard()
    rig.keypad.listen(heard)
    rig.there[0].give((DATA / name).read_bytes())
    heard.first(len(STREAMS[name]))
    rig.press(2)
    heard.first(len(STREAMS[name]) + 1)
    assert [press.level for press in heard.all()] == [*STREAMS[name], 2]


@given(st.lists(st.integers(0, 2000), max_size=12))
def test_a_stream_may_be_cut_anywhere(cuts: list[int]) -> None:
    """Half an event waits for its other half."""
    data = (DATA / "keypad-composed-plain.events").read_bytes()
    decoder = Decoder(LEVELS)
    bounds = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    told = [press for at, end in pairwise(bounds) for press in decoder.take(data[at:end])]
    assert told == Decoder(LEVELS).take(data)


@given(st.binary(max_size=400))
def test_any_bytes_give_levels_or_nothing(data: bytes) -> None:
    """Nothing that a device says ends the decoder."""
    assert set(pressed(data)) <= {1, 2, 3, 4, 5}


def test_top_row_and_number_block_are_both_digits() -> None:
    """Keypads differ in which of the two they send."""
    assert pressed(report(ecodes.KEY_1, DOWN) + report(ecodes.KEY_KP1, DOWN)) == [1, 1]


def test_other_keys_repeats_and_releases_are_nothing() -> None:
    """Enter, a held key and the finger leaving rate nothing."""
    others = [(ecodes.KEY_ENTER, DOWN), (ecodes.KEY_KP6, DOWN), (ecodes.KEY_KP5, REPEAT), (ecodes.KEY_KP5, UP)]
    assert pressed(b"".join(report(code, value) for code, value in others)) == []


def test_a_press_has_the_time_of_its_event() -> None:
    """Seconds and microseconds of the kernel become nanoseconds."""
    assert Decoder(LEVELS).take(report(ecodes.KEY_KP4, DOWN, 12_345_678_000)) == [Press(4, 12_345_678_000)]


def test_what_is_torn_by_an_overrun_is_not_guessed() -> None:
    """After SYN_DROPPED everything up to the next report is no press (kernel: input/event-codes)."""
    dropped = event(ecodes.EV_SYN, ecodes.SYN_DROPPED, 0)
    torn = dropped + report(ecodes.KEY_KP1, DOWN)
    assert pressed(torn + report(ecodes.KEY_KP2, DOWN)) == [2]


def test_the_mapping_can_be_set() -> None:
    """A keypad with letters, or with its digits upside down, is settings and no code."""
    settings = HidKeypadSettings(make="hid", usb="1a2c:0e24", keys={"KEY_A": 5, "KEY_KP1": 4})
    decoder = Decoder(settings.levels())
    data = report(ecodes.KEY_A, DOWN) + report(ecodes.KEY_KP1, DOWN) + report(ecodes.KEY_KP5, DOWN)
    assert [press.level for press in decoder.take(data)] == [5, 4]


@pytest.mark.parametrize(
    ("wanted", "is_it"),
    [
        (Wanted("SEM USB Keyboard", None), True),
        (Wanted("SEM", "1a2c:0e24"), True),
        (Wanted(None, "1a2c:0e24"), True),
        (Wanted("USB Keyboard", None), False),
        (Wanted("SEM", "1a2c:0e25"), False),
    ],
)
def test_is_found_by_the_beginning_of_its_name_and_its_usb_id(wanted: Wanted, is_it: bool) -> None:
    """Its second node is called "… Consumer Control", which is why the beginning is enough."""
    assert wanted.is_it("SEM USB Keyboard Consumer Control", 0x1A2C, 0x0E24) is is_it


def test_a_node_that_comes_later_is_taken_as_well(rig: HidRig) -> None:
    """Udev hands the nodes over one by one; keys of the second are heard too."""
    heard: Heard[Press] = Heard()
    rig.keypad.listen(heard)
    rig.add(frozenset({ecodes.KEY_3})).give(report(ecodes.KEY_3, DOWN))
    assert [press.level for press in heard.first(1)] == [3]


def test_a_device_without_the_keys_is_let_go() -> None:
    """A node of media keys alone is no keypad, and is not kept grabbed."""
    rig = HidRig()
    rig.close()
    node = rig.add(frozenset({ecodes.KEY_MUTE}))
    with pytest.raises(OSError, match="has none of the keys"):
        HidDevice(Wanted("test", None), LEVELS, rig._find)
    assert not node.held
    node.unplug()


def test_presses_before_the_plug_is_pulled_are_told(rig: HidRig) -> None:
    """What the kernel has given is not lost with the node."""
    heard: Heard[Press] = Heard()
    rig.keypad.listen(heard)
    rig.press(5)
    rig.unplug()
    assert [press.level for press in heard.first(1)] == [5]
    until(lambda: not rig.keypad.plugged)


def test_a_keypad_that_is_not_there_is_named_in_the_fault() -> None:
    """The real search under /dev/input finds nothing of this name, and the driver waits."""
    keypad = open_keypad(HidKeypadSettings(make="hid", name="no such keypad", usb="ffff:ffff"), NoPins())
    assert not keypad.plugged
    assert keypad.fault == (
        'no keypad with name "no such keypad" and USB id ffff:ffff is plugged in, or the user is not in group input'
    )
    keypad.close()


def test_the_default_keys_are_the_digits() -> None:
    """Ten codes, five levels."""
    assert len(LEVELS) == 10
    assert set(LEVELS.values()) == {1, 2, 3, 4, 5}
