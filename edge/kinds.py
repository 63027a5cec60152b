"""Every event and command as a model: the source of the AsyncAPI file, and the gate at both ends of the wire.

Pure: only shapes. Kinds are in the past tense; the outer contract, section 4, lists them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.event import Severity

IncidentId = Annotated[str, Field(min_length=1, max_length=64, description="ULID of the incident")]
Name = Annotated[str, Field(min_length=1, max_length=80)]
Reason = Annotated[str, Field(min_length=1, max_length=400, description="one plain sentence")]
Velocity = Annotated[float, Field(ge=-1, le=1, description="share of full speed")]
Level = Literal["assist", "panic", "silent"]
Mode = Literal["live", "drill", "test"]
Disposition = Literal["real", "assistance", "accidental", "malicious", "technical", "drill", "test"]
Prompt = Literal[
    "called",
    "received",
    "answered",
    "on_the_way",
    "arrived",
    "closed",
    "drill",
    "test",
    "out_of_service",
    "please_rate",
    "rating_thanks",
]

SelfTestPart = Literal["sound"]


class Body(BaseModel):
    """The data of an event, or the body of a command: nothing unknown passes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OfIncident(Body):
    """Belongs to one incident."""

    incident: IncidentId


# Events -------------------------------------------------------------------------------------------


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


class ByOperator(OfIncident):
    """An operator's step."""

    operator: Name


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


Window = Annotated[str, Field(min_length=1, max_length=80, description="window, as the counter names it")]
Service = Annotated[
    str, Field(min_length=1, max_length=80, description="case or ticket session, as the counter names it")
]
Clerk = Annotated[
    str, Field(max_length=80, description="clerk, as the counter names him; never checked against a roster")
]
RatingLevel = Annotated[int, Field(ge=1, le=5, description="5 very satisfied … 1 very dissatisfied")]
Source = Literal["screen", "keypad", "qr"]


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


# Commands -----------------------------------------------------------------------------------------


class Acknowledge(OfIncident):
    """Somebody in the centre has seen it."""


class Silence(OfIncident):
    """Switch the siren off; the light stays."""


class Dispatch(OfIncident):
    """A team is on its way."""

    team: str = Field(default="", max_length=80)
    eta_minutes: int | None = Field(default=None, ge=0, le=600)


class Arrive(OfIncident):
    """The team is at the post."""


class Close(OfIncident):
    """The end of the incident; only now the latch opens."""

    disposition: Disposition
    note: str = Field(default="", max_length=2000)


class CallOffer(OfIncident):
    """The operator's SDP offer; the reply carries the answer."""

    sdp: str = Field(min_length=1, max_length=60_000)
    speak: bool = Field(
        default=False, description="in a silent incident: the operator has confirmed that he will be heard"
    )


class CallAnswer(OfIncident):
    """The operator's answer to the post's own offer."""

    offer: Name
    sdp: str = Field(min_length=1, max_length=60_000)
    speak: bool = False


class IceServer(Body):
    """One STUN or TURN server."""

    urls: str | tuple[str, ...]
    username: str = ""
    credential: str = ""


class CallIce(OfIncident):
    """TURN credentials for the next offers."""

    servers: tuple[IceServer, ...] = Field(max_length=8)


class CallEnd(OfIncident):
    """Hang up; the incident goes on."""


class PtzMove(OfIncident):
    """Move the dome; it stops by itself 2 s after the last move."""

    pan: Velocity = 0
    tilt: Velocity = 0
    zoom: Velocity = 0


class PtzStop(OfIncident):
    """Stop the dome."""


class PtzPreset(OfIncident):
    """Swing to a preset."""

    preset: Name


class PtzTour(OfIncident):
    """Scan the surroundings, or stop doing so."""

    on: bool = True


class AnnouncementPlay(OfIncident):
    """Play a stored announcement at the post."""

    prompt: Prompt


class Upload(Body):
    """Where a clip goes, and the one-time right to put it there."""

    url: str = Field(max_length=500)
    token: str = Field(min_length=8, max_length=500)


class ClipRequest(OfIncident):
    """Send the clip of an incident."""

    upload: Upload


class SelfTestRun(Body):
    """Test parts of the post and answer with a result for each; refused while an incident is open."""

    part: SelfTestPart | None = Field(default=None, description="only this part; nothing: all that can be tested")


class RatingSubmit(Body):
    """A rating from the citizen's own phone; without a level it only asks whether the code is still good."""

    code: str = Field(min_length=16, max_length=400, description="the signed code of the QR")
    level: RatingLevel | None = None
    reasons: tuple[Name, ...] = Field(default=(), max_length=8)


class RosterEntry(Body):
    """A clerk as the screen shows him."""

    clerk: str = Field(min_length=1, max_length=80)
    number: str = Field(default="", max_length=40)
    name: str = Field(default="", max_length=200)
    photo: str = Field(default="", max_length=200_000, description="JPEG or PNG, base64")


class RosterSet(Body):
    """The clerks of a window's terminal; replaces what it had."""

    entries: tuple[RosterEntry, ...] = Field(max_length=200)


class NoticePublish(Body):
    """A notice for the idle screen; the same id replaces it."""

    notice: Name
    title_zh: str = Field(min_length=1, max_length=200)
    title_en: str = Field(default="", max_length=200)
    text_zh: str = Field(default="", max_length=4000)
    text_en: str = Field(default="", max_length=4000)
    picture: str = Field(default="", max_length=400_000, description="JPEG or PNG, base64")
    until: str = Field(default="", max_length=40, description="RFC 3339; nothing: until withdrawn")


class NoticeWithdraw(Body):
    """Take a notice away."""

    notice: Name


class StateRefresh(Body):
    """Send the birth again."""


class DeviceRestart(Body):
    """Restart the programs of the device, panic last; refused while an incident is open."""


@dataclass(frozen=True, slots=True)
class CommandKind:
    """One command, and the program that carries it out."""

    name: str
    body: type[Body]
    program: str

    @property
    def bound_to_incident(self) -> bool:
        """Whether it names the incident that it is for."""
        return issubclass(self.body, OfIncident)

    @property
    def says(self) -> str:
        """What it does, in one sentence."""
        return (self.body.__doc__ or "").splitlines()[0]


_commands: Mapping[str, Mapping[str, type[Body]]] = {
    "panic": {
        "incident.acknowledge": Acknowledge,
        "incident.silence": Silence,
        "incident.dispatch": Dispatch,
        "incident.arrive": Arrive,
        "incident.close": Close,
    },
    "media": {
        "call.offer": CallOffer,
        "call.answer": CallAnswer,
        "call.ice": CallIce,
        "call.end": CallEnd,
        "ptz.move": PtzMove,
        "ptz.stop": PtzStop,
        "ptz.preset": PtzPreset,
        "ptz.tour": PtzTour,
        "announcement.play": AnnouncementPlay,
        "clip.request": ClipRequest,
        "self_test.run": SelfTestRun,
    },
    "rating_terminal": {
        "rating.submit": RatingSubmit,
        "roster.set": RosterSet,
        "notice.publish": NoticePublish,
        "notice.withdraw": NoticeWithdraw,
    },
    "forwarder": {"state.refresh": StateRefresh, "device.restart": DeviceRestart},
}
COMMANDS: Mapping[str, CommandKind] = {
    name: CommandKind(name, body, program) for program, kinds in _commands.items() for name, body in kinds.items()
}


def check_event(kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data as the wire carries it. Raises ValueError with a sentence when kind or data are unknown."""
    if kind not in EVENTS:
        raise ValueError(f"no event is called {kind!r}")
    checked = _checked(EVENTS[kind].data, data, f"event {kind}")
    return checked.model_dump(mode="json")


def check_command(name: str, body: Mapping[str, Any]) -> Body:
    """Return the body of a command as its model. Raises ValueError with a sentence when it does not fit."""
    if name not in COMMANDS:
        raise ValueError(f"no command is called {name!r}")
    return _checked(COMMANDS[name].body, body, f"command {name}")


def _checked(model: type[Body], data: Mapping[str, Any], what: str) -> Body:
    try:
        return model.model_validate(data)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "its body"
        raise ValueError(f"{what}: {where}: {first['msg']}") from problem
