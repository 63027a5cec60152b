"""Pins of a real chip's factory by name, taken lines, and a chip that goes; the two libraries below it are scripted.

Each test runs in a process of its own, because importing lgpio makes a FIFO in the working directory and starts a thread.
"""

import os
import subprocess
import sys
from pathlib import Path

begin = """
import fcntl
from pathlib import Path

import lgpio
from gpiozero import DigitalOutputDevice

from drivers.lines import InputLine
from drivers.pins import GpioSettings, open_factory
from support.kernel_chip import KernelChip

names = [f"GPIO{number}" for number in range(40)]
names[5], names[17], names[39] = "LIGHT", "BUTTON", "FAR"
kernel = KernelChip("pinctrl-bcm2711", names, users={6: "spi0"})
Path("gpiochip3").touch()
fcntl.ioctl = kernel.ioctl
claimed, handles = {}, iter(range(100))

def refuse_taken(handle, line):
    assert handle is not None
    if kernel.gone or line in kernel.users:
        raise lgpio.error("GPIO busy")

def claim_input(handle, line, flags=0):
    refuse_taken(handle, line)
    claimed[line] = "input"

def claim_output(handle, line, level=0, flags=0):
    refuse_taken(handle, line)
    claimed[line] = level

def access(handle, line, level=0):
    refuse_taken(handle, line)
    return level

lgpio.gpiochip_open = lambda number: (number << 16) | next(handles)
lgpio.gpiochip_close = lambda handle: print("closed", handle >> 16)
lgpio.gpio_claim_input, lgpio.gpio_claim_output = claim_input, claim_output
lgpio.gpio_claim_alert = lambda handle, line, edges, flags: claim_input(handle, line)
lgpio.gpio_free = lambda handle, line: claimed.pop(line)
lgpio.gpio_get_mode = lambda handle, line: 2 if claimed.get(line) != "input" else 0
lgpio.gpio_read, lgpio.gpio_write = access, access

from gpiozero.pins.lgpio import LGPIOFactory
LGPIOFactory._get_revision = lambda self: 0xC03112
pins = open_factory(GpioSettings(), dev=Path())

def told(act):
    try:
        return act()
    except OSError as problem:
        return str(problem)
"""


def ran(folder: Path, script: str) -> list[str]:
    """Run it and return the lines it prints."""
    tests = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", begin + script],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{tests.parent}:{tests}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_a_name_is_claimed_as_its_line_and_given_back(tmp_path: Path) -> None:
    """The library hears offsets only; a closed part leaves its line to others, and opens again."""
    script = """
light, key = DigitalOutputDevice("LIGHT", active_high=False, pin_factory=pins), InputLine("BUTTON", pins)
print(claimed)
print(told(lambda: InputLine(17, pins)))
light.close(), key.close()
print(claimed)
InputLine("BUTTON", pins)
"""
    assert ran(tmp_path, script)[:3] == [
        "{5: 1, 17: 'input'}",
        "pin 17 cannot be had: another part of this post is on the same line",
        "{}",
    ]


def test_what_cannot_be_claimed_is_said_and_tried_again(tmp_path: Path) -> None:
    """A line that another process has, a name that is not there, one that is off the header; nothing is kept of them."""
    script = """
for pin in (6, "NOWHERE", "FAR"):
    print(told(lambda: InputLine(pin, pins))[:60])
kernel.users = {}
print(InputLine(6, pins).low())
"""
    assert ran(tmp_path, script)[:4] == [
        'pin 6 cannot be claimed: line 6 is in use already, by "spi0"; gpioinfo shows it'[:60],
        'the GPIO chip "pinctrl-bcm2711" has no line named "NOWHERE"; its names: '[:60],
        'pin "FAR" is line 39 of the chip, which is not on the 40-pin header'[:60],
        "True",
    ]


def test_a_chip_that_goes_is_let_go_and_found_again(tmp_path: Path) -> None:
    """The first read that fails frees every line; afterwards the chip has another number and the parts open again."""
    script = """
light, key = DigitalOutputDevice("LIGHT", pin_factory=pins), InputLine("BUTTON", pins)
key.watch(lambda low, at_ns: None)
kernel.gone = True
print(told(key.low))
print(told(lambda: light.on()))
print(claimed)
Path("gpiochip3").unlink()
kernel.gone = False
print(told(lambda: InputLine("BUTTON", pins)))
Path("gpiochip4").touch()
light.close(), key.close()
key = InputLine("BUTTON", pins)
print(key.low(), claimed)
pins.close()
"""
    assert ran(tmp_path, script) == [
        "closed 3",
        "its GPIO chip has gone",
        "its GPIO chip has gone",
        "{}",
        'no GPIO chip is labelled "pinctrl-bcm2711"; there is: none at all; write the right one into chip_label',
        "True {17: 'input'}",
        "closed 4",
    ]
