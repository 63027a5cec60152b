"""The rating of a service: one service, one rating, and never one that nobody gave.

Pure: no clock, no disk, no ids. A visit is one service at this window: it is asked on the screen, and goes on on the
citizen's phone when its code was scanned and the window moves on. Every press ends as exactly one event: as the rating
of its service, or as an exclusion that says why.
"""

from dataclasses import replace
from typing import Any, assert_never

from rating_terminal.visit import (
    Cancelled,
    Cause,
    Choice,
    Effect,
    End,
    Hold,
    Input,
    Last,
    Opened,
    Outcome,
    Policy,
    Pressed,
    ReasonChosen,
    Record,
    Refuse,
    Restored,
    Saved,
    Say,
    Scanned,
    Service,
    Source,
    StaffMode,
    StartTimer,
    State,
    StopTimers,
    Terminal,
    Thank,
    Timer,
    TimerFired,
    Visit,
)

Step = tuple[Terminal, list[Effect]]


def step(now: Terminal, given: Input, policy: Policy) -> Step:
    """One input in; the next state and its effects out, in the order they must happen."""
    match given:
        case Opened(service):
            return _opened(now, service, policy)
        case Pressed():
            return _pressed(now, given, policy)
        case Scanned(session, until):
            return _scanned(now, session, until)
        case ReasonChosen():
            return _reason(now, given, policy)
        case Cancelled():
            return _cancelled(now, given)
        case Saved():
            return _saved(now, given, policy)
        case TimerFired():
            return _fired(now, given, policy)
        case StaffMode(on, _):
            return _staff(now, on, policy)
        case Restored():
            return _restored(now, given, policy)
        case _:
            assert_never(given)


def _opened(now: Terminal, service: Service, policy: Policy) -> Step:
    if any(visit.service.service == service.service for visit in now.visits):
        return now, [Refuse(f"service {service.service} is already open")]
    after, effects = _leave(now, service.opened, "the next service was opened")
    service = replace(service, test=now.staff)
    if not service.test:
        effects.append(Record("rating.asked", _of(service) | {"subject": service.subject}))
    effects += [StartTimer(Timer.ANSWER, service.session, policy.answer_seconds), Say("please_rate")]
    return replace(after, front=Visit(service)), effects


def _leave(now: Terminal, at: float, why: str) -> Step:
    """The screen moves on: what was pressed counts, what was scanned goes on on the phone, silence stays silence."""
    visit = now.front
    if visit is None:
        return now, []
    if visit.choice is None and visit.scanned_until is not None and visit.scanned_until > at:
        session, left = visit.service.session, visit.scanned_until - at
        parked = replace(now, front=None, phones=(*now.phones, visit))
        return parked, [StopTimers(session), StartTimer(Timer.PHONE, session, left)]
    return _over(now, visit, at, why)


def _over(now: Terminal, visit: Visit, at: float, why: str) -> Step:
    """A visit ends: with its rating if there was a press, else unanswered."""
    session = visit.service.session
    after, effects = _without(now, session), [StopTimers(session)]
    if visit.counted:
        return after, [*effects]
    if visit.choice is not None:
        return _noted(after, visit, Outcome.GIVEN, at), [*effects, *_count(visit)]
    return _noted(after, visit, Outcome.UNANSWERED, at), [*effects, *_unanswered(visit, at, why)]


def _count(visit: Visit) -> list[Effect]:
    """The one event that is the rating of a service."""
    service, choice = visit.service, visit.choice
    if choice is None:
        return []
    if service.test:
        evidence = "the service was opened in the staff's test mode"
        return [_excluded(service, choice, "staff_test", evidence), End(service, Outcome.GIVEN)]
    data = {
        "level": choice.level,
        "reasons": choice.reasons,
        "source": choice.source,
        "seconds": round(max(0.0, choice.at - service.opened), 3),
    }
    return [Record("rating.given", _of(service) | data), End(service, Outcome.GIVEN)]


def _unanswered(visit: Visit, at: float, why: str) -> list[Effect]:
    service = visit.service
    end = End(service, Outcome.UNANSWERED)
    if service.test:
        return [_closed(service, "staff_test", f"the service was opened in the staff's test mode; {why}"), end]
    waited = round(max(0.0, at - service.opened), 3)
    return [Record("rating.unanswered", _of(service) | {"seconds": waited}), end]


def _pressed(now: Terminal, press: Pressed, policy: Policy) -> Step:
    visit = now.front if press.session is None else now.visit(press.session)
    if press.level not in policy.levels:
        return now, [*_outside(now, press, f"this window has no key {press.level}"), Refuse("there is no such key")]
    if visit is None:
        return now, [*_outside(now, press, _why_outside(now, press)), Refuse("no service is open for this press")]
    match visit.state:
        case State.ASKED:
            return _chosen(now, visit, press, policy, [])
        case State.UNSAVED:
            evidence = "the disk did not take it, and the citizen pressed again"
            return _chosen(now, visit, press, policy, _replaced(visit, "duplicate", evidence))
        case State.SAVING | State.REASON | State.THANKED if not visit.settled and press.source != "qr":
            evidence = f"replaced by a later press within the {policy.change_seconds:g} s allowed for a change of mind"
            return _chosen(now, visit, press, policy, _replaced(visit, "changed", evidence))
        case _:
            return now, [_duplicate(visit, press), Refuse("this service has already been rated")]


def _chosen(now: Terminal, visit: Visit, press: Pressed, policy: Policy, before: list[Effect]) -> Step:
    session, number = visit.service.session, visit.hold + 1
    first = visit.choice is None
    changing = policy.change_seconds > 0 and press.source != "qr"
    after = replace(
        visit,
        state=State.SAVING,
        choice=Choice(press.level, press.source, press.at, press.reasons),
        settled=not changing if first else visit.settled,
        hold=number,
    )
    effects = [*before, Hold(session, number), StartTimer(Timer.SAVE, session, policy.save_seconds)]
    if first and changing:
        effects.append(StartTimer(Timer.SETTLE, session, policy.change_seconds))
    return _with(now, after), effects


def _saved(now: Terminal, saved: Saved, policy: Policy) -> Step:
    visit = now.visit(saved.session)
    waits = visit is not None and visit.state in {State.SAVING, State.UNSAVED} and visit.hold == saved.hold
    if visit is None or visit.choice is None or not waits:
        return now, []
    if visit in now.phones:
        after, effects = _over(now, visit, saved.at, "")
        return after, [Thank(saved.session, "qr"), *effects]
    asks = bool(policy.reasons.get(visit.choice.level)) and visit.choice.source != "qr"
    return _ask_reason(now, visit, policy) if asks else _thank(now, visit, saved.at, policy)


def _ask_reason(now: Terminal, visit: Visit, policy: Policy) -> Step:
    session = visit.service.session
    after = _with(now, replace(visit, state=State.REASON))
    return after, [StartTimer(Timer.REASON, session, policy.reason_seconds)]


def _thank(now: Terminal, visit: Visit, at: float, policy: Policy) -> Step:
    session = visit.service.session
    thanked = replace(visit, state=State.THANKED, counted=visit.settled)
    source: Source = visit.choice.source if visit.choice else "screen"
    effects: list[Effect] = [
        Thank(session, source),
        StartTimer(Timer.THANKS, session, policy.thanks_seconds),
        Say("rating_thanks"),
    ]
    after = _with(now, thanked)
    if thanked.counted:
        return _noted(after, visit, Outcome.GIVEN, at), [*effects, *_count(visit)]
    return after, effects


def _scanned(now: Terminal, session: str, until: float) -> Step:
    visit = now.visit(session)
    if visit is None:
        return now, [Refuse("this service is not open")]
    return _with(now, replace(visit, scanned_until=until)), []


def _reason(now: Terminal, chosen: ReasonChosen, policy: Policy) -> Step:
    visit = now.visit(chosen.session)
    if visit is None or visit.choice is None or visit.state is not State.REASON:
        return now, [Refuse("no reason is asked for now")]
    if chosen.reason is not None and chosen.reason not in policy.reasons.get(visit.choice.level, ()):
        return now, [Refuse("there is no such reason")]
    reasons = (chosen.reason,) if chosen.reason else ()
    return _thank(now, replace(visit, choice=replace(visit.choice, reasons=reasons)), chosen.at, policy)


def _cancelled(now: Terminal, given: Cancelled) -> Step:
    visit = now.visit(given.session)
    if visit is None:
        return now, [Refuse("this service is not open")]
    if visit.choice is not None:
        return now, [Refuse("this service has already been rated")]
    after = _noted(_without(now, given.session), visit, Outcome.CANCELLED, given.at)
    waited = max(0.0, given.at - visit.service.opened)
    why = _closed(visit.service, "cancelled", f"the counter cancelled the service {waited:.1f} s after it was opened")
    return after, [StopTimers(given.session), why, End(visit.service, Outcome.CANCELLED)]


def _fired(now: Terminal, fired: TimerFired, policy: Policy) -> Step:
    if fired.timer is Timer.STAFF:
        return replace(now, staff=False), []
    visit = now.visit(fired.session)
    if visit is None:
        return now, []
    match fired.timer, visit.state:
        case Timer.ANSWER, State.ASKED if visit is now.front:
            return _leave(now, fired.at, "nobody pressed in time")
        case ((Timer.ANSWER | Timer.PHONE), (State.ASKED | State.UNSAVED)):
            # The disk still fails: the press is real all the same, and goes out as soon as anything takes it.
            return _over(now, visit, fired.at, "nobody pressed in time")
        case Timer.SAVE, State.SAVING:
            anew = StartTimer(Timer.ANSWER, fired.session, policy.answer_seconds)
            return _with(now, replace(visit, state=State.UNSAVED)), [anew]
        case Timer.REASON, State.REASON:
            return _thank(now, visit, fired.at, policy)
        case Timer.THANKS, State.THANKED:
            return _over(now, visit, fired.at, "")
        case Timer.SETTLE, _:
            return _settle(now, replace(visit, settled=True), fired.at)
        case _:
            return now, []


def _settle(now: Terminal, visit: Visit, at: float) -> Step:
    if visit.state is not State.THANKED or visit.counted:
        return _with(now, visit), []
    return _noted(_with(now, replace(visit, counted=True)), visit, Outcome.GIVEN, at), _count(visit)


def _staff(now: Terminal, on: bool, policy: Policy) -> Step:
    if on and any(not visit.counted for visit in now.visits):
        return now, [Refuse("a citizen's service is open; end it before testing")]
    effects: list[Effect] = [StopTimers("")]
    if on:
        effects.append(StartTimer(Timer.STAFF, "", policy.staff_seconds))
    return replace(now, staff=on), effects


def _restored(now: Terminal, given: Restored, policy: Policy) -> Step:
    """Go on where the last life stopped. What is remembered came from the disk: a choice in it is saved."""
    after, effects = replace(now, staff=False), list[Effect]()
    for visit in now.visits:
        after, more = _resumed(after, visit, given, policy)
        effects += more
    # The times of another boot say nothing beside those of this one.
    return after if given.same_boot else replace(after, last=None), effects


def _resumed(now: Terminal, visit: Visit, given: Restored, policy: Policy) -> Step:
    session, opened = visit.service.session, visit.service.opened
    if visit.choice is not None or not given.same_boot:
        at = given.at if given.same_boot else opened
        return _over(now, visit, at, "the terminal had no power")
    if visit in now.phones:
        return now, [StartTimer(Timer.PHONE, session, max(0.0, (visit.scanned_until or 0.0) - given.at))]
    return now, [StartTimer(Timer.ANSWER, session, max(0.0, opened + policy.answer_seconds - given.at))]


# Small things -------------------------------------------------------------------------------------


def _with(now: Terminal, visit: Visit) -> Terminal:
    session = visit.service.session
    if now.front and now.front.service.session == session:
        return replace(now, front=visit)
    return replace(now, phones=tuple(visit if one.service.session == session else one for one in now.phones))


def _without(now: Terminal, session: str) -> Terminal:
    front = None if now.front and now.front.service.session == session else now.front
    return replace(now, front=front, phones=tuple(one for one in now.phones if one.service.session != session))


def _noted(now: Terminal, visit: Visit, outcome: Outcome, at: float) -> Terminal:
    return replace(now, last=Last(visit.service.service, visit.service.clerk, outcome, at))


def _of(service: Service) -> dict[str, Any]:
    return {"window": service.window, "service": service.service, "clerk": service.clerk}


def _excluded(service: Service, choice: Choice | Pressed, cause: Cause, evidence: str) -> Record:
    data = {"level": choice.level, "source": choice.source, "cause": cause, "evidence": evidence}
    return Record("rating.excluded", _of(service) | data)


def _closed(service: Service, cause: Cause, evidence: str) -> Record:
    """A service that ends without a press and is no answer either."""
    return Record("rating.excluded", _of(service) | {"cause": cause, "evidence": evidence[:400]})


def _replaced(visit: Visit, cause: Cause, evidence: str) -> list[Effect]:
    choice = visit.choice
    if choice is None:
        return []
    if visit.service.test:
        return [_excluded(visit.service, choice, "staff_test", "pressed again in the staff's test mode")]
    return [_excluded(visit.service, choice, cause, evidence)]


def _duplicate(visit: Visit, press: Pressed) -> Record:
    if visit.service.test:
        return _excluded(visit.service, press, "staff_test", "pressed again in the staff's test mode")
    before = press.at - visit.choice.at if visit.choice else 0.0
    evidence = f"the service had its rating {max(0.0, before):.1f} s before this press"
    return _excluded(visit.service, press, "duplicate", evidence)


def _outside(now: Terminal, press: Pressed, evidence: str) -> list[Effect]:
    last = now.last
    cause: Cause = "outside_service"
    if now.staff:
        cause, evidence = "staff_test", f"pressed in the staff's test mode; {evidence}"
    data = {
        "window": now.window,
        "service": last.service if last else "",
        "clerk": last.clerk if last else "",
        "level": press.level if 1 <= press.level <= 5 else None,
        "source": press.source,
        "cause": cause,
        "evidence": evidence,
    }
    return [Record("rating.excluded", data)]


def _why_outside(now: Terminal, press: Pressed) -> str:
    if press.session is not None:
        return "the page showed a service that was over"
    if now.last is None:
        return "no service was open, and none has been since the start"
    ended = f"the last one ended {max(0.0, press.at - now.last.at):.1f} s before as {now.last.outcome}"
    return f"no service was open; {ended}"
