"""What the screen shows: one JSON object, always the whole state, and a bell for when it changes."""

import asyncio
import logging
from datetime import datetime
from typing import Any

from edge.clock import Clock
from edge.settings import Device
from rating_terminal.codes import Codes
from rating_terminal.desk import Desk
from rating_terminal.notices import Notice, Notices
from rating_terminal.roster import Roster
from rating_terminal.settings import RatingSettings
from rating_terminal.tickets import Tickets
from rating_terminal.visit import State, Visit

log = logging.getLogger(__name__)
# The words of a level; the same for every language, so that the page finds its own.
level_keys = {5: "very_satisfied", 4: "satisfied", 3: "fairly_satisfied", 2: "dissatisfied", 1: "very_dissatisfied"}
shown_states = {State.SAVING: "asked", State.UNSAVED: "asked"}


class Changes:
    """A bell that every open page hears."""

    def __init__(self) -> None:
        """Start silent."""
        self._bell = asyncio.Event()
        self.ended = False

    def tell(self) -> None:
        """Ring once."""
        self._bell.set()
        self._bell = asyncio.Event()

    def end(self) -> None:
        """End all streams, so that the server can stop."""
        self.ended = True
        self.tell()

    def next(self) -> asyncio.Event:
        """Return the bell's next ring; take it before looking, so that nothing is missed in between."""
        return self._bell


class Showing:
    """Collects the state of the screen from those who know its parts."""

    def __init__(
        self,
        *,
        settings: RatingSettings,
        device: Device,
        desk: Desk,
        roster: Roster,
        notices: Notices,
        tickets: Tickets,
        codes: Codes,
        clock: Clock,
        languages: tuple[str, ...],
    ) -> None:
        """Begin in the language and size that the settings say."""
        self._settings = settings
        self._device, self._demo = device.id, device.demo
        self._desk = desk
        self._roster = roster
        self._notices = notices
        self._tickets = tickets
        self._codes = codes
        self._clock = clock
        self._languages = languages
        self._code: tuple[str, str] = ("", "")
        self._citizen = ""
        self.language = settings.language
        self.large = settings.large
        self.online = False
        self.changes = Changes()

    def set(self, *, language: str | None = None, large: bool | None = None, online: bool | None = None) -> None:
        """Change how it is shown. Raises ValueError for a language without a catalogue."""
        if language is not None and language not in self._languages:
            raise ValueError(f"there is no catalogue for {language!r}; there are {', '.join(self._languages)}")
        before = (self.language, self.large, self.online)
        self.language = self.language if language is None else language
        self.large = self.large if large is None else large
        self.online = self.online if online is None else online
        if (self.language, self.large, self.online) != before:
            self.changes.tell()

    def desk_changed(self) -> None:
        """Something was asked, pressed or ended: tell it; after a citizen, the next begins as the settings say."""
        front = self._desk.terminal.front
        session = front.service.session if front else ""
        if self._citizen and session != self._citizen:
            self.language, self.large = self._settings.language, self._settings.large
        self._citizen = session
        self.changes.tell()

    def state(self) -> dict[str, Any]:
        """Return the whole state."""
        front = self._desk.terminal.front
        left = self._desk.closes_in()
        return {
            "state": shown_states.get(front.state, front.state.value) if front else "idle",
            "unsaved": front is not None and front.state is State.UNSAVED,
            "staff_test": self._desk.terminal.staff,
            "session": front.service.session if front else None,
            "window": self._settings.window,
            "clerk": self._clerk(front),
            "ticket": self._tickets.of(front.service.session) if front else "",
            "levels": [{"level": level, "key": level_keys[level]} for level in self._desk.policy.levels],
            "reasons": [reason.model_dump() for reason in self._settings.policy.reasons],
            "closes_in": None if left is None else round(left, 1),
            "qr": f"/qr/{front.service.session}.svg" if front and self.code(front) else None,
            "language": self.language,
            "languages": list(self._languages),
            "large": self.large,
            "voice": self._settings.voice,
            "notices": [_shown(notice) for notice in self._notices.shown(self._wall())],
            "demo": self._demo,
            "online": self.online,
        }

    def code(self, visit: Visit) -> str | None:
        """Return the link of the visit's code, or None when it is not to be shown now."""
        if not (self._settings.qr.shown and self.online and visit.state is State.ASKED):
            return None
        session = visit.service.session
        if self._code[0] != session:
            self._code = session, self._link(session)
        return self._code[1] or None

    def _link(self, session: str) -> str:
        try:
            code, _ = self._codes.make(session, self._wall().timestamp())
        except OSError as problem:
            # Without a disk there is no key; the keys of the screen do not need one.
            log.error("no code can be made: %s", problem)
            return ""
        return f"{self._settings.qr.base_url}/r/{self._device}/{code}"

    def _clerk(self, front: Visit | None) -> dict[str, Any] | None:
        last = self._desk.terminal.last
        name = front.service.clerk if front else last.clerk if last else ""
        if not name:
            return None
        clerk = self._roster.find(name)
        photo = f"/photos/{clerk.photo}" if clerk.photo else None
        return {"clerk": clerk.clerk, "number": clerk.number, "name": clerk.name or clerk.clerk, "photo": photo}

    def _wall(self) -> datetime:
        return self._clock.stamp().wall


def _shown(notice: Notice) -> dict[str, Any]:
    texts = {name: getattr(notice, name) for name in ("notice", "title_zh", "title_en", "text_zh", "text_en")}
    # The picture's own name in the address: a new picture is a new address.
    return {**texts, "picture": f"/notices/{notice.notice}/picture?{notice.picture}" if notice.picture else None}
