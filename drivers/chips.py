"""Which GPIO chip is which: a chip's number changes with the board and the kernel, its label does not."""

import fcntl
import re
import struct
from collections.abc import Mapping
from pathlib import Path

from drivers.part import PartError

# struct gpiochip_info of linux/gpio.h: name[32], label[32], lines; GPIO_GET_CHIPINFO_IOCTL = _IOR(0xB4, 0x01, …).
_INFO = struct.Struct("32s32sI")
_GET_CHIPINFO = 0x8044B401


def chip_labels(dev: Path = Path("/dev")) -> dict[int, str]:
    """Read the label of every GPIO chip; PartError when a chip may not be asked."""
    return {number: _label(path) for number, path in sorted(_chips(dev).items())}


def chip_number(label: str, labels: Mapping[int, str]) -> int:
    """Find the one chip with this label; PartError with what there is when it is not exactly one."""
    match [number for number, name in labels.items() if name == label]:
        case [number]:
            return number
        case []:
            there = ", ".join(sorted(set(labels.values()))) or "none at all"
            raise PartError(
                f'no GPIO chip is labelled "{label}"; there is: {there}; write the right one into chip_label'
            )
        case several:
            raise PartError(
                f'{len(several)} GPIO chips are labelled "{label}"; a post needs a label that is there once'
            )


def _chips(dev: Path) -> dict[int, Path]:
    found = ((re.fullmatch(r"gpiochip(\d+)", path.name), path) for path in dev.iterdir())
    # Some boards carry links such as gpiochip4 -> gpiochip0 for old programs; the same chip must not count twice.
    return {int(name[1]): path for name, path in found if name and not path.is_symlink()}


def _label(path: Path) -> str:
    try:
        with path.open("rb") as chip:
            answer = fcntl.ioctl(chip, _GET_CHIPINFO, bytes(_INFO.size))
    except OSError as error:
        raise PartError(
            f"{path} cannot be asked for its label ({error.strerror}); is the user in group gpio?"
        ) from error
    _, label, _ = _INFO.unpack(answer)
    return str(label.split(b"\0", 1)[0].decode())
