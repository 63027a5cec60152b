"""From edges to presses: bounce, glitches, late timers and stuck keys, with no clock but the edges' own."""

from collections.abc import Iterable, Sequence

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from drivers.debounce import Debounce, Key, Seen, edge, gap_ns, press_ns, stuck_ns, time_passed

ms = 1_000_000
Edge = tuple[int, bool]


class Finger:
    """Plays edges to the machine and looks again when it asks to, `late_ns` after the time it asked for.

    Each edge is told `told_late_ns` after it happened; whoever looks at the line itself sees how it is.
    """

    def __init__(self, late_ns: int = 0, told_late_ns: int = 0) -> None:
        """Begin with the key up."""
        self.state = Debounce()
        self.seen: list[tuple[int, Seen]] = []
        self._look: int | None = None
        self._late = late_ns
        self._told_late = told_late_ns
        self._closed = False
        self._now = 0

    def play(self, edges: Iterable[Edge], until: int) -> "Finger":
        """Play all edges, then let time pass until a moment."""
        happens = [(at, False, at, closed) for at, closed in edges]
        told = [(at + self._told_late, True, at, closed) for at, closed in edges]
        for now, is_told, at, closed in sorted(happens + told):
            self._wait(now)
            if is_told:
                self._take(at, *edge(self.state, closed, at))
            else:
                self._closed = closed
        self._wait(until)
        return self

    def _wait(self, until: int) -> None:
        while self._look is not None and self._look + self._late < until:
            self._now = max(self._now, self._look + self._late)
            self._take(self._now, *time_passed(self.state, self._closed, self._now))
        self._now = until

    def _take(self, at: int, state: Debounce, seen: Seen) -> None:
        assert seen.look_at_ns is None or seen.look_at_ns >= at
        self.state, self._look = state, seen.look_at_ns
        self.seen.append((at, seen))

    @property
    def presses(self) -> int:
        """How many presses were seen."""
        return sum(seen.pressed for _, seen in self.seen)


@st.composite
def bounces(draw: st.DrawFn, begin: int, closed: bool) -> list[Edge]:
    """Draw random toggling for 1 to 15 ms, that ends as the finger wants it."""
    length = draw(st.integers(1 * ms, 15 * ms))
    times = sorted(draw(st.sets(st.integers(1, length - 1), max_size=12)))
    if len(times) % 2:
        times.pop()
    states = [closed, *([not closed, closed] * (len(times) // 2))]
    return list(zip([begin, *(begin + at for at in times)], states, strict=True))


@st.composite
def bouncing_presses(draw: st.DrawFn) -> tuple[list[Edge], int]:
    """Draw presses of 60 ms to 2 s with bounce at both ends, and how many they are."""
    edges: list[Edge] = []
    now = 0
    count = draw(st.integers(1, 5))
    for _ in range(count):
        now += draw(st.integers(40 * ms, 2000 * ms))
        edges += draw(bounces(now, True))
        now += draw(st.integers(60 * ms, 2000 * ms))
        edges += draw(bounces(now, False))
    return edges, count


@given(bouncing_presses(), st.integers(0, 40 * ms))
@settings(max_examples=200)
def test_a_bouncing_press_is_exactly_one(pressed: tuple[list[Edge], int], late: int) -> None:
    """However it bounces, and however late the timers come."""
    edges, count = pressed
    finger = Finger(late).play(edges, edges[-1][0] + 1000 * ms)
    assert finger.presses == count
    assert finger.state == Debounce()


@given(
    st.lists(st.tuples(st.integers(10 * ms, 500 * ms), st.integers(1, press_ns - 1)), max_size=20),
    st.integers(0, 40 * ms),
)
@settings(max_examples=200)
def test_glitches_are_no_press(glitches: Sequence[tuple[int, int]], late: int) -> None:
    """Shorter than 30 ms, 10 ms apart: lightning, a lorry, a radio."""
    edges: list[Edge] = []
    now = 0
    for pause, length in glitches:
        edges += [(now + pause, True), (now + pause + length, False)]
        now += pause + length
    assert Finger(late).play(edges, now + 1000 * ms).presses == 0


@pytest.mark.parametrize(("length", "presses"), [(press_ns - 1, 0), (press_ns, 1), (press_ns + 1, 1)])
@pytest.mark.parametrize("late", [0, 4 * ms, 100 * ms])
def test_exactly_30_ms_counts(length: int, presses: int, late: int) -> None:
    """Measured by the edges' own time stamps, so that a late timer changes nothing."""
    finger = Finger(late).play([(7, True), (7 + length, False)], 1000 * ms)
    assert finger.presses == presses
    assert finger.state == Debounce()


def test_a_press_is_seen_while_the_key_is_still_down() -> None:
    """30 ms after the edge, not at the release."""
    finger = Finger().play([(0, True)], 31 * ms)
    assert [(at, seen.pressed) for at, seen in finger.seen] == [(0, False), (press_ns, True)]
    assert finger.state.key is Key.DOWN


def test_edges_that_are_told_late_still_measure_right() -> None:
    """The loop was busy for a second: both presses count, though no timer ran in between."""
    state, told = Debounce(), 0
    for at, closed in [(0, True), (60 * ms, False), (120 * ms, True), (180 * ms, False)]:
        state, seen = edge(state, closed, at)
        told += seen.pressed
    state, seen = time_passed(state, False, 1000 * ms)
    assert (told + seen.pressed, state) == (2, Debounce())


@given(
    st.lists(st.tuples(st.integers(100 * ms, 500 * ms), st.integers(1, press_ns - 1)), max_size=20),
    st.integers(0, 40 * ms),
    st.integers(0, 50 * ms),
)
@settings(max_examples=200)
def test_a_glitch_whose_end_is_told_late_is_no_press(
    glitches: Sequence[tuple[int, int]], late: int, told_late: int
) -> None:
    """The 30 ms are over before the release is told: the line itself says that the key is up."""
    edges: list[Edge] = []
    now = 0
    for pause, length in glitches:
        edges += [(now + pause, True), (now + pause + length, False)]
        now += pause + length
    finger = Finger(late, told_late).play(edges, now + 1000 * ms)
    assert (finger.presses, finger.state) == (0, Debounce())


@given(st.integers(press_ns, 2000 * ms), st.integers(0, 40 * ms), st.integers(0, 500 * ms))
@settings(max_examples=200)
def test_a_press_whose_end_is_told_late_is_one_press(length: int, late: int, told_late: int) -> None:
    """The time stamps say that it was long enough."""
    finger = Finger(late, told_late).play([(7, True), (7 + length, False)], 5000 * ms)
    assert (finger.presses, finger.state) == (1, Debounce())


def test_a_bounce_at_the_very_moment_of_counting_is_one_press() -> None:
    """Open for a moment at 29 to 31 ms: the key was down all along."""
    finger = Finger().play([(0, True), (29 * ms, False), (31 * ms, True), (80 * ms, False)], 1000 * ms)
    assert finger.presses == 1


def test_a_repeated_edge_says_nothing_new() -> None:
    """Some kernels tell a level twice."""
    finger = Finger().play([(0, True), (10 * ms, True), (40 * ms, True), (60 * ms, False), (61 * ms, False)], 1000 * ms)
    assert finger.presses == 1
    assert edge(Debounce(), False, 5) == (Debounce(), Seen())


def test_a_key_is_stuck_after_30_s_and_freed_by_letting_go() -> None:
    """One press, one fault, one end of it; nothing is looked for in between."""
    finger = Finger().play([(0, True)], stuck_ns + 1)
    assert finger.state.key is Key.STUCK
    assert [seen.stuck for _, seen in finger.seen].count(True) == 1
    assert finger.seen[-1][1].look_at_ns is None
    finger.play([(2 * stuck_ns, False)], 2 * stuck_ns + gap_ns + 1)
    assert [seen.freed for _, seen in finger.seen].count(True) == 1
    assert (finger.presses, finger.state) == (1, Debounce())


def test_a_stuck_key_that_bounces_stays_stuck() -> None:
    """Open for less than 5 ms is not let go."""
    bounce = [(stuck_ns + ms, False), (stuck_ns + 4 * ms, True)]
    finger = Finger().play([(0, True), *bounce], stuck_ns + 1000 * ms)
    assert finger.state.key is Key.STUCK
    assert not any(seen.freed for _, seen in finger.seen)


def test_a_stuck_key_that_is_told_late_is_stuck_all_the_same() -> None:
    """The release itself proves how long it was down."""
    state, _ = edge(Debounce(), True, 0)
    state, seen = time_passed(state, True, press_ns)
    state, seen = edge(state, False, stuck_ns + 5)
    assert seen.stuck
    assert time_passed(state, False, stuck_ns + 5 + gap_ns)[1].freed


def test_a_freed_key_works_at_once() -> None:
    """The next press counts."""
    finger = Finger().play([(0, True), (stuck_ns + 1, False), (stuck_ns + 100 * ms, True)], stuck_ns + 200 * ms)
    assert finger.presses == 2
