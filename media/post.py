"""What begins and ends with an incident: tour, clip, microphone and the offer to the centre."""

import asyncio
import logging
import time
from typing import Literal

from pydantic import BaseModel, ConfigDict

from drivers.ptz import PtzError
from media import tour
from media.announcements import Announcements
from media.call import Incident, Level, Mode
from media.clips import Clips
from media.desk import Desk
from media.dome import DomeControl
from media.ear import Ear
from media.playout import Playout
from media.sound_test import SoundTest

log = logging.getLogger(__name__)
INCIDENT = "incident"


class IncidentBody(BaseModel):
    """What panic says at each change and every two seconds; `incident` null: none is open."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    incident: str | None
    level: Level | None = None
    mode: Mode | None = None
    raised: str | None = None
    cause: Literal["raised", "changed", "kept", "closed"] = "kept"

    def told(self) -> Incident | None:
        """Return the open incident, or None. Raises ValueError when level or mode are missing."""
        if self.incident is None:
            return None
        if self.level is None or self.mode is None:
            raise ValueError("an open incident has a level and a mode")
        return Incident(self.incident, self.level, self.mode)


class Post:
    """The incident as this program sees it; the same message may come any number of times."""

    def __init__(  # noqa: PLR0917 - one part each of what an incident sets in motion
        self,
        desk: Desk,
        dome: DomeControl,
        ear: Ear,
        clips: Clips,
        playout: Playout,
        announcements: Announcements,
        sound_test: SoundTest,
    ) -> None:
        self._desk = desk
        self._dome = dome
        self._ear = ear
        self._clips = clips
        self._playout = playout
        self._announcements = announcements
        self._sound_test = sound_test
        self._open: Incident | None = None
        self._turning: set[asyncio.Task[None]] = set()

    @property
    def silent(self) -> bool:
        """Whether the open incident must not be given away by sound."""
        return self._open is not None and self._open.level is Level.SILENT

    def incident(self, told: Incident | None) -> None:
        """Take what panic says; only a change does anything."""
        before, self._open = self._open, told
        if before == told:
            return
        if told is not None:
            # Before everything else: the loudspeaker is the alarm's from here on.
            self._sound_test.interrupt("an incident began")
        if before is not None and (told is None or told.id != before.id):
            self._over()
        self._desk.incident(told)
        if told is not None and (before is None or told.id != before.id):
            self._begun(told)
        elif told is not None:
            self._changed(told)

    def prompt(self, name: str) -> None:
        """Play a prompt that panic asks for, unless the incident is silent. Raises KeyError for an unknown one."""
        prompt = self._announcements.named(name)
        if not self.silent:
            self._sound_test.interrupt("a prompt was to be played")
            self._playout.announce(prompt)

    def _begun(self, told: Incident) -> None:
        self._ear.want(INCIDENT, on=True)
        self._clips.begin(told.id)
        self._changed(told)

    def _changed(self, told: Incident) -> None:
        silent = told.level is Level.SILENT
        if silent:
            self._playout.hush()
        self._turn(tour.Raised(time.monotonic(), silent))

    def _over(self) -> None:
        self._ear.want(INCIDENT, on=False)
        self._clips.end()
        self._turn(tour.Closed(time.monotonic()))

    def _turn(self, given: tour.Input) -> None:
        task = asyncio.ensure_future(self._give(given))
        self._turning.add(task)
        task.add_done_callback(self._turning.discard)

    async def _give(self, given: tour.Input) -> None:
        try:
            await self._dome.give(given)
        except PtzError as problem:
            log.warning("the dome does not obey: %s", problem)
