"""Where the dome looks: plain lists of inputs."""

from hypothesis import given
from hypothesis import strategies as st

from media.tour import (
    Chosen,
    Closed,
    Dome,
    Effect,
    GoTo,
    Halt,
    Holding,
    Input,
    Moved,
    Plan,
    Raised,
    Stopped,
    Tick,
    TourWanted,
    Turn,
    step,
)

PLAN = Plan("gate", "home", ("street", "yard"), dwell_seconds=8, lease_seconds=2, home_seconds=120)


def movements(*inputs: Input) -> list[list[Effect]]:
    """Return what each input brings about."""
    dome, brought = Dome(PLAN), []
    for one in inputs:
        dome, effects = step(dome, one)
        brought.append(effects)
    return brought


def test_a_press_turns_to_the_gate_and_then_tours() -> None:
    """Each stop is held for the dwell, and the tour begins again after the last."""
    given = (Raised(0, silent=False), Tick(7.9), Tick(8), Tick(16), Tick(24))
    assert movements(*given) == [[GoTo("gate")], [], [GoTo("street")], [GoTo("yard")], [GoTo("street")]]


def test_a_silent_press_leaves_the_dome() -> None:
    """A turning dome would tell the attacker."""
    assert movements(Raised(0, silent=True), Tick(100), Closed(200)) == [[], [], []]


def test_an_operators_hand_takes_over_and_needs_renewal() -> None:
    """Two seconds without a word stop the dome, also when the link is gone."""
    given = (Raised(0, silent=False), Moved(1, 0.5, 0, 0), Tick(2.9), Moved(2.9, 0.5, 0, 0), Tick(4.8), Tick(4.9))
    assert movements(*given)[1:] == [[Turn(0.5, 0, 0)], [], [Turn(0.5, 0, 0)], [], [Halt()]]


def test_after_the_hand_the_tour_goes_on() -> None:
    """Two minutes without a command."""
    given = (Raised(0, silent=False), Moved(1, 1, 0, 0), Stopped(2), Tick(121), Tick(122))
    assert movements(*given)[2:] == [[Halt()], [], [GoTo("gate")]]


def test_without_a_tour_it_goes_home() -> None:
    """An operator who switched the tour off and went away."""
    given = (Raised(0, silent=False), TourWanted(1, on=False), Chosen(2, "yard"), Tick(122), Tick(500))
    assert movements(*given)[1:] == [[Halt()], [GoTo("yard")], [GoTo("home")], []]


def test_the_end_of_the_incident_brings_it_home() -> None:
    """Only when it has left home."""
    assert movements(Raised(0, silent=False), Closed(5)) == [[GoTo("gate")], [GoTo("home")]]
    assert movements(Closed(5)) == [[]]


times = st.floats(0, 1000)
inputs = st.one_of(
    st.builds(Raised, times, st.booleans()),
    st.builds(Closed, times),
    st.builds(Moved, times, st.just(1.0), st.just(0.0), st.just(0.0)),
    st.builds(Stopped, times),
    st.builds(Chosen, times, st.just("yard")),
    st.builds(TourWanted, times, st.booleans()),
    st.builds(Tick, times),
)


@given(st.lists(inputs, max_size=30))
def test_a_dome_never_turns_for_ever(given: list[Input]) -> None:
    """Whatever came before in time, it stands still or goes to a place once the lease is over."""
    dome = Dome(PLAN)
    for one in sorted(given, key=lambda one: one.at):
        dome, _ = step(dome, one)
    dome, _ = step(dome, Tick(dome.since + PLAN.lease_seconds + 1e-3))  # sums of floats are rounded
    assert dome.holding is not Holding.MOVING
