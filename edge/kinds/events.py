"""Every event as a model. Kinds are in the past tense; the outer contract, section 4, lists them. Pure: only shapes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from edge.event import Severity
from edge.kinds.shapes import (
    Body,
    ByOperator,
    Clerk,
    Disposition,
    Level,
    Mode,
    Name,
    OfIncident,
    RatingLevel,
    Reason,
    Service,
    Source,
    Window,
    checked,
)


class IncidentRaised(OfIncident):
    """Somebody pressed; the incident begins."""

    level: Level
    mode: Mode
    trigger: Name


class PressedAgain(OfIncident):
    """A further press in an open incident, counted and shown."""

    presses: int = Field(ge=2)
    trigger: Name


class LevelRaised(OfIncident):
    """A further press turned a lower incident, a drill or a test into a live one."""

    level: Level
    mode: Mode
    was_level: Level
    was_mode: Mode
    presses: int = Field(ge=1)


class Escalated(OfIncident):
    """Nobody reacted in time; the next step of the chain was taken."""

    step: Literal["next_path", "second_centre", "escalation_list"]
    after_seconds: float = Field(ge=0)


class IncidentReceived(OfIncident):
    """A centre has stored the alarm."""

    centre: int = Field(ge=0, description="0 is the first centre")


class IncidentAcknowledged(ByOperator):
    """An operator has seen the alarm."""


class CallStarted(ByOperator):
    """An operator is connected with the post, to see, to hear and to speak."""


class CallEnded(ByOperator):
    """The call is over; the incident goes on."""

    reason: Reason


class TeamDispatched(ByOperator):
    """A team is on its way."""

    team: str = Field(default="", max_length=80)
    eta_minutes: int | None = Field(default=None, ge=0, le=600)


class TeamArrived(ByOperator):
    """The team is at the post."""

    how: Literal["operator", "code", "nfc"] = "operator"


class SirenSilenced(OfIncident):
    """The siren was switched off while the incident goes on."""

    by: Name


class IncidentClosed(OfIncident):
    """The end, with what it was."""

    disposition: Disposition
    by: Name
    note: str = Field(default="", max_length=2000)
    presses: int = Field(ge=1)


class DeviceStarted(Body):
    """A program has started; its new epoch follows the older ones, in the order of the file."""

    program: Name
    version: Name
    epochs_before: tuple[str, ...] = ()


class FaultRaised(Body):
    """A part does not work."""

    part: Name
    reason: Reason


class FaultCleared(FaultRaised):
    """A part works again."""


class Tampered(Body):
    """Somebody opened the post."""

    part: Name
    reason: Reason


class PowerChanged(Body):
    """Mains or battery changed."""

    mains: bool
    battery: Literal["ok", "low"]


class CommandExecuted(Body):
    """A command was carried out or refused."""

    command: Name
    id: Name
    operator: str = Field(max_length=80)
    status: Literal["accepted", "done", "refused"]
    reason: str | None = Field(default=None, max_length=400)


class PathChanged(Body):
    """The way to the centre changed."""

    path: Name
    reason: Reason


class ClipSaved(OfIncident):
    """A clip lies on the device and can be asked for."""

    clip: Name
    seconds: float = Field(ge=0)
    before_seconds: float = Field(ge=0, description="how much of it shows the time before the press")
    bytes: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class ViewOpened(ByOperator):
    """Somebody began to watch."""


class ViewClosed(ByOperator):
    """Somebody stopped watching."""

    seconds: float = Field(ge=0)


class ClockSynchronised(Body):
    """The wall time of a moment of this boot; earlier events of the boot can now be dated exactly."""

    boot: Name
    mono: str = Field(pattern="^[0-9]+$", description="CLOCK_BOOTTIME, nanoseconds")
    wall: str = Field(description="RFC 3339")


class OutboxGap(Body):
    """Numbers that will never arrive, and why. Alarms are never among them."""

    outbox: Name
    epoch: Name
    first: int = Field(ge=1)
    last: int = Field(ge=1)
    reason: Reason


class OfService(Body):
    """Belongs to one service at one window."""

    window: Window
    service: Service
    clerk: Clerk


class RatingAsked(OfService):
    """A citizen was invited to rate."""

    subject: str = Field(default="", max_length=64, description="keyed hash of the ticket, or nothing")


class RatingGiven(OfService):
    """A citizen rated the service: one service, one rating."""

    level: RatingLevel
    reasons: tuple[Name, ...] = Field(default=(), max_length=8)
    source: Source = "screen"
    seconds: float = Field(default=0, ge=0, description="from the invitation to the press")


class RatingUnanswered(OfService):
    """Nobody rated in time; that is no rating, and no default stands for it."""

    seconds: float = Field(ge=0, description="how long was waited")


class RatingExcluded(Body):
    """A press that is not counted, and why; nothing is deleted in silence."""

    window: Window
    service: str = Field(default="", max_length=80, description="the service it came closest to, or nothing")
    clerk: Clerk = ""
    level: RatingLevel | None = None
    source: Source = "screen"
    cause: Literal["outside_service", "duplicate", "staff_test", "rate_limited", "changed", "cancelled"]
    evidence: Reason


class RatingBlank(Body):
    """For so long nobody could rate at the window, in its opening hours."""

    window: Window
    seconds: float = Field(ge=0)
    reason: Reason


class PartProved(Body):
    """A part was shown to work."""

    part: Name


# A post whose button or tamper loop is cut cannot call for help any more: that is an alarm (outer contract, section 4).
alarm_loops = frozenset({"button", "assist", "tamper"})


@dataclass(frozen=True, slots=True)
class EventKind:
    """One kind of fact."""

    name: str
    severity: Severity
    data: type[Body]

    def severity_of(self, data: Mapping[str, Any]) -> Severity:
        """How urgent this one is: a fault of a button or tamper loop is an alarm, other faults are not."""
        if self.name == "device.fault_raised" and data.get("part") in alarm_loops:
            return Severity.ALARM
        return self.severity

    @property
    def says(self) -> str:
        """What it means, in one sentence."""
        return (self.data.__doc__ or "").splitlines()[0]


_alarms: Mapping[str, type[Body]] = {
    "incident.raised": IncidentRaised,
    "incident.pressed_again": PressedAgain,
    "incident.level_raised": LevelRaised,
    "incident.escalated": Escalated,
    "device.tampered": Tampered,
}
_states: Mapping[str, type[Body]] = {
    "incident.received": IncidentReceived,
    "incident.acknowledged": IncidentAcknowledged,
    "incident.call_started": CallStarted,
    "incident.call_ended": CallEnded,
    "incident.siren_silenced": SirenSilenced,
    "incident.team_dispatched": TeamDispatched,
    "incident.team_arrived": TeamArrived,
    "incident.closed": IncidentClosed,
    "device.started": DeviceStarted,
    "device.fault_raised": FaultRaised,
    "device.fault_cleared": FaultCleared,
    "device.power_changed": PowerChanged,
    "command.executed": CommandExecuted,
    "path.changed": PathChanged,
    "media.clip_saved": ClipSaved,
    "media.view_opened": ViewOpened,
    "media.view_closed": ViewClosed,
    "clock.synchronised": ClockSynchronised,
    "outbox.gap": OutboxGap,
}
_services: Mapping[str, type[Body]] = {
    "rating.asked": RatingAsked,
    "rating.given": RatingGiven,
    "rating.unanswered": RatingUnanswered,
    "rating.excluded": RatingExcluded,
    "rating.blank": RatingBlank,
}
_diagnostics: Mapping[str, type[Body]] = {"device.part_proved": PartProved}

EVENTS: Mapping[str, EventKind] = {
    name: EventKind(name, severity, data)
    for severity, kinds in (
        (Severity.ALARM, _alarms),
        (Severity.STATE, _states),
        (Severity.SERVICE, _services),
        (Severity.DIAGNOSTIC, _diagnostics),
    )
    for name, data in kinds.items()
}


def check_event(kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data as the wire carries it. Raises ValueError with a sentence when kind or data are unknown."""
    if kind not in EVENTS:
        raise ValueError(f"no event is called {kind!r}")
    return checked(EVENTS[kind].data, data, f"event {kind}").model_dump(mode="json")
