"""Watches whether somebody could rate at all, and writes down the opening hours in which nobody could."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from edge.clock import Clock
from edge.event import ClockState, Stamp
from rating_terminal import blank
from rating_terminal.blank import Blank, Presence
from rating_terminal.hours import Hours

log = logging.getLogger(__name__)
Record = Callable[[str, Mapping[str, object]], object]
seen_key = "alive"
least_off_seconds = 600.0  # the moment of the last life is written every five minutes, and a restart is no absence


class Watchman:
    """Looks each second; `present` says what is there now."""

    def __init__(
        self, window: str, *, hours: Hours, zone: ZoneInfo, clock: Clock, record: Record, after_seconds: float
    ) -> None:
        """Begin with the start of the program."""
        self._window = window
        self._hours = hours
        self._zone = zone
        self._clock = clock
        self._record = record
        self._after = after_seconds
        self._blank = Blank()
        self._began = clock.stamp()
        self._seen_before: datetime | None = None

    def restore(self, kept: Mapping[str, str]) -> None:
        """Remember when the last life was last seen; without power nobody could rate either."""
        if seen_key in kept:
            self._seen_before = datetime.fromisoformat(kept[seen_key])

    def look(self, presence: Presence) -> None:
        """Look at this moment."""
        stamp = self._clock.stamp()
        self._tell_off(stamp)
        open_now = self._hours.open_at(self._local(stamp.wall))
        at = stamp.mono / 1e9
        self._blank, report = blank.look(self._blank, presence, is_open=open_now, at=at, after=self._after)
        if report is not None:
            self._tell(report.seconds, report.reason)

    def _tell_off(self, stamp: Stamp) -> None:
        """Once the clock can be trusted: how much of the opening hours passed while the terminal was off."""
        before = self._seen_before
        if before is None or stamp.state is not ClockState.SYNCHRONISED:
            return
        self._seen_before = None
        began = stamp.wall - timedelta(seconds=(stamp.mono - self._began.mono) / 1e9)
        off = self._hours.open_seconds(self._local(before), self._local(began))
        if off >= least_off_seconds:
            self._tell(off, "the terminal was off")

    def _tell(self, seconds: float, reason: str) -> None:
        log.warning("nobody could rate for %.0f s: %s", seconds, reason)
        self._record("rating.blank", {"window": self._window, "seconds": round(seconds, 1), "reason": reason})

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self._zone)
