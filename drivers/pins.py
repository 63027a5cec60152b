"""The pins of the post: the pin library is named by the settings and never replaced by another."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal, NoReturn, assert_never

from gpiozero.pins.mock import MockFactory  # type: ignore[import-untyped]
from pydantic import Field

from drivers.chips import chip_labels, chip_number
from drivers.factory import Factory
from drivers.part import PartError, PartSettings

# BCM numbers of the 40-pin header.
PinNumber = Annotated[int, Field(ge=0, le=27)]


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

    def pin(self, name: int) -> NoReturn:
        """Refuse: PartError."""
        self.reserve_pins(self, name)

    def close(self) -> None:
        """Do nothing: there is nothing open."""


def open_factory(settings: GpioSettings, dev: Path = Path("/dev")) -> Factory:
    """Open the pin library that the settings name; PartError when it cannot be, and no other is tried."""
    match settings.factory:
        case "lgpio":
            return _open_lgpio(chip_number(settings.chip_label, chip_labels(dev)))
        case "mock":
            mock: Factory = MockFactory()
            return mock
        case "none":
            return NoPins()
        case _:
            assert_never(settings.factory)


def _open_lgpio(chip: int) -> Factory:
    if not os.access(Path.cwd(), os.W_OK):
        raise PartError(f"lgpio makes a FIFO in the working directory, and {Path.cwd()} is not writable")
    # Imported here and not above, because the import itself makes that FIFO and starts a thread.
    from drivers.steady_pin import open_lgpio  # noqa: PLC0415

    try:
        return open_lgpio(chip)
    except Exception as error:
        raise PartError(f"GPIO chip {chip} cannot be opened: {error}") from error


@contextmanager
def hardware_errors(doing: str) -> Iterator[None]:
    """Turn whatever a pin library raises into OSError, the one error that the users of outputs expect."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise OSError(f"{doing}: {error}") from error
