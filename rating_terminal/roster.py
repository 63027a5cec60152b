"""The clerks as the centre published them, kept on the device: the screen shows them without any network."""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from edge.kinds.commands import RosterSet
from rating_terminal import pictures
from rating_terminal.pictures import PictureFolder
from rating_terminal.secret_files import replace_file

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Clerk:
    """A clerk as the screen shows him; `photo` is the name of a picture or nothing."""

    clerk: str
    number: str = ""
    name: str = ""
    photo: str = ""


class Roster:
    """All clerks, and their photos."""

    def __init__(self, folder: Path) -> None:
        """Read what was published before; a damaged file is as none."""
        self._file = folder / "roster.json"
        self.photos = PictureFolder(folder / "photos")
        self._clerks = self._read()

    def find(self, clerk: str) -> Clerk:
        """Return a clerk; one that nobody has published is shown by what the counter calls him."""
        return self._clerks.get(clerk, Clerk(clerk))

    def publish(self, published: RosterSet) -> list[str]:
        """Replace all clerks, and return a sentence for each photo that was not taken. Raises OSError."""
        refused: list[str] = []
        clerks = []
        for entry in published.entries:
            photo = ""
            if entry.photo:
                try:
                    photo = self.photos.put(pictures.read(entry.photo))
                except ValueError as problem:
                    # A clerk without a picture is better than no clerk.
                    refused.append(f"the photo of {entry.clerk} is not shown: {problem}")
            clerks.append(Clerk(entry.clerk, entry.number, entry.name, photo))
        replace_file(self._file, json.dumps([asdict(clerk) for clerk in clerks], ensure_ascii=False).encode())
        self._clerks = {clerk.clerk: clerk for clerk in clerks}
        self.photos.keep_only(clerk.photo for clerk in clerks)
        return refused

    def _read(self) -> Mapping[str, Clerk]:
        try:
            stored = [Clerk(**clerk) for clerk in json.loads(self._file.read_text(encoding="utf-8"))]
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError) as problem:
            log.error("the roster cannot be read, the centre must publish it again: %s", problem)
            return {}
        return {clerk.clerk: clerk for clerk in stored}
