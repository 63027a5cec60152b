"""Every command as a model, and the program that carries it out. Pure: only shapes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from edge.kinds.shapes import Body, Disposition, Name, OfIncident, Prompt, RatingLevel, SelfTestPart, Velocity, checked


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


def check_command(name: str, body: Mapping[str, Any]) -> Body:
    """Return the body of a command as its model. Raises ValueError with a sentence when it does not fit."""
    if name not in COMMANDS:
        raise ValueError(f"no command is called {name!r}")
    return checked(COMMANDS[name].body, body, f"command {name}")
