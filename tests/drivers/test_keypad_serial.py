"""Serial keypads: their frames, what is no frame, and a port that goes away."""

from itertools import pairwise
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

from drivers.keypad import Press, open_keypad
from drivers.keypad.frames import Deframer, Said, lamp_frame
from drivers.keypad.serial import SerialKeypadSettings
from drivers.pins import NoPins
from support.contract_keypad import SerialRig, frame
from support.heard import Heard
from support.patience import until


def test_frames_are_as_documented() -> None:
    """The bytes of docs/adding-a-driver.md, written out."""
    assert frame("K3") == bytes.fromhex("02 4B 33 37 45 03")
    assert Deframer().take(bytes.fromhex("02 4B 33 37 45 03")) == [Said(3)]
    assert lamp_frame(5) == bytes.fromhex("02 4C 35 38 31 03")
    assert lamp_frame(None) == bytes.fromhex("02 4C 30 37 43 03")


@pytest.mark.parametrize(
    "bad",
    [
        b"\x02K37F\x03",  # wrong checksum
        b"\x02K37e\x03",  # small letters
        b"\x02K681\x03",  # no such key, good checksum
        b"\x02K07B\x03",  # key 0, good checksum
        b"\x02A172\x03",  # no such word, good checksum
        b"\x02K37E",  # no end
        b"K37E\x03",  # no beginning
        b"\x02K3\x0337E\x03",
        b"\x00\xff" * 40,  # a line that breaks, another speed
    ],
)
def test_what_is_no_frame_is_nothing(bad: bytes) -> None:
    """Nothing is guessed from it, and the next good frame is heard."""
    deframer = Deframer()
    assert deframer.take(bad) == []
    assert deframer.take(frame("K2")) == [Said(2)]


def test_its_own_lamp_commands_are_not_heard() -> None:
    """A cable that echoes does not rate."""
    assert Deframer().take(lamp_frame(3)) == []


@given(st.binary(max_size=60), st.sampled_from(["K1", "K5", "A0"]), st.lists(st.integers(0, 70), max_size=8))
def test_a_good_frame_is_heard_after_anything_and_however_it_is_cut(junk: bytes, body: str, cuts: list[int]) -> None:
    """Whatever came before, and in whatever pieces it comes, the frame is the last thing heard."""
    data = junk + frame(body)
    bounds = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    deframer = Deframer()
    told = [said for at, end in pairwise(bounds) for said in deframer.take(data[at:end])]
    assert told[-1] == Said(None if body == "A0" else int(body[1]))
    assert told == Deframer().take(data)


def test_garbage_and_half_frames_leave_it_well(tmp_path: Path) -> None:
    """Noise on the line is neither a press nor a fault."""
    rig = SerialRig(tmp_path)
    heard: Heard[Press] = Heard()
    rig.keypad.listen(heard)
    for junk in (bytes(range(256)), frame("K1")[:-1], b"\x02\x02\x02", b"\xff\x00" * 100, frame("K6")):
        rig.send(junk)
        rig.press(4)
    heard.first(5)
    assert [press.level for press in heard.all()] == [4] * 5
    assert rig.keypad.plugged
    rig.close()


def test_a_frame_in_two_pieces_is_one_press(tmp_path: Path) -> None:
    """Bytes at 9600 baud come one by one."""
    rig = SerialRig(tmp_path)
    heard: Heard[Press] = Heard()
    rig.keypad.listen(heard)
    for byte in frame("K5") + frame("K1"):
        rig.send(bytes([byte]))
    heard.first(2)
    assert [press.level for press in heard.all()] == [5, 1]
    rig.close()


def test_the_lamp_is_lit_again_after_the_keypad_was_away(tmp_path: Path) -> None:
    """A keypad that lost its current has lost its lamp; it is told anew."""
    rig = SerialRig(tmp_path)
    rig.keypad.light(4)
    until(lambda: rig.lit() == {4})
    rig.unplug()
    until(lambda: not rig.keypad.plugged)
    rig.plug_in()
    until(lambda: rig.lit() == {4})
    rig.close()


def test_it_is_dark_after_close(tmp_path: Path) -> None:
    """A lamp that stays lit says that somebody listens."""
    rig = SerialRig(tmp_path)
    rig.keypad.light(2)
    until(lambda: rig.lit() == {2})
    rig.keypad.close()
    until(lambda: rig.lit() == set())
    rig.close()


def test_a_port_that_is_not_there_is_named_in_the_fault(tmp_path: Path) -> None:
    """The driver waits for it."""
    port = str(tmp_path / "nowhere")
    keypad = open_keypad(SerialKeypadSettings(make="serial", port=port), NoPins())
    assert not keypad.plugged
    assert f"port {port} cannot be opened" in (keypad.fault or "")
    keypad.close()


@pytest.mark.parametrize("what", ["/dev/null", "a file"])
def test_what_is_no_serial_port_is_a_fault(tmp_path: Path, what: str) -> None:
    """A wrong name in the settings is told, whatever it names."""
    (tmp_path / "a file").touch()
    keypad = open_keypad(SerialKeypadSettings(make="serial", port=str(tmp_path / what)), NoPins())
    assert "cannot be opened" in (keypad.fault or "")
    keypad.close()


def test_two_programs_do_not_share_a_port(tmp_path: Path) -> None:
    """Each would hear half of the presses."""
    rig = SerialRig(tmp_path)
    second = open_keypad(rig.settings, NoPins())
    assert not second.plugged
    assert "cannot be opened" in (second.fault or "")
    second.close()
    rig.close()


def test_a_keypad_that_promised_to_speak_and_is_silent_is_missed(tmp_path: Path) -> None:
    """A cut cable is noticed through the missing A0, and forgiven at the next one."""
    rig = SerialRig(tmp_path, alive_seconds=0.2)
    until(lambda: not rig.keypad.plugged)
    assert "silent for more than 0.2 s" in (rig.keypad.fault or "")

    def speaks_and_is_there() -> bool:
        rig.send(frame("A0"))
        return rig.keypad.plugged

    until(speaks_and_is_there)
    rig.close()
