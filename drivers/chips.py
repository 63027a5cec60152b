"""Which GPIO chip is which, and which of its lines: numbers change with board and kernel, labels and names do not."""

import fcntl
import re
import struct
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# struct gpiochip_info of linux/gpio.h: name[32], label[32], lines; GPIO_GET_CHIPINFO_IOCTL = _IOR(0xB4, 0x01, …).
_CHIP_INFO = struct.Struct("=32s32sI")
_GET_CHIPINFO = 0x8044B401
# struct gpio_v2_line_info: name[32], consumer[32], offset, num_attrs, flags (64 bit), 10 attributes of 16 bytes,
# padding[4]; GPIO_V2_GET_LINEINFO_IOCTL = _IOWR(0xB4, 0x05, …).
_LINE_INFO = struct.Struct("=32s32sIIQ160s16s")
_GET_LINEINFO = 0xC100B405
_LINE_USED = 1  # GPIO_V2_LINE_FLAG_USED


@dataclass(frozen=True)
class Line:
    """One line as the kernel describes it; `user` is None while nobody has it, and may be empty."""

    name: str
    user: str | None


class Chip:
    """One GPIO chip, open to be asked. Pins are claimed elsewhere (steady_pin.py)."""

    def __init__(self, path: Path) -> None:
        """Open it and read its label; OSError with a sentence when it may not be asked."""
        self.path = path
        try:
            self._file = path.open("rb")
            try:
                self.label, self._lines = self._info()
            except OSError:
                self._file.close()
                raise
        except OSError as error:
            raise OSError(
                f"{path} cannot be asked for its label ({error.strerror}); is the user in group gpio?"
            ) from error

    @property
    def number(self) -> int:
        """The number that the kernel gave it this time."""
        return int(self.path.name.removeprefix("gpiochip"))

    @property
    def gone(self) -> bool:
        """Whether the chip has gone or was closed since it was opened; one that comes back is another one, even with its number."""
        try:
            self._info()
        except (OSError, ValueError):  # ValueError: it was closed since
            return True
        return False

    def line(self, offset: int) -> Line:
        """Describe one line; OSError when there is none with this offset."""
        asked = _LINE_INFO.pack(b"", b"", offset, 0, 0, b"", b"")
        name, user, _, _, flags, _, _ = _LINE_INFO.unpack(fcntl.ioctl(self._file, _GET_LINEINFO, asked))
        return Line(_text(name), _text(user) if flags & _LINE_USED else None)

    def names(self) -> tuple[str, ...]:
        """Tell the names of all lines in their order; a line without one has an empty name."""
        return tuple(self.line(offset).name for offset in range(self._lines))

    def close(self) -> None:
        """Ask no more."""
        self._file.close()

    def _info(self) -> tuple[str, int]:
        _, label, lines = _CHIP_INFO.unpack(fcntl.ioctl(self._file, _GET_CHIPINFO, bytes(_CHIP_INFO.size)))
        return _text(label), lines


def find_chip(label: str, dev: Path = Path("/dev")) -> Chip:
    """Open the one chip with this label; OSError with a sentence when it is not there, or may not be asked."""
    return Chip(dev / f"gpiochip{chip_number(label, chip_labels(dev))}")


def chip_labels(dev: Path = Path("/dev")) -> dict[int, str]:
    """Read the label of every GPIO chip; OSError when a chip may not be asked."""
    return {number: _label(path) for number, path in sorted(_chips(dev).items())}


def chip_number(label: str, labels: Mapping[int, str]) -> int:
    """Find the one chip with this label; OSError with what there is when it is not exactly one."""
    match [number for number, name in labels.items() if name == label]:
        case [number]:
            return number
        case []:
            there = ", ".join(sorted(set(labels.values()))) or "none at all"
            raise OSError(f'no GPIO chip is labelled "{label}"; there is: {there}; write the right one into chip_label')
        case several:
            raise OSError(f'{len(several)} GPIO chips are labelled "{label}"; a post needs a label that is there once')


def line_offset(name: str, chip: str, names: Sequence[str]) -> int:
    """Find the one line with this name among those of the chip; OSError with the names there are when it is not one."""
    match [offset for offset, known in enumerate(names) if known == name]:
        case [offset]:
            return offset
        case []:
            there = ", ".join(_once(names)) or "none at all, so write BCM numbers"
            raise OSError(f'the GPIO chip "{chip}" has no line named "{name}"; its names: {there}')
        case several:
            at = ", ".join(map(str, several))
            raise OSError(f'the GPIO chip "{chip}" has "{name}" as the name of lines {at}; write the number you mean')


def _once(names: Sequence[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if name and count == 1]


def _chips(dev: Path) -> dict[int, Path]:
    found = ((re.fullmatch(r"gpiochip(\d+)", path.name), path) for path in dev.iterdir())
    # Some boards carry links such as gpiochip4 -> gpiochip0 for old programs; the same chip must not count twice.
    return {int(name[1]): path for name, path in found if name and not path.is_symlink()}


def _label(path: Path) -> str:
    chip = Chip(path)
    chip.close()
    return chip.label


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode(errors="replace")
