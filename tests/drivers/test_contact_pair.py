"""How the pair of lines of a supervised key is read: the machine alone, without pins and clock."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.contact.kind import Reading, Sensed
from drivers.contact.pair import Pair, meaning, moved, settled

SETTLE = 20
OPEN, CLOSED, CUT, SHORTED = Reading.OPEN, Reading.CLOSED, Reading.CUT, Reading.SHORTED


def play(seen: list[tuple[Reading, int]], start: Reading = OPEN, end: int = 10_000) -> list[Sensed]:
    """Play what the lines say over time, with the settle timer between, as the driver does."""
    now, told = Pair(start), []
    for reading, at in [*seen, (None, end)]:
        now, sensed = settled(now, at, SETTLE)
        told += [sensed] if sensed else []
        if reading is not None:
            now, sensed = moved(now, reading, at)
            told += [sensed] if sensed else []
    return told


@pytest.mark.parametrize(
    ("no_closed", "nc_closed", "expected"),
    [(False, True, OPEN), (True, False, CLOSED), (False, False, CUT), (True, True, SHORTED)],
)
def test_names_the_four_combinations(no_closed: bool, nc_closed: bool, expected: Reading) -> None:
    """Two of the four are a healthy key, two are faults of the cable."""
    assert meaning(no_closed=no_closed, nc_closed=nc_closed) is expected


def test_a_press_is_told_by_the_edge_that_completes_it() -> None:
    """The settle time never delays a press: it is told with the time of its last edge."""
    assert play([(CUT, 100), (CLOSED, 104)]) == [Sensed(CLOSED, 104)]


def test_a_press_that_makes_before_it_breaks_is_no_short_circuit() -> None:
    """Both contacts closed for a moment on the way down is no fault."""
    assert play([(SHORTED, 100), (CLOSED, 104)]) == [Sensed(CLOSED, 104)]


def test_a_release_is_told_when_no_opens() -> None:
    """The key is up as soon as NO has opened, not when NC has closed again."""
    assert play([(CUT, 200), (OPEN, 206)], start=CLOSED) == [Sensed(OPEN, 200)]


def test_every_bounce_of_no_is_told() -> None:
    """Debouncing is not this file's work: it must see what a plain contact would have shown."""
    seen = [(CUT, 100), (CLOSED, 103), (CUT, 104), (CLOSED, 105)]
    assert play(seen) == [Sensed(CLOSED, 103), Sensed(OPEN, 104), Sensed(CLOSED, 105)]


@pytest.mark.parametrize("fault", [CUT, SHORTED])
def test_a_fault_is_believed_after_the_settle_time(fault: Reading) -> None:
    """A fault that stays is told once, dated from its beginning."""
    assert play([(fault, 100)]) == [Sensed(fault, 100)]


@pytest.mark.parametrize("fault", [CUT, SHORTED])
def test_a_fault_shorter_than_the_settle_time_is_not_told(fault: Reading) -> None:
    """One nanosecond less is a key on its way."""
    assert play([(fault, 100), (OPEN, 100 + SETTLE - 1)]) == []


def test_a_cable_cut_while_pressed_is_a_release_and_then_a_fault() -> None:
    """NO open means that the key no longer tells of a press; both open for long means a cut cable."""
    assert play([(CUT, 100)], start=CLOSED) == [Sensed(OPEN, 100), Sensed(CUT, 100)]


def test_a_press_is_seen_although_nc_is_cut() -> None:
    """With only the NC wire cut the fault is known, and the key still calls."""
    assert play([(CUT, 100), (CLOSED, 500), (CUT, 700)]) == [
        Sensed(CUT, 100),
        Sensed(CLOSED, 500),
        Sensed(OPEN, 700),
        Sensed(CUT, 700),
    ]


def test_flapping_between_two_faults_is_a_fault() -> None:
    """A line that never says anything healthy is not forgiven because it keeps changing."""
    seen = [(CUT if at % 20 else SHORTED, at) for at in range(100, 200, 10)]
    assert next(sensed.at_ns for sensed in play(seen, end=200)) == 100


def test_a_mended_cable_is_told_at_once() -> None:
    """The end of a fault needs no settling."""
    assert play([(SHORTED, 100), (OPEN, 300)]) == [Sensed(SHORTED, 100), Sensed(OPEN, 300)]


def test_the_same_fault_again_is_not_told_again() -> None:
    """A believed fault that another only interrupts for a moment stays the one fault."""
    assert play([(CUT, 100), (SHORTED, 200), (CUT, 205)]) == [Sensed(CUT, 100)]


_LINES = st.lists(st.tuples(st.sampled_from([OPEN, CLOSED, CUT, SHORTED]), st.integers(0, 30)), max_size=30)


def _timed(steps: list[tuple[Reading, int]]) -> list[tuple[Reading, int]]:
    at, timed = 100, []
    for reading, gap in steps:
        at += gap
        timed.append((reading, at))
    return timed


@given(_LINES)
def test_never_repeats_itself_and_ends_with_the_truth(steps: list[tuple[Reading, int]]) -> None:
    """Whatever the lines do, no reading is told twice in a row, and after a quiet time the last one told is true."""
    told = [OPEN, *(sensed.reading for sensed in play(_timed(steps)))]
    assert all(first is not second for first, second in pairwise(told))
    assert told[-1] is (steps[-1][0] if steps else OPEN)


@given(_LINES)
def test_a_press_is_never_late_and_never_invented(steps: list[tuple[Reading, int]]) -> None:
    """CLOSED is told exactly at the edges where the lines begin to say so."""
    seen = [(OPEN, 0), *_timed(steps)]
    pressed = [at for (before, _), (reading, at) in pairwise(seen) if reading is CLOSED is not before]
    told = [sensed.at_ns for sensed in play(seen[1:]) if sensed.reading is CLOSED]
    # A closed contact that NC joins for less than the settle time stays one press.
    assert set(told) <= set(pressed)
    if not any(reading is SHORTED for reading, _ in seen):
        assert told == pressed
