"""An incident is what its events tell, whatever a newer or odder post puts into them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from center.incidents import Incident, Stored, fold
from edge.kinds import EVENTS

start = datetime(2026, 11, 21, 12, tzinfo=UTC)


def story(*told: tuple[str, dict[str, Any]]) -> Incident:
    """Fold events that come a second apart."""
    events = [Stored(n, "school.gate", kind, start + timedelta(seconds=n), data) for n, (kind, data) in enumerate(told)]
    incident = fold("01A", events)
    assert incident is not None
    return incident


raised = ("incident.raised", {"level": "panic", "mode": "live"})


def test_nothing_told_is_no_incident() -> None:
    """Without events there is none."""
    assert fold("01A", []) is None


def test_the_chain_of_help_is_followed() -> None:
    """Called, answered, on the way, arrived, closed."""
    chain: list[tuple[str, dict[str, Any]]] = [
        raised,
        ("incident.call_started", {"operator": "王伟"}),
        ("incident.team_dispatched", {"operator": "王伟", "team": "三队", "eta_minutes": 6}),
        ("incident.team_arrived", {"operator": "王伟"}),
        ("incident.closed", {"disposition": "accidental", "by": "王伟", "presses": 2}),
    ]
    states = [story(*chain[: length + 1]).state for length in range(len(chain))]
    assert states == ["called", "answered", "on_the_way", "arrived", "closed"]
    end = story(*chain)
    assert (end.taken_by, end.team, end.eta_minutes, end.presses) == ("王伟", "三队", 6, 2)
    assert not end.open


def test_a_call_that_ended_leaves_the_incident_with_its_operator() -> None:
    """Hanging up is not giving up."""
    ended = story(
        raised, ("incident.call_started", {"operator": "王伟"}), ("incident.call_ended", {"operator": "王伟"})
    )
    assert (ended.in_call_with, ended.taken_by) == (None, "王伟")


def test_a_drill_that_turns_real_is_a_panic() -> None:
    """The class of alert follows the highest level."""
    drill = ("incident.raised", {"level": "panic", "mode": "drill"})
    assert story(drill).alert == "drill"
    assert story(drill, ("incident.level_raised", {"level": "panic", "mode": "live", "presses": 2})).alert == "panic"


def test_another_devices_events_do_not_mix_in() -> None:
    """A post cannot close another one's incident by using its name."""
    events = [Stored(1, "a.a", *_at(raised)), Stored(2, "b.b", "incident.closed", start, {"disposition": "real"})]
    incident = fold("01A", events)
    assert incident is not None
    assert incident.open


def _at(told: tuple[str, dict[str, Any]]) -> tuple[str, datetime, dict[str, Any]]:
    return told[0], start, told[1]


odd = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers(), max_size=2)
keys = st.sampled_from(
    ["level", "mode", "presses", "operator", "by", "team", "eta_minutes", "bytes", "seconds", "step"]
)


@given(st.lists(st.tuples(st.sampled_from(sorted(EVENTS)), st.dictionaries(keys, odd)), min_size=1))
def test_odd_data_never_break_the_board(told: list[tuple[str, dict[str, Any]]]) -> None:
    """Whatever types a post sends, the incident can be shown."""
    incident = story(*told)
    assert incident.state in ("called", "answered", "on_the_way", "arrived", "closed")
