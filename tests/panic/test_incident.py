"""The incident as stories: a list of inputs, the state at the end, and what happened on the way."""

from collections.abc import Sequence
from itertools import permutations

import pytest

from edge.panic.incident import (
    Acknowledged,
    Arrived,
    Begun,
    CallOver,
    CallRenewed,
    Closed,
    Dispatched,
    Effect,
    Incident,
    Input,
    Level,
    Mode,
    OfIncident,
    Policy,
    Pressed,
    Received,
    Record,
    Refuse,
    Restored,
    ResumeTimer,
    Say,
    Show,
    Signals,
    Silenced,
    Siren,
    StartTimer,
    State,
    StopTimer,
    TellMedia,
    Timer,
    TimerFired,
    idle,
    signals,
    step,
)

policy = Policy()
alarmed = Signals(light=True, siren=True, called="on")
waiting = frozenset({Timer.NEXT_PATH, Timer.SECOND_CENTRE, Timer.ESCALATION_LIST, Timer.SIREN_LIMIT})
press = Pressed("A")
assist = Pressed("A", Level.ASSIST, "assist")
silent = Pressed("A", Level.SILENT)
drill = Begun("A", Level.PANIC, Mode.DRILL, "technician")
test = Begun("A", Level.PANIC, Mode.TEST, "technician")
received = Received("A", 0)
acknowledged = Acknowledged("A", "Wang")
dispatched = Dispatched("A", "Wang", "team 3", 4)
arrived = Arrived("A", "Wang")
closed = Closed("A", "Wang", "real", "a fall")
called = CallRenewed("A", "Wang", speaking=False)
spoken = CallRenewed("A", "Wang", speaking=True)
silenced = Silenced("A", "Wang")


def after(*inputs: Input, rules: Policy = policy) -> tuple[Incident, list[Effect]]:
    """Return the incident after the inputs, and the effects of the last."""
    incident, effects = idle, list[Effect]()
    for given in inputs:
        incident, effects = step(incident, given, rules)
    return incident, effects


def records(effects: Sequence[Effect]) -> list[str]:
    """Return the kinds recorded."""
    return [effect.kind for effect in effects if isinstance(effect, Record)]


def data(effects: Sequence[Effect], kind: str) -> dict[str, object]:
    """Return what was recorded of a kind."""
    (found,) = [effect for effect in effects if isinstance(effect, Record) and effect.kind == kind]
    return dict(found.data)


def said(effects: Sequence[Effect]) -> list[str]:
    """Return the prompts."""
    return [effect.prompt for effect in effects if isinstance(effect, Say)]


def refusal(effects: Sequence[Effect]) -> str:
    """Return the one reason for which nothing was done."""
    (effect,) = effects
    assert isinstance(effect, Refuse)
    return effect.reason


def test_a_press_first_shows_then_records_then_asks_for_help() -> None:
    """People first, then truth, then help: the whole list, in its order."""
    incident, effects = after(press)
    assert effects == [
        Show(alarmed),
        Record("incident.raised", {"incident": "A", "level": "panic", "mode": "live", "trigger": "button"}),
        StartTimer(Timer.NEXT_PATH),
        StartTimer(Timer.SECOND_CENTRE),
        StartTimer(Timer.ESCALATION_LIST),
        StartTimer(Timer.SIREN_LIMIT),
        TellMedia("raised"),
        Say("called"),
    ]
    assert incident == Incident(
        State.CALLED, "A", Level.PANIC, Mode.LIVE, "button", presses=1, siren=Siren.SOUNDING, timers=waiting
    )


def test_the_latch_stays_until_closed() -> None:
    """Nothing but Closed opens it; then everything is dark, every timer stopped, and the next press begins anew."""
    way: list[Input] = [press, received, called, silenced, dispatched, arrived, CallOver("A", "hung up")]
    for length in range(1, len(way) + 1):
        assert signals(after(*way[:length])[0]).light
    incident, effects = after(*way, closed)
    assert incident == idle
    assert effects[0] == Show(Signals())
    closing = {"incident": "A", "disposition": "real", "by": "Wang", "note": "a fall", "presses": 1}
    assert data(effects, "incident.closed") == closing
    assert said(effects) == ["closed"]
    assert TellMedia("closed") in effects
    assert after(*way, closed, Pressed("B"))[0].id == "B"


def test_closing_stops_every_timer_and_ends_the_call() -> None:
    """A call that is up when the incident closes is recorded as ended, before the closing."""
    incident, effects = after(press, spoken, closed)
    assert incident == idle
    assert records(effects) == ["incident.call_ended", "incident.closed"]
    assert {effect.timer for effect in effects if isinstance(effect, StopTimer)} == {
        Timer.SIREN_LIMIT,
        Timer.CALL_LEASE,
    }


def test_a_key_switch_closes_as_the_centre_does() -> None:
    """The machine does not care who says it, and tells who did."""
    incident, effects = after(press, Closed("A", "key switch", "accidental"))
    assert incident == idle
    assert data(effects, "incident.closed")["by"] == "key switch"


def test_further_presses_are_counted_and_shown_and_never_a_second_incident() -> None:
    """The light, the call and the timers stay as they are."""
    incident, effects = after(press, received, called, Pressed("B"), Pressed("C"))
    assert (incident.id, incident.presses, incident.state, incident.caller) == ("A", 3, State.ANSWERED, "Wang")
    assert effects == [Record("incident.pressed_again", {"incident": "A", "presses": 3, "trigger": "button"})]


def test_a_press_after_the_siren_limit_sounds_it_again() -> None:
    """Nobody has come, and somebody still needs help."""
    incident, effects = after(press, TimerFired(Timer.SIREN_LIMIT), Pressed("B"))
    assert incident.siren is Siren.SOUNDING
    assert effects[0] == Show(alarmed)
    assert effects[-1] == StartTimer(Timer.SIREN_LIMIT)


def test_a_press_does_not_undo_the_operators_silence() -> None:
    """The operator has heard them."""
    incident, effects = after(press, silenced, Pressed("B"))
    assert incident.siren is Siren.SILENCED
    assert records(effects) == ["incident.pressed_again"]


def test_an_assist_press_does_not_lower_or_sound() -> None:
    """In a panic it is counted; after the siren limit it does not wake the siren."""
    incident, _ = after(press, TimerFired(Timer.SIREN_LIMIT), Pressed("B", Level.ASSIST, "assist"))
    assert (incident.level, incident.siren, incident.presses) == (Level.PANIC, Siren.EXPIRED, 2)


def test_assist_has_lamps_and_voice_but_no_light_and_no_siren() -> None:
    """Own key; the siren limit does not run, since nothing sounds."""
    incident, effects = after(assist)
    assert effects[0] == Show(Signals(called="on"))
    assert data(effects, "incident.raised") == {"incident": "A", "level": "assist", "mode": "live", "trigger": "assist"}
    assert said(effects) == ["called"]
    assert Timer.SIREN_LIMIT not in incident.timers
    assert signals(after(assist, acknowledged)[0]) == Signals(answered="on")


def test_silent_shows_and_says_nothing_from_beginning_to_end() -> None:
    """No light, siren, voice, lamp or indicator, whatever happens."""
    way: list[Input] = [silent, received, called, dispatched, arrived, CallOver("A", "hung up"), closed]
    for length in range(1, len(way) + 1):
        incident, effects = after(*way[:length])
        assert signals(incident) == Signals()
        assert not [effect for effect in effects if isinstance(effect, Say | Show)]
    assert records(after(silent)[1]) == ["incident.raised"]
    assert TellMedia("raised") in after(silent)[1]


@pytest.mark.parametrize(
    ("first", "was"),
    [
        (assist, ("assist", "live")),
        (silent, ("silent", "live")),
        (drill, ("panic", "drill")),
        (test, ("panic", "test")),
        (Begun("A", Level.ASSIST, Mode.TEST, "technician"), ("assist", "test")),
    ],
)
def test_a_panic_press_turns_anything_lower_into_panic_live(first: Input, was: tuple[str, str]) -> None:
    """At once, with light and siren, and everybody is called anew; the incident keeps its name."""
    incident, effects = after(first, received, Pressed("B"))
    assert effects[0] == Show(alarmed)
    raised = data(effects, "incident.level_raised")
    assert (raised["incident"], raised["level"], raised["mode"], raised["presses"]) == ("A", "panic", "live", 2)
    assert (raised["was_level"], raised["was_mode"]) == was
    assert (incident.id, incident.state, incident.timers) == ("A", State.CALLED, waiting)
    assert TellMedia("raised") in effects
    assert said(effects) == ["called"]
    assert records(after(first, received, Pressed("B"), received)[1]) == ["incident.received"]


def test_a_level_raised_in_a_call_stays_answered() -> None:
    """The operator is listening already: only the siren's limit is started, nobody is rung up."""
    incident, effects = after(assist, called, Pressed("B"))
    assert (incident.state, incident.caller) == (State.ANSWERED, "Wang")
    assert [effect.timer for effect in effects if isinstance(effect, StartTimer)] == [Timer.SIREN_LIMIT]
    assert signals(incident) == Signals(light=True, siren=True, answered="on", watched="on")


def test_a_silent_press_in_a_drill_is_meant() -> None:
    """On a silent post the button means a silent panic: it turns the drill live, and lowers nothing."""
    quiet = Begun("A", Level.SILENT, Mode.DRILL, "technician")
    assert (after(quiet, silent)[0].level, after(quiet, silent)[0].mode) == (Level.SILENT, Mode.LIVE)
    assert (after(drill, silent)[0].level, after(drill, silent)[0].mode) == (Level.PANIC, Mode.LIVE)


def test_a_silent_press_in_an_assist_incident_goes_dark() -> None:
    """Silent is above assist."""
    incident, effects = after(assist, Pressed("B", Level.SILENT))
    assert incident.level is Level.SILENT
    assert effects[0] == Show(Signals())
    assert said(effects) == []


def test_an_assist_press_in_a_drill_is_counted() -> None:
    """Only a panic press turns it."""
    incident, effects = after(drill, Pressed("B", Level.ASSIST, "assist"))
    assert incident.mode is Mode.DRILL
    assert records(effects) == ["incident.pressed_again"]


@pytest.mark.parametrize(
    ("begun", "prompts", "siren"), [(drill, ["drill", "called"], True), (test, ["test", "called"], False)]
)
def test_drill_and_test_are_said_and_follow_the_policy_of_the_siren(
    begun: Input, prompts: list[str], siren: bool
) -> None:
    """They are marked by voice and in the event; by default a drill sounds and a test does not."""
    incident, effects = after(begun)
    assert said(effects) == prompts
    assert data(effects, "incident.raised")["mode"] == prompts[0]
    assert signals(incident).siren is siren
    assert (Timer.SIREN_LIMIT in incident.timers) is siren


def test_the_policy_decides_about_the_siren() -> None:
    """The other way round from the defaults."""
    other = Policy(siren_in_drill=False, siren_in_test=True)
    assert not signals(after(drill, rules=other)[0]).siren
    assert signals(after(test, rules=other)[0]).siren


def test_a_test_rings_nobody_up() -> None:
    """It proves the way; the escalation list is for people in need, and for drills."""
    assert Timer.ESCALATION_LIST not in after(test)[0].timers
    assert Timer.ESCALATION_LIST in after(drill)[0].timers


@pytest.mark.parametrize("first", [press, drill])
def test_a_drill_does_not_begin_while_an_incident_is_open(first: Input) -> None:
    """It is refused with a reason, and changes nothing."""
    before = after(first)[0]
    incident, effects = after(first, Begun("B", Level.PANIC, Mode.DRILL, "technician"))
    assert incident == before
    assert "A is open" in refusal(effects)


def test_the_siren_limit_ends_the_siren_and_not_the_light() -> None:
    """After it the light stays until closed."""
    incident, effects = after(press, TimerFired(Timer.SIREN_LIMIT))
    assert effects[0] == Show(Signals(light=True, called="on"))
    assert data(effects, "incident.siren_silenced") == {"incident": "A", "by": "time limit"}
    assert incident.timers == waiting - {Timer.SIREN_LIMIT}


def test_an_operator_may_silence_the_siren_once() -> None:
    """The light stays; what is silent already is refused."""
    incident, effects = after(press, silenced)
    assert effects[0] == Show(Signals(light=True, called="on"))
    assert incident.siren is Siren.SILENCED
    assert data(effects, "incident.siren_silenced") == {"incident": "A", "by": "Wang"}
    assert refusal(after(press, silenced, silenced)[1]) == "the siren is not sounding"


def test_the_siren_ducks_while_the_operator_speaks() -> None:
    """It returns when the voice pauses, and when the call ends; the limit goes on running."""
    incident, effects = after(press, spoken)
    assert effects[0] == Show(Signals(light=True, ducked=True, answered="on", watched="on"))
    assert signals(after(press, spoken, called)[0]).siren
    assert signals(after(press, spoken, CallOver("A", "hung up"))[0]).siren
    assert Timer.SIREN_LIMIT in incident.timers


def test_a_silenced_siren_is_not_ducked() -> None:
    """There is nothing to duck."""
    assert not signals(after(press, silenced, spoken)[0]).ducked


def test_the_siren_returns_when_media_dies() -> None:
    """The lease runs out: the call is over, the incident goes on, the lamp still says answered."""
    incident, effects = after(press, spoken, TimerFired(Timer.CALL_LEASE))
    assert effects[0] == Show(Signals(light=True, siren=True, answered="on"))
    ended = {"incident": "A", "operator": "Wang", "reason": "media did not renew the call"}
    assert data(effects, "incident.call_ended") == ended
    assert Timer.CALL_LEASE not in incident.timers


def test_a_call_is_recorded_once_and_its_lease_each_time() -> None:
    """Every renewal starts the lease anew and says nothing new."""
    assert records(after(press, called)[1]) == ["incident.call_started"]
    assert after(press, called, called)[1] == [StartTimer(Timer.CALL_LEASE)]


def test_another_operator_may_take_over() -> None:
    """One call ends, the other begins."""
    incident, effects = after(press, called, CallRenewed("A", "Li", speaking=False))
    assert incident.caller == "Li"
    assert records(effects) == ["incident.call_ended", "incident.call_started"]
    assert data(effects, "incident.call_ended")["reason"] == "Li has taken over"


def test_a_call_that_is_not_up_cannot_end() -> None:
    """Refused, with a reason."""
    assert refusal(after(press, CallOver("A", "hung up"))[1]) == "no call is up"


def test_received_flashes_and_stops_looking_for_another_way() -> None:
    """The escalation list still waits for an operator."""
    incident, effects = after(press, received)
    assert effects[0] == Show(Signals(light=True, siren=True, called="flash"))
    assert data(effects, "incident.received") == {"incident": "A", "centre": 0}
    assert said(effects) == ["received"]
    assert incident.timers == {Timer.ESCALATION_LIST, Timer.SIREN_LIMIT}


def test_received_is_recorded_once() -> None:
    """By whichever centre is first."""
    assert after(press, received, Received("A", 1))[1] == []


def test_received_after_the_operator_is_still_recorded() -> None:
    """The operator was quicker than the acknowledgement: nothing is said or shown any more, but it is a fact."""
    incident, effects = after(press, acknowledged, received)
    assert effects == [Record("incident.received", {"incident": "A", "centre": 0})]
    assert incident.state is State.ANSWERED
    assert after(press, acknowledged, received, received)[1] == []


def test_an_acknowledgement_answers_and_stops_all_escalation() -> None:
    """Lamp answered steady, called off; the siren goes on."""
    incident, effects = after(press, acknowledged)
    assert effects[0] == Show(Signals(light=True, siren=True, answered="on"))
    assert said(effects) == ["answered"]
    assert incident.timers == {Timer.SIREN_LIMIT}
    assert records(effects) == ["incident.acknowledged"]


def test_a_second_acknowledgement_is_a_fact_and_changes_nothing() -> None:
    """Two operators may both say that they have seen it."""
    incident, effects = after(press, acknowledged, Acknowledged("A", "Li"))
    assert incident == after(press, acknowledged)[0]
    assert effects == [Record("incident.acknowledged", {"incident": "A", "operator": "Li"})]


@pytest.mark.parametrize("order", list(permutations([received, acknowledged, dispatched, arrived])))
def test_help_may_come_in_any_order(order: tuple[OfIncident, ...]) -> None:
    """Help never goes back, every step is a fact, and arrived is the end whatever came before."""
    states = [after(press, *order[:length])[0].state for length in range(len(order) + 1)]
    assert states == sorted(states, key=list(State).index)
    assert states[-1] is State.ARRIVED
    kinds = [kind for length in range(1, 5) for kind in records(after(press, *order[:length])[1])]
    assert sorted(kinds) == [
        "incident.acknowledged",
        "incident.received",
        "incident.team_arrived",
        "incident.team_dispatched",
    ]


def test_the_team_is_told_with_its_name_and_time() -> None:
    """And the voice says that it is on its way, and that it is there."""
    incident, effects = after(press, dispatched)
    assert data(effects, "incident.team_dispatched") == {
        "incident": "A",
        "operator": "Wang",
        "team": "team 3",
        "eta_minutes": 4,
    }
    assert (said(effects), incident.state) == (["on_the_way"], State.ON_THE_WAY)
    incident, effects = after(press, dispatched, Arrived("A", "team 3", "nfc"))
    assert data(effects, "incident.team_arrived")["how"] == "nfc"
    assert said(effects) == ["arrived"]
    assert incident.timers == {Timer.SIREN_LIMIT}


def test_a_second_team_is_a_fact_and_a_second_arrival_is_refused() -> None:
    """The first team has arrived; another one may still be sent."""
    assert records(after(press, arrived, dispatched)[1]) == ["incident.team_dispatched"]
    assert after(press, arrived, dispatched)[0].state is State.ARRIVED
    assert refusal(after(press, arrived, arrived)[1]) == "the team has already arrived"


@pytest.mark.parametrize(
    ("timer", "seconds"), [(Timer.NEXT_PATH, 5), (Timer.SECOND_CENTRE, 10), (Timer.ESCALATION_LIST, 20)]
)
def test_nobody_answers_and_the_chain_goes_on(timer: Timer, seconds: float) -> None:
    """Each step of the chain is an alarm of its own; what is shown stays."""
    incident, effects = after(press, TimerFired(timer))
    escalated = {"incident": "A", "step": timer.value, "after_seconds": seconds}
    assert effects == [Record("incident.escalated", escalated), StopTimer(timer)]
    assert incident.timers == waiting - {timer}
    assert policy.seconds(timer) == seconds


@pytest.mark.parametrize("timer", list(Timer))
def test_a_timer_that_was_stopped_in_its_last_moment_does_nothing(timer: Timer) -> None:
    """It may fire once more after its stop, with or without an incident."""
    assert after(TimerFired(timer)) == (idle, [])
    done: list[Input] = [press, acknowledged, silenced]
    assert after(*done, TimerFired(timer)) == (after(*done)[0], [])


@pytest.mark.parametrize(
    "given",
    [
        received,
        acknowledged,
        silenced,
        dispatched,
        arrived,
        closed,
        called,
        CallOver("A", "hung up"),
    ],
)
def test_what_is_for_another_incident_is_refused_with_a_reason(given: OfIncident) -> None:
    """Whether one is open or none."""
    assert refusal(after(given)[1]) == "incident A is not open at this post; none is open"
    incident, effects = after(Pressed("B"), given)
    assert incident == after(Pressed("B"))[0]
    assert refusal(effects) == "incident A is not open at this post; open is B"


def test_a_restart_shows_the_same_and_resumes_the_timers() -> None:
    """Nothing new is raised, and media is told that the incident goes on."""
    before = after(press, received)[0]
    incident, effects = step(before, Restored(), policy)
    assert incident == before
    assert effects == [
        Show(signals(before)),
        ResumeTimer(Timer.ESCALATION_LIST),
        ResumeTimer(Timer.SIREN_LIMIT),
        TellMedia("kept"),
    ]
    assert step(idle, Restored(), policy) == (idle, [Show(Signals())])
