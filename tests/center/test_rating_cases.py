"""Cases of bad ratings and their deadlines, anomalies, pictures, limits: the pure parts of the centre's rating pages."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from center.anomalies import Anomaly, Limits, Press, find
from center.cases import Case, Rating, Step, call_back_scores, check_step, opened
from center.console.export import guarded
from center.console.pictures import problem_of
from center.console.public_limit import PublicLimit, most_addresses
from center.workdays import deadline, working
from support.small_pictures import jpeg, png

zone = ZoneInfo("Asia/Shanghai")
morning = datetime(2026, 9, 24, 9, tzinfo=zone)
rating = Rating("t.post", "r:e:1", morning, "1", "张三", "S1", 1, ("waiting",))


def step(state: str, result: str = "", at: datetime = morning) -> Step:
    """Return a step of somebody."""
    return Step(state, at, "王伟", "已致电", result)


@pytest.mark.parametrize(
    ("start", "days", "last"),
    [
        (date(2025, 9, 29), 5, date(2025, 10, 13)),  # National Day, 1-8 October; Saturday the 11th is worked
        (date(2025, 1, 24), 6, date(2025, 2, 8)),  # Sunday 26 January and Saturday 8 February are worked
        (date(2025, 3, 3), 15, date(2025, 3, 24)),  # three plain weeks
    ],
)
def test_deadlines_know_holidays_and_make_up_days(start: date, days: int, last: date) -> None:
    """Public holidays do not count, weekends that are worked instead do."""
    found = deadline(start, days)
    assert (found.day, found.by_weekdays) == (last, False)


def test_unknown_years_count_weekdays_and_say_so() -> None:
    """Outside the calendar there is an answer with a mark, and no exception."""
    found = deadline(date(2090, 1, 6), 5)  # a Friday
    assert (found.day, found.by_weekdays) == (date(2090, 1, 13), True)
    assert deadline(date(1990, 1, 5), 1).by_weekdays


@given(some.dates(date(2004, 1, 1), date(2100, 1, 1)), some.integers(1, 15))
def test_a_deadline_lies_on_a_working_day_after_so_many(start: date, days: int) -> None:
    """Between start and deadline lie exactly so many working days, and the last is one."""
    found = deadline(start, days)
    between = [start + timedelta(days=number) for number in range(1, (found.day - start).days + 1)]
    assert sum(working(day)[0] for day in between) == days
    assert working(found.day)[0]


def test_a_case_goes_its_way_one_step_after_the_other() -> None:
    """Open, called back, replied, closed; anything else is refused with a sentence."""
    case = opened(rating, 5, zone)
    for state, result in (("called_back", "satisfied"), ("replied", ""), ("closed", "")):
        with pytest.raises(ValueError, match="the next step is"):
            check_step(case, "open", "")
        check_step(case, state, result)
        case = opened(rating, 5, zone, (*case.steps, step(state, result)))
    assert (case.state, case.next, case.result) == ("closed", None, "satisfied")
    with pytest.raises(ValueError, match="the next step is none"):
        check_step(case, "closed", "")


@pytest.mark.parametrize(("state", "result"), [("called_back", ""), ("called_back", "happy")])
def test_a_call_back_has_a_result(state: str, result: str) -> None:
    """Without a result it says nothing."""
    with pytest.raises(ValueError, match="has one of the results"):
        check_step(opened(rating, 5, zone), state, result)


def test_overdue_is_after_the_last_day_and_stays_so() -> None:
    """The last day itself is in time; a case that was closed late was overdue for ever."""
    case = opened(rating, 5, zone)
    assert not case.overdue(case.due.day, zone)
    assert case.overdue(case.due.day + timedelta(days=1), zone)
    late = datetime(case.due.day.year, case.due.day.month, case.due.day.day, 17, tzinfo=UTC)  # past midnight in China
    done = [step("called_back", "not_reached"), step("replied")]
    assert opened(rating, 5, zone, [*done, step("closed", at=late)]).overdue(case.due.day, zone)
    assert not opened(rating, 5, zone, [*done, step("closed")]).overdue(date(2090, 1, 1), zone)


def test_call_backs_score_those_who_were_reached() -> None:
    """Who was not reached counts neither way; nobody reached is no score."""

    def case(result: str, window: str = "1") -> Case:
        return opened(Rating("t.post", "e", morning, window, "", "", 1), 5, zone, [step("called_back", result)])

    cases = [case("satisfied"), case("dissatisfied"), case("not_reached"), case("not_reached", "2")]
    assert call_back_scores(cases, lambda one: one.rating.place) == {"t.post/1": 50.0}


def presses(kind: str, after: Sequence[float], window: str = "t.post/1", **more: object) -> list[Press]:
    """Return events so many seconds after the morning."""
    return [Press(f"{kind}{at}{window}", kind, window, morning + timedelta(seconds=at), **more) for at in after]  # type: ignore[arg-type]


def kinds(found: list[Anomaly]) -> list[str]:
    """Return what was found."""
    return [one.kind for one in found]


def test_bursts_are_found_with_all_their_presses() -> None:
    """Five ratings within two minutes; crowds that touch are one; four are none."""
    found = find(presses("given", [0, 30, 60, 90, 119, 125, 900, 2000, 2030, 2060, 2090], level=5), str, Limits())
    assert kinds(found) == ["burst"]
    assert (found[0].seen, len(found[0].evidence)) == ("6 / 125 s", 6)


def test_same_hour_needs_services_at_other_hours() -> None:
    """All ratings at nine while services go on all day are shown; a window that opens only then is not."""
    given = presses("given", [120 * number for number in range(25)], level=5)
    all_day = presses("asked", [1000 * number for number in range(30)])
    assert kinds(find([*given, *all_day], str, Limits())) == ["same_hour"]
    assert find([*given, *presses("asked", [100 * number for number in range(30)])], str, Limits()) == []


def test_a_clerk_far_below_the_unit_is_shown_but_chance_is_not() -> None:
    """The evidence are the unanswered invitations of this clerk in this unit."""

    def served(clerk: str, answered: int, silent: int) -> list[Press]:
        times = [400 * number for number in range(answered + silent)]
        return [
            *presses("asked", times, clerk=clerk),
            *presses("given", times[:answered], clerk=clerk, level=5),
            *presses("unanswered", times[answered:], clerk=clerk),
        ]

    found = find([*served("甲", 90, 10), *served("乙", 5, 45), *served("丙", 14, 7)], lambda _: "unit", Limits())
    assert [(one.kind, one.clerk, one.seen, len(one.evidence)) for one in found] == [
        ("answer_rate", "乙", "5 / 50 = 10%", 45)
    ]


def test_presses_outside_blank_time_and_cancellations_are_shown() -> None:
    """Each with the events that show it."""
    outside = presses("excluded", range(5), cause="outside_service", told="no service was open")
    blank = presses("blank", [1, 2], seconds=2000.0)
    cancelled = presses("excluded", range(100, 106), cause="cancelled", clerk="甲")
    found = find([*outside, *blank, *cancelled], str, Limits())
    assert sorted(kinds(found)) == ["blank", "cancelled", "outside_service"]
    assert [len(one.evidence) for one in sorted(found, key=lambda one: one.kind)] == [2, 6, 5]


@given(some.lists(some.tuples(some.sampled_from(["asked", "given", "unanswered", "excluded", "blank"]),
                              some.integers(0, 90_000), some.integers(1, 5)), max_size=60), some.randoms())  # fmt: skip
def test_anomalies_do_not_depend_on_order(events: list[tuple[str, int, int]], chance: object) -> None:
    """The same events in another order show the same."""
    found = [
        Press(str(number), kind, "t.post/1", morning + timedelta(seconds=at), level=level)
        for number, (kind, at, level) in enumerate(events)
    ]
    assert find(found, str, Limits()) == find(chance.sample(found, len(found)), str, Limits())  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")', "＝1"])
def test_texts_never_become_formulas(text: str) -> None:
    """They get an apostrophe; numbers and plain names stay as they are."""
    cell = guarded(text)
    assert isinstance(cell, str)
    assert cell.startswith("'")
    assert (guarded(-1.5), guarded("张三"), guarded(None), guarded("a\x00b")) == (-1.5, "张三", None, "a�b")


def test_pictures_are_checked_by_their_headers() -> None:
    """Complete JPEG and PNG pass; anything cut off, disguised, too large or too wide does not."""
    for picture in (png(60, 80), jpeg(60, 80)):
        assert problem_of(picture, 10_000) is None
        assert problem_of(picture[:-3], 10_000) == "no_picture"
        assert problem_of(picture, 20) == "too_large"
    assert problem_of(png(5000, 10), 10_000) == "too_many_pixels"
    assert problem_of(jpeg(10, 5000), 10_000) == "too_many_pixels"
    for wrong in (b"<svg onload=alert(1)>", b"GIF89a", b"\xff\xd8\xff\xd9", b"\xff\xd8\xff\xe0\x00\x00\xff\xd9"):
        assert problem_of(wrong, 10_000) == "no_picture"


@given(some.binary(max_size=300))
def test_no_bytes_break_the_check_of_pictures(content: bytes) -> None:
    """Whatever is uploaded, there is an answer."""
    assert problem_of(b"\xff\xd8\xff" + content + b"\xff\xd9", 10_000) in (None, "no_picture", "too_many_pixels")


def test_an_address_that_asks_too_often_waits() -> None:
    """The third of two allowed waits until the first is a minute old; others do not."""
    limit = PublicLimit(2)
    assert [limit.wait("a", at) for at in (0, 10, 20)] == [0, 0, 40]
    assert limit.wait("b", 20) == 0
    assert limit.wait("a", 61) == 0


def test_memory_of_addresses_is_bounded() -> None:
    """A flood of new addresses waits; after a minute the old ones are forgotten."""
    limit = PublicLimit(2)
    for number in range(most_addresses):
        assert limit.wait(str(number), 0) == 0
    assert limit.wait("new", 1) > 0
    assert limit.wait("new", 61) == 0
