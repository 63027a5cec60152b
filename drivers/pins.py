"""The pins of the post: the pin library is named by the settings and never replaced by another."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Literal, NoReturn, assert_never

from gpiozero.pins.mock import MockFactory  # type: ignore[import-untyped]
from pydantic import BeforeValidator, Field

from drivers.chips import find_chip
from drivers.factory import Factory
from drivers.header import Header, OpenChip
from drivers.part import PartError, PartSettings

highest_pin = 27  # BCM numbers of the 40-pin header: 0 to 27
longest_name = 31  # GPIO_MAX_NAME_SIZE of linux/gpio.h, without the closing zero


def _checked_pin(value: object) -> object:
    """Refuse what can be neither a number nor a name; only the chip knows which names there are."""
    match value:
        case bool():
            pass
        case int() if 0 <= value <= highest_pin:
            return value
        case str() if value.isdecimal():
            raise ValueError(f'"{value}" is a text; write the number {int(value)} without quotes')
        case str() if 0 < len(value.encode()) <= longest_name and value.isprintable():
            return value
    raise ValueError(
        f"{value!r} is no pin; write a BCM number from 0 to {highest_pin}, or the name of a line as gpioinfo shows it"
    )


# A BCM number of the 40-pin header, or the kernel's name of a line.
Pin = Annotated[
    Annotated[int, Field(ge=0, le=highest_pin)] | Annotated[str, Field(min_length=1, max_length=longest_name)],
    BeforeValidator(_checked_pin),
]


class GpioSettings(PartSettings):
    """The table `[gpio]`: which pin library, and which chip the header hangs on."""

    factory: Literal["lgpio", "mock", "none"] = "lgpio"
    chip_label: str = "pinctrl-bcm2711"


class NoPins:
    """A device without pins: whoever asks for one is told that the settings contradict themselves."""

    def reserve_pins(self, requester: object, *names: object) -> NoReturn:  # noqa: ARG002 - the form of Factory
        """Refuse: PartError."""
        wanted = ", ".join(str(name) for name in names)
        raise PartError(f'a part is wired to pin {wanted}, but [gpio] says factory = "none"; write "lgpio" there')

    def pin(self, name: int | str) -> NoReturn:
        """Refuse: PartError."""
        self.reserve_pins(self, name)

    def close(self) -> None:
        """Do nothing: there is nothing open."""


class MockPins(MockFactory):  # type: ignore[misc]
    """Pretended pins for tests. They have no chip, so the only names are those that say their number: GPIO17."""

    def reserve_pins(self, requester: object, *names: int | str) -> None:
        """Note who uses a pin; PartError for another name, gpiozero.GPIOPinInUse when somebody uses it already."""
        super().reserve_pins(requester, *map(_mock_number, names))

    def pin(self, name: int | str, *how: object, **more: object) -> object:
        """Give the pin; PartError for another name."""
        return super().pin(_mock_number(name), *how, **more)


def _mock_number(name: int | str) -> int:
    if isinstance(name, int):
        return name
    number = re.fullmatch(r"GPIO(\d{1,2})", name)
    if number is None:
        raise PartError(f'mock pins have no line named "{name}"; write a number, or a name such as GPIO17')
    return int(number[1])


def open_factory(settings: GpioSettings, dev: Path = Path("/dev")) -> Factory:
    """Open the pin library that the settings name, and no other; PartError when it cannot be used here.

    Whether the chip is there is found when a part asks for a pin: that is an OSError then.
    """
    match settings.factory:
        case "lgpio":
            return _lgpio_header(settings.chip_label, dev)
        case "mock":
            mock: Factory = MockPins()
            return mock
        case "none":
            return NoPins()
        case _:
            assert_never(settings.factory)


def _lgpio_header(label: str, dev: Path) -> Header:
    if not os.access(Path.cwd(), os.W_OK):
        raise PartError(f"lgpio makes a FIFO in the working directory, and {Path.cwd()} is not writable")
    return Header(partial(_open_lgpio, label, dev))


def _open_lgpio(label: str, dev: Path) -> OpenChip:
    chip = find_chip(label, dev)
    # Imported here and not above, because the import itself makes that FIFO and starts a thread.
    from drivers.steady_pin import open_lgpio  # noqa: PLC0415

    try:
        return open_lgpio(chip)
    except Exception as error:
        chip.close()
        raise OSError(f"{chip.path} cannot be opened: {error}") from error


@contextmanager
def hardware_errors(doing: str) -> Iterator[None]:
    """Turn whatever a pin library raises into OSError, the one error that the users of parts expect."""
    try:
        yield
    except (OSError, PartError):
        raise
    except Exception as error:
        raise OSError(f"{doing}: {error}") from error
