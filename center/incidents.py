"""What an incident is, folded from its events. Pure: no clock, no file, no socket."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Stored:
    """One event as the centre holds it; `at` is the best time known for it."""

    position: int
    device: str
    kind: str
    at: datetime
    data: Mapping[str, Any]

    def text(self, key: str, otherwise: str = "") -> str:
        """Return a text of the data; a post may be newer or odder than this centre."""
        value = self.data.get(key)
        return value if isinstance(value, str) else otherwise

    def number(self, key: str) -> int | None:
        """Return a whole number of the data, or None."""
        value = self.data.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else None


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording that lies on the device."""

    name: str
    seconds: float
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Incident:
    """One press and all that came of it."""

    id: str
    device: str
    raised: datetime
    level: str = "panic"
    mode: str = "live"
    presses: int = 1
    received: bool = False
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    in_call_with: str | None = None
    siren_silenced: bool = False
    team: str | None = None
    eta_minutes: int | None = None
    dispatched_at: datetime | None = None
    arrived_at: datetime | None = None
    escalated: str | None = None
    clip: Clip | None = None
    closed_at: datetime | None = None
    closed_by: str = ""
    disposition: str = ""
    note: str = ""

    @property
    def open(self) -> bool:
        """Whether it still goes on."""
        return self.closed_at is None

    @property
    def taken_by(self) -> str | None:
        """The operator who has it, or None while it still calls."""
        return self.in_call_with or self.acknowledged_by

    @property
    def state(self) -> str:
        """One word of the chain of help: called, answered, on_the_way, arrived, closed."""
        if self.closed_at:
            return "closed"
        if self.arrived_at:
            return "arrived"
        if self.team is not None:
            return "on_the_way"
        return "answered" if self.taken_by else "called"

    @property
    def alert(self) -> str:
        """The class that must look and sound different: drill and test before level, panic, assist or silent."""
        return self.mode if self.mode in ("drill", "test") else self.level


def fold(incident: str, events: Iterable[Stored]) -> Incident | None:
    """Return the incident that these events tell of, in the order they were stored; None when there are none."""
    current: Incident | None = None
    for event in events:
        if current is None:
            current = Incident(incident, event.device, event.at)
        if event.device == current.device:
            current = _after(current, event)
    return current


def _after(now: Incident, event: Stored) -> Incident:
    match event.kind:
        case "incident.raised":
            return replace(
                now, raised=event.at, level=event.text("level", now.level), mode=event.text("mode", now.mode)
            )
        case "incident.pressed_again":
            return replace(now, presses=max(now.presses, event.number("presses") or 0))
        case "incident.level_raised":
            presses = max(now.presses, event.number("presses") or 0)
            return replace(now, level=event.text("level", "panic"), mode=event.text("mode", "live"), presses=presses)
        case "incident.received":
            return replace(now, received=True)
        case "incident.escalated":
            return replace(now, escalated=event.text("step"))
        case _:
            return _after_step(now, event)


def _after_step(now: Incident, event: Stored) -> Incident:
    """Follow what operators, teams and the recorder did."""
    operator = event.text("operator")
    match event.kind:
        case "incident.acknowledged":
            return replace(now, acknowledged_by=operator or "?", acknowledged_at=event.at)
        case "incident.call_started":
            return replace(now, in_call_with=operator or "?", acknowledged_by=now.acknowledged_by or operator or "?")
        case "incident.call_ended":
            return replace(now, in_call_with=None)
        case "incident.siren_silenced":
            return replace(now, siren_silenced=True)
        case "incident.team_dispatched":
            eta = event.number("eta_minutes")
            return replace(now, team=event.text("team"), eta_minutes=eta, dispatched_at=event.at)
        case "incident.team_arrived":
            return replace(now, arrived_at=event.at)
        case "media.clip_saved":
            return replace(now, clip=_clip(event) or now.clip)
        case "incident.closed":
            return _closed(now, event)
        case _:
            return now


def _closed(now: Incident, event: Stored) -> Incident:
    return replace(
        now,
        closed_at=event.at,
        closed_by=event.text("by"),
        disposition=event.text("disposition"),
        note=event.text("note"),
        in_call_with=None,
        presses=max(now.presses, event.number("presses") or 0),
    )


def _clip(event: Stored) -> Clip | None:
    size, seconds = event.number("bytes"), event.data.get("seconds")
    if size is None or size < 0 or not isinstance(seconds, int | float):
        return None
    return Clip(event.text("clip"), float(seconds), size, event.text("sha256"))
