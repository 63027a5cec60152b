"""The ledger agrees with a plain set of numbers."""

from hypothesis import given
from hypothesis import strategies as st

from center.ledger import Ledger

numbers = st.integers(min_value=1, max_value=40)


def highest(present: set[int]) -> int:
    """Return the highest number up to which nothing is missing, counted the slow way."""
    upto = 0
    while upto + 1 in present:
        upto += 1
    return upto


@given(st.lists(numbers))
def test_upto_is_the_end_of_the_unbroken_run_in_any_order(order: list[int]) -> None:
    """Whatever order numbers come in, and however often, `upto` is where the first one is missing."""
    ledger = Ledger()
    for count, number in enumerate(order, 1):
        ledger = ledger.stored(number)
        assert ledger.upto == highest(set(order[:count]))
    assert {n for n in range(1, 41) if ledger.has(n)} == set(order)


@given(st.lists(numbers), numbers, numbers, numbers)
def test_a_birth_and_a_gap_count_as_present(stored: list[int], first: int, low: int, high: int) -> None:
    """Numbers below the birth's first and those that a gap names are present; nothing else becomes so."""
    ledger = Ledger()
    for number in stored:
        ledger = ledger.stored(number)
    ledger = ledger.beginning(first).named(low, high)
    expected = set(stored) | set(range(1, first)) | set(range(low, high + 1))
    assert {n for n in range(1, 60) if ledger.has(n)} == expected
    assert ledger.upto == highest(expected)


@given(st.lists(st.tuples(numbers, numbers)))
def test_spans_stay_sorted_apart_and_few(ranges: list[tuple[int, int]]) -> None:
    """Spans never touch, so a lane without losses is one span however long it is."""
    ledger = Ledger()
    for low, high in ranges:
        ledger = ledger.named(low, high)
    for (_, end), (start, _) in zip(ledger.spans, ledger.spans[1:], strict=False):
        assert end + 1 < start


def test_nothing_present_acknowledges_nothing() -> None:
    """An empty ledger, or one whose first number is missing, is at 0."""
    assert Ledger().upto == 0
    assert Ledger().stored(2).upto == 0
    assert Ledger().named(0, 0) == Ledger()
