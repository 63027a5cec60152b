"""Pictures from the centre: taken when they are what they say, and kept under the hash of their content."""

import base64
import binascii
import hashlib
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rating_terminal.secret_files import replace_file

longest_side = 4000
media_types = {"jpg": "image/jpeg", "png": "image/png"}
_name = re.compile(r"^[0-9a-f]{32}\.(jpg|png)$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Picture:
    """A checked picture."""

    content: bytes
    ending: str

    @property
    def name(self) -> str:
        """Its file name: another content is another name, so that a browser may keep it for ever."""
        return f"{hashlib.sha256(self.content).hexdigest()[:32]}.{self.ending}"


def read(text: str) -> Picture:
    """Return the picture in base64. Raises ValueError with a sentence when it is none that a screen can show."""
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise ValueError(f"it is not base64 ({problem})") from problem
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        ending, size = "png", _png_size(content)
    elif content.startswith(b"\xff\xd8\xff"):
        ending, size = "jpg", _jpeg_size(content)
    else:
        raise ValueError("it is neither JPEG nor PNG")
    if size is None:
        raise ValueError("it is cut off or damaged")
    if not all(1 <= side <= longest_side for side in size):
        raise ValueError(f"it has {size[0]}×{size[1]} pixels; at most {longest_side} each way")
    return Picture(content, ending)


def _png_size(content: bytes) -> tuple[int, int] | None:
    """Width and height of the IHDR chunk (ISO/IEC 15948); None when head or end is missing."""
    if content[12:16] != b"IHDR" or b"IEND" not in content[-12:]:
        return None
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    """Width and height of the frame header (ISO/IEC 10918-1, B.2.2); None when there is none or the end is missing."""
    if b"\xff\xd9" not in content[-64:]:
        return None
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4])
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        if length < 2:
            return None
        at += 2 + length
    return None


class PictureFolder:
    """The pictures on this device."""

    def __init__(self, folder: Path) -> None:
        """Remember the place."""
        self._folder = folder

    def put(self, picture: Picture) -> str:
        """Keep it and return its name. Raises OSError."""
        path = self._folder / picture.name
        if not path.exists():
            replace_file(path, picture.content)
        return picture.name

    def find(self, name: str) -> tuple[bytes, str] | None:
        """Return content and media type, or None for what is not there."""
        if not _name.match(name):
            return None
        try:
            return (self._folder / name).read_bytes(), media_types[name.rpartition(".")[2]]
        except OSError:
            return None

    def keep_only(self, names: Iterable[str]) -> None:
        """Delete what nothing shows any more. Raises OSError."""
        wanted = set(names)
        if self._folder.is_dir():
            for path in self._folder.iterdir():
                if path.name not in wanted:
                    path.unlink()
