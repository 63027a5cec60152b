"""Who may see, hear and speak at the post: the calls of one incident as a pure machine.

A line is one WebRTC connection. It is *offered* (the post's own offer, nobody has answered), *connecting*, *connected*,
and then gone. The first operator talks, the others watch; everything ends when the incident does.
The shell (`media/desk.py`) owns sockets, clocks and identifiers and carries out the effects in their order.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

NO_INCIDENT = "no incident is open at this post"
OTHER_INCIDENT = "another incident is open at this post"
FULL = "as many operators are watching as this post allows"
NO_OFFER = "this offer of the post is not open any more"
REPLACED = "the same operator called again"
INCIDENT_OVER = "the incident is closed"


class Level(StrEnum):
    """How the incident was raised; a silent one must not be given away by sound."""

    PANIC = "panic"
    ASSIST = "assist"
    SILENT = "silent"


class Mode(StrEnum):
    """Whether the incident is real."""

    LIVE = "live"
    DRILL = "drill"
    TEST = "test"


class Role(StrEnum):
    """What a line is for: one operator talks and listens, others only see."""

    TALK = "talk"
    VIEW = "view"


class Stage(StrEnum):
    """How far a line has come; an ended line is no longer listed."""

    OFFERED = "offered"
    CONNECTING = "connecting"
    CONNECTED = "connected"


@dataclass(frozen=True)
class Incident:
    """The open incident as panic tells it."""

    id: str
    level: Level
    mode: Mode


@dataclass(frozen=True)
class Line:
    """One connection; `speak` is the operator's confirmation that a silent incident may be spoken into."""

    call: str
    operator: str
    role: Role
    stage: Stage
    speak: bool


@dataclass(frozen=True)
class Calls:
    """Every line of the open incident, oldest first; `most` bounds the connected and connecting ones."""

    incident: Incident | None = None
    lines: tuple[Line, ...] = ()
    most: int = 4


@dataclass(frozen=True)
class IncidentIs:
    """Panic says which incident is open (None: none); repeated often, so it must not surprise."""

    incident: Incident | None


@dataclass(frozen=True)
class Offered:
    """The post has made an offer of its own and sent it."""

    call: str


@dataclass(frozen=True)
class Asked:
    """An operator's offer has come in."""

    call: str
    incident: str
    operator: str
    speak: bool


@dataclass(frozen=True)
class Answered:
    """An operator has answered the post's own offer."""

    call: str
    incident: str
    operator: str
    speak: bool = False


@dataclass(frozen=True)
class Connected:
    """The line's media is up."""

    call: str


@dataclass(frozen=True)
class Lost:
    """The line has failed, was closed by the operator's side, or did not connect in time."""

    call: str
    reason: str


@dataclass(frozen=True)
class HungUp:
    """An operator ended their own call, or everybody's when they are the one who talks."""

    incident: str
    operator: str


Input = IncidentIs | Offered | Asked | Answered | Connected | Lost | HungUp


@dataclass(frozen=True)
class Admit:
    """Go on with this line's negotiation."""

    call: str
    role: Role


@dataclass(frozen=True)
class Refuse:
    """Tell the operator why not."""

    call: str
    reason: str


@dataclass(frozen=True)
class End:
    """Close the line's connection."""

    call: str
    reason: str


@dataclass(frozen=True)
class ViewOpened:
    """Somebody sees the post's picture from now on."""

    call: str
    incident: str
    operator: str


@dataclass(frozen=True)
class ViewClosed:
    """They see it no longer."""

    call: str
    incident: str
    operator: str


@dataclass(frozen=True)
class HoldLease:
    """Tell panic each second that this operator talks."""

    call: str
    incident: str
    operator: str


@dataclass(frozen=True)
class DropLease:
    """Tell panic that nobody talks any more, and why."""

    reason: str


@dataclass(frozen=True)
class MakeOffer:
    """Make the post's own offer for this incident and send it to the centre."""

    incident: str


Effect = Admit | Refuse | End | ViewOpened | ViewClosed | HoldLease | DropLease | MakeOffer


def step(now: Calls, given: Input) -> tuple[Calls, list[Effect]]:
    """One input in; the next state and its effects out, in the order they must happen."""
    match given:
        case IncidentIs(incident):
            return _incident(now, incident)
        case Offered(call):
            return _offered(now, call)
        case Asked() | Answered():
            return _asked(now, given)
        case Connected(call):
            return _connected(now, call)
        case Lost(call, reason):
            return _lost(now, call, reason)
        case HungUp(incident_id, operator):
            return _hung_up(now, incident_id, operator)


def heard(now: Calls) -> str | None:
    """Return the line whose operator is played at the post: the connected talker, in a silent incident only when confirmed."""
    line = talker(now)
    if line is None or line.stage is not Stage.CONNECTED or now.incident is None:
        return None
    return line.call if now.incident.level is not Level.SILENT or line.speak else None


def talker(now: Calls) -> Line | None:
    """Return the line that talks or is about to, if there is one."""
    return next((line for line in now.lines if line.role is Role.TALK and line.stage is not Stage.OFFERED), None)


def _incident(now: Calls, incident: Incident | None) -> tuple[Calls, list[Effect]]:
    if now.incident is not None and incident is not None and now.incident.id == incident.id:
        return replace(now, incident=incident), []
    empty, effects = _end(now, now.lines, INCIDENT_OVER, offer_again=False)
    if incident is not None:
        effects.append(MakeOffer(incident.id))
    return replace(empty, incident=incident), effects


def _offered(now: Calls, call: str) -> tuple[Calls, list[Effect]]:
    if now.incident is None:
        return now, [End(call, INCIDENT_OVER)]
    older = tuple(line for line in now.lines if line.stage is Stage.OFFERED)
    kept, effects = _end(now, older, "a newer offer takes its place", offer_again=False)
    line = Line(call, "", Role.TALK, Stage.OFFERED, speak=False)
    return replace(kept, lines=(*kept.lines, line)), effects


def _asked(now: Calls, given: Asked | Answered) -> tuple[Calls, list[Effect]]:
    reason = _refusal(now, given)
    if reason is not None:
        return now, [Refuse(given.call, reason)]
    earlier = tuple(line for line in now.lines if line.operator == given.operator and line.stage is not Stage.OFFERED)
    kept, effects = _end(now, earlier, REPLACED, offer_again=False)
    role = Role.TALK if talker(kept) is None else Role.VIEW
    line = Line(given.call, given.operator, role, Stage.CONNECTING, given.speak)
    others = tuple(other for other in kept.lines if other.call != given.call)
    return replace(kept, lines=(*others, line)), [*effects, Admit(given.call, role)]


def _refusal(now: Calls, given: Asked | Answered) -> str | None:
    if now.incident is None:
        return NO_INCIDENT
    if now.incident.id != given.incident:
        return OTHER_INCIDENT
    open_offers = {line.call for line in now.lines if line.stage is Stage.OFFERED}
    if isinstance(given, Answered) and given.call not in open_offers:
        return NO_OFFER
    others = [line for line in now.lines if line.stage is not Stage.OFFERED and line.operator != given.operator]
    return FULL if len(others) >= now.most else None


def _connected(now: Calls, call: str) -> tuple[Calls, list[Effect]]:
    line = next((line for line in now.lines if line.call == call and line.stage is Stage.CONNECTING), None)
    if line is None or now.incident is None:
        return now, []
    lines = tuple(replace(other, stage=Stage.CONNECTED) if other is line else other for other in now.lines)
    effects: list[Effect] = [ViewOpened(call, now.incident.id, line.operator)]
    if line.role is Role.TALK:
        effects.append(HoldLease(call, now.incident.id, line.operator))
    return replace(now, lines=lines), effects


def _lost(now: Calls, call: str, reason: str) -> tuple[Calls, list[Effect]]:
    return _end(now, tuple(line for line in now.lines if line.call == call), reason, offer_again=True)


def _hung_up(now: Calls, incident: str, operator: str) -> tuple[Calls, list[Effect]]:
    if now.incident is None or now.incident.id != incident:
        return now, []
    theirs = tuple(line for line in now.lines if line.operator == operator and line.stage is not Stage.OFFERED)
    return _end(now, theirs, "the operator ended the call", offer_again=True)


def _end(now: Calls, gone: tuple[Line, ...], reason: str, *, offer_again: bool) -> tuple[Calls, list[Effect]]:
    """Close lines. The lease goes first, so that the siren returns before anything else is tidied."""
    effects: list[Effect] = []
    if any(line.role is Role.TALK and line.stage is Stage.CONNECTED for line in gone):
        effects.append(DropLease(reason))
    for line in gone:
        if line.stage is Stage.CONNECTED and now.incident is not None:
            effects.append(ViewClosed(line.call, now.incident.id, line.operator))
        effects.append(End(line.call, reason))
    left = replace(now, lines=tuple(line for line in now.lines if line not in gone))
    standing = any(line.stage is Stage.OFFERED for line in left.lines)
    if offer_again and gone and now.incident is not None and not standing:
        effects.append(MakeOffer(now.incident.id))
    return left, effects
