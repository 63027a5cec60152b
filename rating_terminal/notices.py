"""The notices of the idle screen, kept on the device until they are withdrawn or run out."""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from edge.kinds.commands import NoticePublish
from rating_terminal import pictures
from rating_terminal.pictures import PictureFolder
from rating_terminal.secret_files import replace_file

log = logging.getLogger(__name__)
most_notices = 50


class TooManyNotices(Exception):
    """The screen has as many as it takes; the text is a sentence."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice; `until` is RFC 3339 or nothing, `picture` the name of a picture or nothing."""

    notice: str
    title_zh: str
    title_en: str = ""
    text_zh: str = ""
    text_en: str = ""
    picture: str = ""
    until: str = ""

    def over(self, now: datetime) -> bool:
        """Whether its time has run out."""
        return bool(self.until) and moment(self.until) <= now


def moment(text: str) -> datetime:
    """Read RFC 3339. Raises ValueError with a sentence when it is not, or has no time zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as problem:
        raise ValueError(f"until is {text!r}; write RFC 3339, for instance 2026-12-31T17:00:00+08:00") from problem
    if found.tzinfo is None:
        raise ValueError(f"until is {text!r}; add the time zone, for instance +08:00")
    return found


class Notices:
    """All notices, in the order of their publishing."""

    def __init__(self, folder: Path) -> None:
        """Read what was published before; a damaged file is as none."""
        self._file = folder / "notices.json"
        self.pictures = PictureFolder(folder / "notice-pictures")
        self._known = self._read()

    def shown(self, now: datetime) -> list[Notice]:
        """Return those whose time has not run out."""
        return [notice for notice in self._known.values() if not notice.over(now)]

    def find(self, notice: str) -> Notice | None:
        """Return one by its id."""
        return self._known.get(notice)

    def publish(self, published: NoticePublish, now: datetime) -> list[str]:
        """Add or replace one; return a sentence when its picture was not taken.

        Raises ValueError for a wrong `until`, TooManyNotices, OSError.
        """
        refused: list[str] = []
        picture = ""
        if published.picture:
            try:
                picture = self.pictures.put(pictures.read(published.picture))
            except ValueError as problem:
                refused.append(f"the picture of {published.notice} is not shown: {problem}")
        fresh = Notice(**(published.model_dump() | {"picture": picture}))
        if fresh.until:
            moment(fresh.until)
        known = {name: one for name, one in self._known.items() if not one.over(now)} | {fresh.notice: fresh}
        if len(known) > most_notices:
            raise TooManyNotices(f"the screen takes {most_notices} notices; withdraw one first")
        self._keep(known)
        return refused

    def withdraw(self, notice: str) -> bool:
        """Take one away; whether it was there. Raises OSError."""
        if notice not in self._known:
            return False
        self._keep({name: one for name, one in self._known.items() if name != notice})
        return True

    def _keep(self, known: Mapping[str, Notice]) -> None:
        replace_file(self._file, json.dumps([asdict(one) for one in known.values()], ensure_ascii=False).encode())
        self._known = known
        self.pictures.keep_only(one.picture for one in known.values())

    def _read(self) -> Mapping[str, Notice]:
        try:
            stored = [Notice(**one) for one in json.loads(self._file.read_text(encoding="utf-8"))]
            for one in stored:
                one.over(datetime.now().astimezone())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError) as problem:
            log.error("the notices cannot be read, the centre must publish them again: %s", problem)
            return {}
        return {one.notice: one for one in stored}
