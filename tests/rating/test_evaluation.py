"""What ratings say: counts, intervals, scores, rankings, as properties and as worked examples; pure."""

import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rating_terminal.evaluation import (
    Count,
    Entry,
    Quarter,
    Tally,
    causes,
    composite,
    grouped,
    levels,
    named_often,
    rank,
    rating_score,
    sources,
    tally,
    wilson,
)

events = some.lists(
    some.one_of(
        some.builds(Count, some.sampled_from(["asked", "unanswered"]), some.sampled_from(["a/1", "a/2"])),
        some.builds(Count, some.just("given"), some.sampled_from(["a/1", "a/2"]), level=some.sampled_from(levels)),
        some.builds(Count, some.just("excluded"), some.just("a/1"), cause=some.sampled_from(causes)),
        some.builds(Count, some.just("blank"), some.just("a/2"), seconds=some.integers(0, 3600)),
    ),
    max_size=60,
)
weights = some.fixed_dictionaries({source: some.floats(0.01, 10) for source in sources})
scores = some.dictionaries(some.sampled_from(sources), some.floats(0, 100))


def of_levels(**numbers: int) -> Tally:
    """Return the tally of so many ratings of each level; l5=3 stands for three of level 5."""
    return tally(Count("given", "a/1", level=int(name[1]), number=number) for name, number in numbers.items())


@given(events, some.randoms(use_true_random=False))
def test_order_changes_nothing(found: list[Count], chance: random.Random) -> None:
    """The same events in any order give the same figures."""
    mixed = chance.sample(found, len(found))
    assert tally(mixed) == tally(found)
    assert grouped(mixed, lambda one: one.window) == grouped(found, lambda one: one.window)


@given(events)
def test_every_event_is_counted_once(found: list[Count]) -> None:
    """Given, unanswered, asked and excluded add up to what came: nothing is dropped in silence."""
    total = tally(found)
    blank = sum(one.kind == "blank" for one in found)
    assert total.asked + total.given + total.unanswered + total.excluded == len(found) - blank
    assert total.blank_seconds == sum(one.seconds for one in found)
    parts = grouped(found, lambda one: one.window).values()
    assert sum(part.given for part in parts) == total.given


@given(some.integers(0, 500), some.integers(1, 500))
def test_an_interval_holds_its_share_within_bounds(good: int, more: int) -> None:
    """Low ≤ share ≤ high, all between 0 and 1."""
    found = wilson(good, good + more)
    assert 0 <= found.low <= found.middle <= found.high <= 1


@given(some.integers(0, 40), some.integers(0, 40), some.integers(2, 50))
def test_an_interval_shrinks_with_more_of_the_same(good: int, bad: int, times: int) -> None:
    """The same share of more ratings is surer."""
    if good + bad:
        assert wilson(good * times, (good + bad) * times).width < wilson(good, good + bad).width


@given(events, some.sampled_from([3, 4]), some.sampled_from(levels))
def test_a_better_rating_never_lowers_the_score(found: list[Count], least: int, level: int) -> None:
    """One satisfied rating more raises, one dissatisfied more lowers, and neither does the opposite."""
    before = rating_score(tally(found), least)
    after = rating_score(tally([*found, Count("given", "a/1", level=level)]), least)
    assert after is not None
    if before is not None:
        assert after >= before - 1e-9 if level >= least else after <= before + 1e-9


@given(some.lists(some.sampled_from(levels), min_size=1, max_size=60), some.integers(0, 59))
def test_raising_one_level_never_lowers_the_average(given_levels: list[int], which: int) -> None:
    """Mean and both of its bounds rise, and stay between 1 and 5."""
    which %= len(given_levels)
    raised = [min(5, level + 1) if place == which else level for place, level in enumerate(given_levels)]
    before, after = (tally(Count("given", "a/1", level=one) for one in some_levels).average()
                     for some_levels in (given_levels, raised))  # fmt: skip
    assert before is not None
    assert after is not None
    assert after.middle >= before.middle - 1e-9
    assert after.low >= before.low - 1e-9
    assert 1 <= before.low <= before.middle <= before.high <= 5


@given(scores, weights)
def test_weights_sum_to_one_and_missing_sources_are_named(there: dict[str, float], wanted: dict[str, float]) -> None:
    """Whatever is missing is named; the others share its weight; the score lies among its parts."""
    found = composite(there, wanted)
    assert {part.source for part in found.parts} | set(found.missing) == set(sources)
    assert not {part.source for part in found.parts} & set(found.missing)
    if found.score is None:
        assert not there
        return
    assert sum(part.weight for part in found.parts) == pytest.approx(1)
    assert min(there.values()) - 1e-6 <= found.score <= max(there.values()) + 1e-6


@given(some.lists(some.tuples(some.integers(0, 400), some.one_of(some.none(), some.floats(0, 100))), max_size=20))
def test_those_with_too_few_ratings_outrank_nobody(given_entries: list[tuple[int, float | None]]) -> None:
    """Everybody is named once, in the ranking or beside it; the ranking is sorted."""
    entries = [Entry(str(place), *one) for place, one in enumerate(given_entries)]
    found = rank(entries, 30)
    assert sorted((*found.ranked, *found.too_few), key=lambda one: int(one.name)) == entries
    assert all(one.ratings >= 30 for one in found.ranked)
    placed = [one.score for one in found.ranked if one.score is not None]
    assert placed == sorted(placed, reverse=True)
    assert not set(found.best) & set(found.last)


def test_three_ratings_never_outrank_three_hundred() -> None:
    """Three perfect ratings prove less than 300 of which most are good; below the least number they are not ranked."""
    three, many = of_levels(l5=3), of_levels(l5=150, l4=90, l3=30, l2=20, l1=10)
    assert three.share(5) == 1
    proved = [rating_score(one, 4) for one in (three, many)]
    assert proved[0] is not None
    assert proved[1] is not None
    assert proved[0] < proved[1]
    terrible = of_levels(l1=290, l5=10)
    found = rank([Entry("three", 3, rating_score(three, 4)), Entry("many", 300, rating_score(terrible, 4))], 30)
    assert [one.name for one in found.ranked] == ["many"]
    assert [one.name for one in found.too_few] == ["three"]


def test_wilson_agrees_with_published_figures() -> None:
    """81 of 263: 0.2553 to 0.3662, Newcombe, Statistics in Medicine 17 (1998), table I, method 3; likewise 0 of 20."""
    found, none = wilson(81, 263), wilson(0, 20)
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)
    assert (round(none.low, 4), round(none.high, 4)) == (0.0, 0.1611)
    with pytest.raises(ValueError, match="no share"):
        wilson(2, 1)


def test_answer_rate_counts_silence_and_lost_invitations() -> None:
    """Given ÷ asked; a rating whose invitation was lost still counts as asked; nobody asked is no rate."""
    assert Tally().answer_rate is None
    total = tally(
        [
            Count("asked", "a/1", number=8),
            Count("given", "a/1", level=5, number=6),
            Count("unanswered", "a/1", number=4),
        ]
    )
    assert total.answer_rate == 0.6
    assert tally([Count("asked", "a/1", number=4), Count("given", "a/1", level=1)]).answer_rate == 0.25


def test_equals_share_a_place_and_one_alone_is_neither_best_nor_last() -> None:
    """Praise and warning need somebody to compare with."""
    found = rank([Entry("甲", 40, 90.0), Entry("乙", 40, 70.0), Entry("丙", 40, 90.0)], 30)
    assert (found.best, found.last) == (("丙", "甲"), ("乙",))
    assert [found.place(name) for name in ("甲", "乙", "丙", "丁")] == [1, 3, 1, None]
    assert rank([Entry("甲", 40, 90.0)], 30).best == ()
    assert rank([Entry("甲", 40, 90.0), Entry("乙", 40, 90.0)], 30).last == ()


def test_twice_named_in_a_year() -> None:
    """Two quarters of the same year count together, those of the year before do not."""
    named = {
        Quarter(2025, 4): ["乙"],
        Quarter(2026, 1): ["甲", "乙"],
        Quarter(2026, 2): ["丙"],
        Quarter(2026, 4): ["甲"],
    }
    assert named_often(named, 2026) == {"甲": (Quarter(2026, 1), Quarter(2026, 4))}


def test_quarters() -> None:
    """They follow each other across the year, and read what they write."""
    last = Quarter.of(date(2026, 12, 31))
    assert (str(last), last.first, last.after, last.before) == (
        "2026-Q4", date(2026, 10, 1), Quarter(2027, 1), Quarter(2026, 3),
    )  # fmt: skip
    assert Quarter(2026, 1).before == Quarter(2025, 4)
    assert Quarter.read("2026-Q4") == last
    for wrong in ("", "2026", "2026-Q5", "2026-Q", "26-Q1", "2026-Q1 ", "٢٠٢٦-Q1"):
        with pytest.raises(ValueError, match="is no quarter"):
            Quarter.read(wrong)
