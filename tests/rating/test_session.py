"""The rating machine: lists of inputs against what is recorded and shown."""

from collections.abc import Sequence
from typing import Any

import pytest

from rating_terminal.session import step
from rating_terminal.visit import (
    Cancelled,
    Effect,
    End,
    Hold,
    Input,
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
    StaffMode,
    StartTimer,
    State,
    Terminal,
    Thank,
    Timer,
    TimerFired,
)

first = Policy(reasons={2: ("waiting",), 1: ("waiting",)})
last = Policy(change_seconds=3, reasons={2: ("waiting",), 1: ("waiting",)})


def service(name: str = "s1", opened: float = 0.0) -> Service:
    """A service of clerk c at window 1; its session is its name."""
    return Service(name, name, "1", "c", "hash", opened)


def played(inputs: Sequence[Input], policy: Policy = first) -> tuple[Terminal, list[Effect]]:
    """Play the inputs, and return the end and all effects."""
    terminal, effects = Terminal("1"), list[Effect]()
    for given in inputs:
        terminal, more = step(terminal, given, policy)
        effects += more
    return terminal, effects


def events(effects: Sequence[Effect]) -> list[tuple[str, Any]]:
    """Return what was recorded, each with its level and cause, as far as it has them."""
    records = [effect for effect in effects if isinstance(effect, Record)]
    return [(one.kind.removeprefix("rating."), one.data.get("cause") or one.data.get("level")) for one in records]


def key(level: int, at: float = 5.0) -> Pressed:
    """A press of the keypad."""
    return Pressed(level, "keypad", at)


def test_a_good_rating_is_held_then_thanked_then_counted() -> None:
    """The disk comes before the thanks, and the thanks say nothing of the level."""
    terminal, effects = played([Opened(service()), key(5)])
    assert terminal.front
    assert terminal.front.state is State.SAVING
    assert Hold("s1", 1) in effects
    assert not [effect for effect in effects if isinstance(effect, Thank)]
    terminal, effects = played([Opened(service()), key(5), Saved("s1", 1, 5.1)])
    assert terminal.front
    assert terminal.front.state is State.THANKED
    assert events(effects) == [("asked", None), ("given", 5)]
    thanks = [effect for effect in effects if isinstance(effect, Thank | Say)]
    assert thanks == [Say("please_rate"), Thank("s1", "keypad"), Say("rating_thanks")]
    given = next(one for one in effects if isinstance(one, Record) and one.kind == "rating.given")
    assert given.data["seconds"] == 5.0
    assert End(service(), Outcome.GIVEN) in effects


@pytest.mark.parametrize("level", [1, 2, 3, 4, 5])
def test_every_level_is_thanked_alike(level: int) -> None:
    """Same prompt, same time, same lamp: nobody near can tell."""
    no_reasons = Policy()
    _, effects = played([Opened(service()), key(level), Saved("s1", 1, 5.1)], no_reasons)
    shown = [effect for effect in effects if not isinstance(effect, Record)]
    _, others = played([Opened(service()), key(3), Saved("s1", 1, 5.1)], no_reasons)
    assert shown == [effect for effect in others if not isinstance(effect, Record)]


@pytest.mark.parametrize(
    ("end", "reasons"),
    [
        (ReasonChosen("s1", "waiting", 8), ("waiting",)),
        (ReasonChosen("s1", None, 8), ()),
        (TimerFired(Timer.REASON, "s1", 15), ()),
        (Opened(service("s2", 9)), ()),
        (TimerFired(Timer.THANKS, "s1", 15), None),
    ],
    ids=["tapped", "skipped", "time", "next service", "another timer"],
)
def test_a_bad_rating_may_have_one_reason(end: Input, reasons: tuple[str, ...] | None) -> None:
    """It counts with or without one, and waits for nothing but the end of the question."""
    _, effects = played([Opened(service()), key(1), Saved("s1", 1, 5.1), end])
    given = [one.data["reasons"] for one in effects if isinstance(one, Record) and one.kind == "rating.given"]
    assert given == ([] if reasons is None else [reasons])


def test_an_unknown_reason_and_one_at_the_wrong_time_are_refused() -> None:
    """The rating stands as it was."""
    for chosen in ([key(1), Saved("s1", 1, 5.1), ReasonChosen("s1", "x", 8)], [ReasonChosen("s1", "waiting", 8)]):
        _, effects = played([Opened(service()), *chosen])
        assert isinstance(effects[-1], Refuse)


def test_silence_is_unanswered_and_never_a_default() -> None:
    """By time, and by the next service."""
    for end in (TimerFired(Timer.ANSWER, "s1", 30), Opened(service("s2", 30))):
        _, effects = played([Opened(service()), end])
        assert events(effects)[1] == ("unanswered", None)
        assert not [one for one in effects if isinstance(one, Record) and one.kind == "rating.given"]


def test_the_first_press_wins() -> None:
    """Later ones are kept apart, wherever they come from."""
    _, effects = played(
        [Opened(service()), key(5), key(1), Saved("s1", 1, 5.1), Pressed(2, "screen", 6, "s1"), key(3)],
    )
    assert events(effects) == [
        ("asked", None),
        ("excluded", "duplicate"),
        ("given", 5),
        ("excluded", "duplicate"),
        ("excluded", "duplicate"),
    ]


def test_the_last_press_within_three_seconds_wins_by_policy() -> None:
    """What it replaces is written down; afterwards the first rule holds."""
    changed: list[Input] = [Opened(service()), key(5), Saved("s1", 1, 5.1), key(4, 6.0), Saved("s1", 2, 6.1)]
    _, effects = played([*changed, TimerFired(Timer.SETTLE, "s1", 8), key(3, 9.0)], last)
    assert events(effects) == [("asked", None), ("excluded", "changed"), ("given", 4), ("excluded", "duplicate")]


def test_a_late_word_of_the_disk_about_an_older_press_counts_nothing() -> None:
    """The newer press is not on the disk yet."""
    terminal, _ = played([Opened(service()), key(5), Saved("s1", 1, 5.1), key(4, 6.0), Saved("s1", 1, 6.1)], last)
    assert terminal.front
    assert terminal.front.state is State.SAVING


def test_a_disk_that_fails_lets_the_citizen_press_again_and_loses_nothing() -> None:
    """The last press counts once, when the disk heals or the time is over."""
    unsaved: list[Input] = [Opened(service()), key(2), TimerFired(Timer.SAVE, "s1", 6), key(3, 8.0)]
    for end in (Saved("s1", 2, 9), Opened(service("s2", 9))):
        _, effects = played([*unsaved, end])
        assert events(effects)[:3] == [("asked", None), ("excluded", "duplicate"), ("given", 3)]
    only: list[Input] = [Opened(service()), key(2), TimerFired(Timer.SAVE, "s1", 6), TimerFired(Timer.ANSWER, "s1", 40)]
    assert events(played(only)[1]) == [("asked", None), ("given", 2)]


def test_a_press_outside_a_service_is_kept_apart() -> None:
    """With the service before as evidence; a page that shows an old service as well."""
    _, effects = played([key(1)])
    assert events(effects) == [("excluded", "outside_service")]
    late: list[Input] = [
        Opened(service()),
        TimerFired(Timer.ANSWER, "s1", 30),
        Pressed(5, "screen", 31, "s1"),
        key(5, 32),
    ]
    _, effects = played(late)
    excluded = [one.data for one in effects if isinstance(one, Record) and one.kind == "rating.excluded"]
    assert [(one["service"], one["cause"]) for one in excluded] == [("s1", "outside_service")] * 2
    assert excluded[1]["evidence"] == "no service was open; the last one ended 2.0 s before as unanswered"


def test_a_touch_for_the_service_before_never_rates_the_next_one() -> None:
    """The page was a moment behind."""
    terminal, effects = played([Opened(service()), Opened(service("s2", 3)), Pressed(5, "screen", 4, "s1")])
    assert terminal.front
    assert terminal.front.choice is None
    assert events(effects)[-1] == ("excluded", "outside_service")


def test_a_key_that_the_window_does_not_have() -> None:
    """A keypad of five at a window of three."""
    _, effects = played([Opened(service()), key(4)], Policy(levels=(5, 3, 1)))
    assert events(effects) == [("asked", None), ("excluded", "outside_service")]


def test_cancelling() -> None:
    """Before a press it ends the service with its evidence; afterwards it is refused."""
    terminal, effects = played([Opened(service()), Cancelled("s1", 2)])
    assert terminal.front is None
    assert events(effects) == [("asked", None), ("excluded", "cancelled")]
    _, effects = played([Opened(service()), key(5), Cancelled("s1", 6)])
    assert isinstance(effects[-1], Refuse)
    assert isinstance(played([Cancelled("s1", 6)])[1][-1], Refuse)


def test_a_scanned_service_goes_on_on_the_phone() -> None:
    """The window moves on; the phone's rating counts once, and its silence is silence."""
    scanned: list[Input] = [Opened(service()), Scanned("s1", 300.0), Opened(service("s2", 40.0))]
    terminal, effects = played(scanned)
    assert [visit.service.service for visit in terminal.visits] == ["s2", "s1"]
    assert StartTimer(Timer.PHONE, "s1", 260.0) in effects
    assert events(effects) == [("asked", None)] * 2
    phone = Pressed(4, "qr", 60, "s1", ())
    terminal, effects = played([*scanned, phone, phone, Saved("s1", 1, 60.1), phone])
    assert events(effects)[2:] == [("excluded", "duplicate"), ("given", 4), ("excluded", "outside_service")]
    assert [visit.service.service for visit in terminal.visits] == ["s2"]
    _, effects = played([*scanned, TimerFired(Timer.PHONE, "s1", 300)])
    assert events(effects)[2:] == [("unanswered", None)]


def test_the_staffs_test_counts_nothing() -> None:
    """Neither presses nor services; a citizen's open service cannot become a test."""
    on = StaffMode(on=True, at=0)
    inputs: list[Input] = [on, key(1), Opened(service()), key(5), Saved("s1", 1, 5.1), key(4)]
    terminal, effects = played([*inputs, TimerFired(Timer.STAFF, "", 300)])
    assert events(effects) == [("excluded", "staff_test")] * 3
    assert not terminal.staff
    _, effects = played([on, Opened(service()), TimerFired(Timer.ANSWER, "s1", 30)])
    assert events(effects) == [("excluded", "staff_test")]
    assert isinstance(played([Opened(service()), on])[1][-1], Refuse)


@pytest.mark.parametrize("same_boot", [True, False])
@pytest.mark.parametrize("policy", [first, last], ids=["first", "last"])
@pytest.mark.parametrize(
    ("before", "count"),
    [
        ([], 0),
        ([key(1)], 1),
        ([key(1), TimerFired(Timer.SAVE, "s1", 6)], 1),
        ([key(1), Saved("s1", 1, 6)], 1),
        ([key(1), Saved("s1", 1, 6), ReasonChosen("s1", "waiting", 7)], 1),
        ([key(5), Saved("s1", 1, 6)], 1),
    ],
    ids=["asked", "saving", "unsaved", "reason", "thanked bad", "thanked"],
)
def test_a_restart_in_every_state(same_boot: bool, policy: Policy, before: list[Input], count: int) -> None:
    """A press counts once over both lives; a question goes on in the same boot and is unanswered after a power cut."""
    terminal, effects = played([Opened(service()), *before], policy)
    after, more = step(terminal, Restored(20.0, same_boot), policy)
    assert len([one for one in [*effects, *more] if isinstance(one, Record) and one.kind == "rating.given"]) == count
    if count:
        assert after.front is None
    elif same_boot:
        assert after.front == terminal.front
        assert more == [StartTimer(Timer.ANSWER, "s1", 10.0)]
    else:
        assert events(more) == [("unanswered", None)]


def test_a_service_that_is_open_is_not_opened_again() -> None:
    """The counter's interface answers that before it comes here."""
    assert isinstance(played([Opened(service()), Opened(service(opened=2.0))])[1][-1], Refuse)
