"""Line names, as the kernel's ioctls tell them."""

import fcntl
from pathlib import Path

import pytest

from drivers.chips import find_chip, line_offset
from support.kernel_chip import KernelChip


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> KernelChip:
    """Put a chip into a /dev of its own."""
    chip = KernelChip("pinctrl-callpost", ["BUTTON", "", "LIGHT", "LIGHT"], users={2: "lg", 3: ""})
    (tmp_path / "gpiochip7").touch()
    monkeypatch.setattr(fcntl, "ioctl", chip.ioctl)
    return chip


@pytest.mark.usefixtures("kernel")
def test_a_chip_tells_its_lines(tmp_path: Path) -> None:
    """Label, number, names in their order, and who has a line: nobody, somebody, somebody without a name."""
    chip = find_chip("pinctrl-callpost", tmp_path)
    assert (chip.label, chip.number) == ("pinctrl-callpost", 7)
    assert chip.names() == ("BUTTON", "", "LIGHT", "LIGHT")
    assert [chip.line(offset).user for offset in range(4)] == [None, None, "lg", ""]
    chip.close()


def test_a_chip_that_has_gone_is_noticed(kernel: KernelChip, tmp_path: Path) -> None:
    """An open chip whose device was unbound answers ENODEV; one that was closed is gone too."""
    chip = find_chip("pinctrl-callpost", tmp_path)
    assert not chip.gone
    kernel.gone = True
    assert chip.gone
    kernel.gone = False
    chip.close()
    assert chip.gone


def test_a_name_leads_to_its_line() -> None:
    """Offsets count from 0, lines without a name among them."""
    assert line_offset("GPIO17", "pinctrl-bcm2711", ["", "GPIO16", "GPIO17"]) == 2


def test_an_unknown_name_is_told_with_those_there_are() -> None:
    """The sentence holds what an installer needs; a name that is there twice is none to choose from."""
    with pytest.raises(OSError, match=r'"callpost" has no line named "BUTON"; its names: BUTTON, SIREN$'):
        line_offset("BUTON", "callpost", ["BUTTON", "", "LIGHT", "SIREN", "LIGHT"])


def test_a_chip_without_names_says_so() -> None:
    """Then only numbers help."""
    with pytest.raises(OSError, match="none at all, so write BCM numbers"):
        line_offset("BUTTON", "callpost", ["", ""])


def test_a_name_that_is_there_twice_is_refused() -> None:
    """Guessing would sound the siren for the light."""
    with pytest.raises(OSError, match='"LIGHT" as the name of lines 2, 3; write the number'):
        line_offset("LIGHT", "callpost", ["BUTTON", "", "LIGHT", "LIGHT"])
