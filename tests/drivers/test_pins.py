"""Which pin library is opened, which chip is found, and what an installer reads when it cannot be."""

import subprocess
import sys
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory  # type: ignore[import-untyped]

from drivers.chips import chip_labels, chip_number
from drivers.part import PartError
from drivers.pins import GpioSettings, hardware_errors, open_factory

LABELS = {0: "pinctrl-bcm2711", 1: "raspberrypi-exp-gpio"}


def test_a_chip_is_found_by_its_label() -> None:
    """The number is whatever the kernel gave it."""
    assert chip_number("raspberrypi-exp-gpio", LABELS) == 1


def test_a_missing_label_is_told_with_those_there_are() -> None:
    """The sentence holds all that an installer needs to correct chip_label."""
    with pytest.raises(OSError, match=r'"pinctrl-rp1"; there is: pinctrl-bcm2711, raspberrypi-exp-gpio; .*chip_label'):
        chip_number("pinctrl-rp1", LABELS)


def test_a_label_that_is_there_twice_is_refused() -> None:
    """Guessing between two chips would sound the wrong siren."""
    with pytest.raises(OSError, match="2 GPIO chips"):
        chip_number("usb-expander", {2: "usb-expander", 3: "usb-expander"})


def test_a_chip_that_does_not_answer_is_told(tmp_path: Path) -> None:
    """A device file that may not be asked is named."""
    (tmp_path / "gpiochip3").touch()
    with pytest.raises(OSError, match=r"gpiochip3 .* group gpio"):
        chip_labels(tmp_path)


def test_links_and_other_files_are_no_chips(tmp_path: Path) -> None:
    """Only real gpiochip devices are asked."""
    (tmp_path / "gpiomem").touch()
    (tmp_path / "gpiochip4").symlink_to(tmp_path / "gpiomem")
    assert chip_labels(tmp_path) == {}


def test_lgpio_without_its_chip_is_an_error_and_no_other_library_is_tried(tmp_path: Path) -> None:
    """A post that names lgpio never runs on pretended pins."""
    factory = open_factory(GpioSettings(factory="lgpio"), dev=tmp_path)
    with pytest.raises(OSError, match="there is: none at all"):
        factory.pin(17)
    factory.close()


def test_mock_pins_are_given_when_named() -> None:
    """Tests on a desk name them."""
    assert isinstance(open_factory(GpioSettings(factory="mock")), MockFactory)


def test_mock_pins_know_only_names_that_say_their_number() -> None:
    """GPIO17 is pin 17; a name that only a chip could know is a mistake in the settings."""
    factory = open_factory(GpioSettings(factory="mock"))
    assert factory.pin("GPIO17") is factory.pin(17)
    with pytest.raises(PartError, match='no line named "BUTTON"; write a number'):
        factory.pin("BUTTON")


def test_a_device_without_pins_refuses_every_pin() -> None:
    """The sentence says which setting contradicts which."""
    factory = open_factory(GpioSettings(factory="none"))
    with pytest.raises(PartError, match=r'pin 7.*factory = "none"'):
        factory.pin(7)
    factory.close()


def test_a_failing_pin_library_becomes_an_oserror() -> None:
    """Users of outputs expect one error."""
    with pytest.raises(OSError, match="the siren: broken"), hardware_errors("the siren"):
        raise RuntimeError("broken")


def test_an_oserror_stays_what_it_is() -> None:
    """The system's own error is not wrapped."""
    with pytest.raises(FileNotFoundError), hardware_errors("the siren"):
        raise FileNotFoundError


STEADY = """
import lgpio
from drivers.steady_pin import SteadyPin

claims = []
lgpio.gpio_claim_output = lambda *claim: claims.append(claim)
pin = object.__new__(SteadyPin)
pin._factory, pin._number = type("Chip", (), {"_handle": 9})(), 23
pin.output_with_state(True)
print(claims)
"""


def test_lgpio_outputs_are_claimed_with_their_level(tmp_path: Path) -> None:
    """One request to the kernel carries direction and level: an active-low relay never sees a low level at the start.

    In a process of its own, because importing lgpio makes a FIFO in the working directory and starts a thread.
    """
    ran = subprocess.run([sys.executable, "-c", STEADY], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[(9, 23, 1)]"
