"""The incident: what happens from the press at the gate until the centre closes it. Everything about it is here.

Pure: no clock, no ids, no pins. One input in, the next incident and its effects out. What light, siren and lamps show
follows from the incident alone (`signals`), so that a restart at any moment shows the same again. The behaviour is the
outer contract's, section 5; docs/incident.md is drawn from this file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from typing import Any, Literal, assert_never

Disposition = Literal["real", "assistance", "accidental", "malicious", "technical", "drill", "test"]


class State(StrEnum):
    """How far help has come."""

    IDLE = "idle"
    CALLED = "called"
    RECEIVED = "received"
    ANSWERED = "answered"
    ON_THE_WAY = "on_the_way"
    ARRIVED = "arrived"


progress = tuple(State)


class Level(IntEnum):
    """What was pressed for; a higher one replaces a lower one, never the other way round."""

    ASSIST = 0
    SILENT = 1
    PANIC = 2


class Mode(StrEnum):
    """Whether it is meant."""

    LIVE = "live"
    DRILL = "drill"
    TEST = "test"


class Siren(StrEnum):
    """Whether the siren is wanted, and if not, why not."""

    OFF = "off"
    SOUNDING = "sounding"
    SILENCED = "silenced"
    EXPIRED = "expired"


class Timer(StrEnum):
    """What is waited for."""

    NEXT_PATH = "next_path"
    SECOND_CENTRE = "second_centre"
    ESCALATION_LIST = "escalation_list"
    SIREN_LIMIT = "siren_limit"
    CALL_LEASE = "call_lease"


@dataclass(frozen=True, slots=True)
class Policy:
    """What the owner of the post decides; times in seconds. Defaults are the outer contract's, section 5."""

    siren_limit_seconds: float = 180
    next_path_seconds: float = 5
    second_centre_seconds: float = 10
    escalation_list_seconds: float = 20
    call_lease_seconds: float = 2
    siren_in_drill: bool = True
    siren_in_test: bool = False

    def seconds(self, timer: Timer) -> float:
        """How long a timer runs."""
        return float(getattr(self, f"{timer.value}_seconds"))

    def siren(self, level: Level, mode: Mode) -> Siren:
        """Whether an incident begins with the siren."""
        wanted = {Mode.LIVE: True, Mode.DRILL: self.siren_in_drill, Mode.TEST: self.siren_in_test}[mode]
        return Siren.SOUNDING if level is Level.PANIC and wanted else Siren.OFF


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident, or none: state idle."""

    state: State = State.IDLE
    id: str = ""
    level: Level = Level.ASSIST
    mode: Mode = Mode.LIVE
    trigger: str = ""
    presses: int = 0
    siren: Siren = Siren.OFF
    received: bool = False
    caller: str = ""
    speaking: bool = False
    timers: frozenset[Timer] = field(default_factory=frozenset)

    @property
    def open(self) -> bool:
        """Whether there is an incident."""
        return self.state is not State.IDLE


idle = Incident()


# What can happen ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key was pressed long enough to count. `new_id` names the incident if this press begins one."""

    new_id: str
    level: Level = Level.PANIC
    trigger: str = "button"


@dataclass(frozen=True, slots=True)
class Begun:
    """A drill or a test was begun on the device."""

    new_id: str
    level: Level
    mode: Mode
    trigger: str


@dataclass(frozen=True, slots=True)
class Received:
    """A centre has stored the alarm; 0 is the first centre."""

    incident: str
    centre: int


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """An operator has seen it."""

    incident: str
    operator: str


@dataclass(frozen=True, slots=True)
class Silenced:
    """An operator wants the siren off."""

    incident: str
    by: str


@dataclass(frozen=True, slots=True)
class Dispatched:
    """A team is on its way."""

    incident: str
    operator: str
    team: str = ""
    eta_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Arrived:
    """The team is at the post."""

    incident: str
    operator: str
    how: str = "operator"


@dataclass(frozen=True, slots=True)
class Closed:
    """The end, said by the centre or by the key switch."""

    incident: str
    by: str
    disposition: Disposition
    note: str = ""


@dataclass(frozen=True, slots=True)
class CallRenewed:
    """Media: a call is up, for the length of the lease."""

    incident: str
    operator: str
    speaking: bool


@dataclass(frozen=True, slots=True)
class CallOver:
    """Media: the call has ended in good order."""

    incident: str
    reason: str


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A timer that was started has run out."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class Restored:
    """The program has started again and found this incident."""


OfIncident = Received | Acknowledged | Silenced | Dispatched | Arrived | Closed | CallRenewed | CallOver
Input = Pressed | Begun | OfIncident | TimerFired | Restored


# What has to be done about it ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Signals:
    """What the post shows."""

    light: bool = False
    siren: bool = False
    ducked: bool = False
    called: Literal["off", "on", "flash"] = "off"
    answered: Literal["off", "on", "flash"] = "off"
    watched: Literal["off", "on", "flash"] = "off"


@dataclass(frozen=True, slots=True)
class Show:
    """Set light, siren and lamps."""

    signals: Signals


@dataclass(frozen=True, slots=True)
class Record:
    """An event for the outbox."""

    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StartTimer:
    """Begin, or begin anew."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class ResumeTimer:
    """Go on with what was left of it before the restart."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class StopTimer:
    """Not needed any more."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class TellMedia:
    """Camera, clip and call follow the incident."""

    cause: Literal["raised", "changed", "kept", "closed"]


@dataclass(frozen=True, slots=True)
class Say:
    """A voice prompt."""

    prompt: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """Nothing was done, for this reason."""

    reason: str


Effect = Show | Record | StartTimer | ResumeTimer | StopTimer | TellMedia | Say | Refuse
Outcome = tuple[Incident, list[Effect]]


def signals(incident: Incident) -> Signals:
    """What the post shows of an incident. Silent shows nothing at all; assist neither light nor siren."""
    if not incident.open or incident.level is Level.SILENT:
        return Signals()
    return Signals(
        light=incident.level is Level.PANIC,
        siren=incident.siren is Siren.SOUNDING and not incident.speaking,
        ducked=incident.siren is Siren.SOUNDING and incident.speaking,
        called={State.CALLED: "on", State.RECEIVED: "flash"}.get(incident.state, "off"),  # type: ignore[arg-type]
        answered="on" if at_least(incident.state, State.ANSWERED) else "off",
        watched="on" if incident.caller else "off",
    )


def at_least(state: State, other: State) -> bool:
    """Whether help has come as far as `other`."""
    return progress.index(state) >= progress.index(other)


def step(now: Incident, given: Input, policy: Policy) -> Outcome:
    """One input in; the next incident and its effects out, in the order they must happen: people, truth, help."""
    after, effects = _decide(now, given, policy)
    effects = _quiet(after if after.open else now, effects)
    after, effects = _with_timers(after, effects)
    if isinstance(given, Restored) or signals(after) != signals(now):
        # Light and siren first: they may not wait for the disk, and the disk may be dead.
        effects = [Show(signals(after)), *effects]
    return after, effects


def _decide(now: Incident, given: Input, policy: Policy) -> Outcome:
    match given:
        case Pressed():
            return _pressed(now, given, policy)
        case Begun():
            return _begun(now, given, policy)
        case TimerFired(timer):
            return _fired(now, timer, policy)
        case Restored():
            resumed: list[Effect] = [ResumeTimer(timer) for timer in sorted(now.timers)]
            return now, [*resumed, TellMedia("kept")] if now.open else []
        case _:
            if not now.open or given.incident != now.id:
                return now, [Refuse(_not_open(now, given.incident))]
            return _go_on(now, given)


def _not_open(now: Incident, asked: str) -> str:
    what_is = f"open is {now.id}" if now.open else "none is open"
    return f"incident {asked} is not open at this post; {what_is}"


def _pressed(now: Incident, press: Pressed, policy: Policy) -> Outcome:
    if not now.open:
        return _raise(press.new_id, press.level, Mode.LIVE, press.trigger, policy)
    again = replace(now, presses=now.presses + 1)
    # On a silent post the button means a silent panic: that, too, is no drill any more.
    if press.level > now.level or (press.level is not Level.ASSIST and now.mode is not Mode.LIVE):
        return _raise_level(again, max(press.level, now.level), policy)
    effects: list[Effect] = []
    if press.level is Level.PANIC and now.siren is Siren.EXPIRED:
        # Nobody has answered, and somebody still needs help.
        again, effects = replace(again, siren=Siren.SOUNDING), [StartTimer(Timer.SIREN_LIMIT)]
    data = {"incident": now.id, "presses": again.presses, "trigger": press.trigger}
    return again, [Record("incident.pressed_again", data), *effects]


def _begun(now: Incident, given: Begun, policy: Policy) -> Outcome:
    if now.open:
        return now, [Refuse(f"incident {now.id} is open; a {given.mode.value} begins only when none is")]
    return _raise(given.new_id, given.level, given.mode, given.trigger, policy)


def _raise(new_id: str, level: Level, mode: Mode, trigger: str, policy: Policy) -> Outcome:
    incident = Incident(State.CALLED, new_id, level, mode, trigger, presses=1, siren=policy.siren(level, mode))
    data = {"incident": new_id, "level": level.name.lower(), "mode": mode.value, "trigger": trigger}
    return incident, [
        Record("incident.raised", data),
        *_waiting_for_help(incident),
        TellMedia("raised"),
        *([Say(mode.value)] if mode is not Mode.LIVE else []),
        Say("called"),
    ]


def _raise_level(now: Incident, level: Level, policy: Policy) -> Outcome:
    """Turn a lower incident, a drill or a test into a real one: everybody is called anew."""
    after = replace(
        now,
        state=State.ANSWERED if now.caller else State.CALLED,
        level=level,
        mode=Mode.LIVE,
        siren=policy.siren(level, Mode.LIVE),
        received=False,
    )
    data = {
        "incident": now.id,
        "level": level.name.lower(),
        "mode": Mode.LIVE.value,
        "was_level": now.level.name.lower(),
        "was_mode": now.mode.value,
        "presses": now.presses,
    }
    waiting = _waiting_for_help(after) if after.state is State.CALLED else _siren_limit(after)
    return after, [Record("incident.level_raised", data), *waiting, TellMedia("raised"), Say("called")]


def _waiting_for_help(incident: Incident) -> list[Effect]:
    timers = [Timer.NEXT_PATH, Timer.SECOND_CENTRE]
    if incident.mode is not Mode.TEST:  # a test proves the way, it does not ring people up
        timers.append(Timer.ESCALATION_LIST)
    return [*[StartTimer(timer) for timer in timers], *_siren_limit(incident)]


def _siren_limit(incident: Incident) -> list[Effect]:
    return [StartTimer(Timer.SIREN_LIMIT)] if incident.siren is Siren.SOUNDING else []


def _go_on(now: Incident, given: OfIncident) -> Outcome:
    match given:
        case Received(_, centre):
            return _received(now, centre)
        case Acknowledged(_, operator):
            effects: list[Effect] = [Record("incident.acknowledged", {"incident": now.id, "operator": operator})]
            return _answered(now, effects)
        case Silenced(_, by):
            return _silenced(now, by)
        case Dispatched():
            return _dispatched(now, given)
        case Arrived():
            return _arrived(now, given)
        case Closed():
            return _closed(now, given)
        case CallRenewed():
            return _call_renewed(now, given)
        case CallOver(_, reason):
            return _call_over(now, reason)
        case _:
            assert_never(given)


def _received(now: Incident, centre: int) -> Outcome:
    if now.received:
        return now, []
    record = Record("incident.received", {"incident": now.id, "centre": centre})
    if now.state is not State.CALLED:
        return replace(now, received=True), [record]  # the operator was quicker than the acknowledgement
    return replace(now, state=State.RECEIVED, received=True), [
        record,
        StopTimer(Timer.NEXT_PATH),
        StopTimer(Timer.SECOND_CENTRE),
        TellMedia("changed"),
        Say("received"),
    ]


def _answered(now: Incident, effects: list[Effect]) -> Outcome:
    """Somebody is there: no path and nobody else is tried any more."""
    if at_least(now.state, State.ANSWERED):
        return now, effects
    stop: list[Effect] = [StopTimer(Timer.NEXT_PATH), StopTimer(Timer.SECOND_CENTRE), StopTimer(Timer.ESCALATION_LIST)]
    return replace(now, state=State.ANSWERED), [*effects, *stop, TellMedia("changed"), Say("answered")]


def _silenced(now: Incident, by: str) -> Outcome:
    if now.siren is not Siren.SOUNDING:
        return now, [Refuse("the siren is not sounding")]
    return replace(now, siren=Siren.SILENCED), [
        Record("incident.siren_silenced", {"incident": now.id, "by": by}),
        StopTimer(Timer.SIREN_LIMIT),
    ]


def _dispatched(now: Incident, given: Dispatched) -> Outcome:
    data = {
        "incident": now.id,
        "operator": given.operator,
        "team": given.team,
        "eta_minutes": given.eta_minutes,
    }
    return _further(now, State.ON_THE_WAY, Record("incident.team_dispatched", data))


def _arrived(now: Incident, given: Arrived) -> Outcome:
    if now.state is State.ARRIVED:
        return now, [Refuse("the team has already arrived")]
    data = {"incident": now.id, "operator": given.operator, "how": given.how}
    return _further(now, State.ARRIVED, Record("incident.team_arrived", data))


def _further(now: Incident, state: State, record: Record) -> Outcome:
    """Help comes nearer, and says so; whoever sends it has answered."""
    if at_least(now.state, state):
        return now, [record]
    stop: list[Effect] = [StopTimer(Timer.NEXT_PATH), StopTimer(Timer.SECOND_CENTRE), StopTimer(Timer.ESCALATION_LIST)]
    return replace(now, state=state), [record, *stop, TellMedia("changed"), Say(state.value)]


def _closed(now: Incident, given: Closed) -> Outcome:
    data = {
        "incident": now.id,
        "disposition": given.disposition,
        "by": given.by,
        "note": given.note,
        "presses": now.presses,
    }
    ended: list[Effect] = []
    if now.caller:
        over = {"incident": now.id, "operator": now.caller, "reason": "the incident was closed"}
        ended = [Record("incident.call_ended", over)]
    return idle, [*ended, Record("incident.closed", data), *_stop_all(now), TellMedia("closed"), Say("closed")]


def _stop_all(now: Incident) -> list[Effect]:
    return [StopTimer(timer) for timer in sorted(now.timers)]


def _call_renewed(now: Incident, given: CallRenewed) -> Outcome:
    effects: list[Effect] = [StartTimer(Timer.CALL_LEASE)]
    if now.caller != given.operator:
        effects = [*_call_change(now, given.operator), *effects]
    return _answered(replace(now, caller=given.operator, speaking=given.speaking), effects)


def _call_change(now: Incident, operator: str) -> list[Effect]:
    started = Record("incident.call_started", {"incident": now.id, "operator": operator})
    if not now.caller:
        return [started]
    over = {"incident": now.id, "operator": now.caller, "reason": f"{operator} has taken over"}
    return [Record("incident.call_ended", over), started]


def _call_over(now: Incident, reason: str) -> Outcome:
    if not now.caller:
        return now, [Refuse("no call is up")]
    data = {"incident": now.id, "operator": now.caller, "reason": reason}
    after = replace(now, caller="", speaking=False)
    return after, [Record("incident.call_ended", data), StopTimer(Timer.CALL_LEASE)]


def _fired(now: Incident, timer: Timer, policy: Policy) -> Outcome:
    if timer not in now.timers:
        return now, []  # stopped in the moment in which it ran out
    match timer:
        case Timer.SIREN_LIMIT:
            record = Record("incident.siren_silenced", {"incident": now.id, "by": "time limit"})
            return replace(now, siren=Siren.EXPIRED), [record, StopTimer(timer)]
        case Timer.CALL_LEASE:
            return _call_over(now, "media did not renew the call")
        case Timer.NEXT_PATH | Timer.SECOND_CENTRE | Timer.ESCALATION_LIST:
            data = {"incident": now.id, "step": timer.value, "after_seconds": policy.seconds(timer)}
            return now, [Record("incident.escalated", data), StopTimer(timer)]
        case _:
            assert_never(timer)


def _quiet(incident: Incident, effects: list[Effect]) -> list[Effect]:
    """A silent incident has no voice."""
    if incident.level is not Level.SILENT:
        return effects
    return [effect for effect in effects if not isinstance(effect, Say)]


def _with_timers(after: Incident, effects: list[Effect]) -> Outcome:
    """Keep the set of running timers in step with the effects."""
    running = set(after.timers)
    for effect in effects:
        match effect:
            case StartTimer(timer):
                running.add(timer)
            case StopTimer(timer):
                running.discard(timer)
            case _:
                pass
    return replace(after, timers=frozenset(running) if after.open else frozenset()), effects
