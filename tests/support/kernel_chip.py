"""A GPIO chip as the kernel's ioctls describe it: packed by the layout of linux/gpio.h, field by field."""

import errno
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

get_chipinfo = 0x8044B401
get_lineinfo = 0xC100B405


@dataclass
class KernelChip:
    """Answers the two questions that a driver asks; `users` tells who has a line."""

    label: str
    names: list[str]
    users: Mapping[int, str] = field(default_factory=dict)
    gone: bool = False

    def ioctl(self, file: BinaryIO, request: int, asked: bytes) -> bytes:
        """Answer as the kernel does: ENODEV once the chip has gone, EINVAL for a line that it does not have."""
        file.fileno()  # ValueError when it was closed, as from the true ioctl
        if self.gone:
            raise OSError(errno.ENODEV, "No such device")
        if request == get_chipinfo:
            assert len(asked) == 68
            return text("gpiochip0") + text(self.label) + number(len(self.names))
        assert (request, len(asked)) == (get_lineinfo, 256)
        offset = int.from_bytes(asked[64:68], "little")
        assert asked[:64] + asked[68:] == bytes(252), "the kernel refuses what is not zero"
        if offset >= len(self.names):
            raise OSError(errno.EINVAL, "Invalid argument")
        return self._line(offset)

    def _line(self, offset: int) -> bytes:
        used = offset in self.users
        flags = (1 if used else 0) | 1 << 2  # used, input
        attributes, padding = bytes(10 * 16), bytes(4 * 4)
        head = text(self.names[offset]) + text(self.users.get(offset, "")) + number(offset) + number(0)
        return head + flags.to_bytes(8, "little") + attributes + padding


def text(value: str) -> bytes:
    """Fill a field of GPIO_MAX_NAME_SIZE."""
    return value.encode().ljust(32, b"\0")


def number(value: int) -> bytes:
    """Pack a __u32."""
    return value.to_bytes(4, "little")
