"""Which address is next, when it may be tried, and what escalation leads to."""

from hypothesis import given
from hypothesis import strategies as st

from edge.backoff import Backoff
from edge.forwarder.attempts import Attempts, start_delay_seconds
from edge.forwarder.paths import Escalation, MoveOn, Narrow, Route, Widen, step


def test_addresses_rotate() -> None:
    """Each failure leads to the next address, the last one back to the first, the only one to itself."""
    route = Route("city", ("a:1", "b:2"))
    assert [route.address, route.rotated().address, route.rotated().rotated().address] == ["a:1", "b:2", "a:1"]
    assert Route("city", ("a:1",)).rotated().path == "city a:1"


def test_escalation_once_for_datagram_and_file() -> None:
    """The same event comes twice; its effect comes once."""
    now, effects = step(Escalation(), "panic-alarm:E:2", "incident.escalated", "I1", "next_path")
    assert effects == [MoveOn("I1")]
    assert step(now, "panic-alarm:E:2", "incident.escalated", "I1", "next_path") == (now, [])


def test_second_centre_until_closed() -> None:
    """The second centre has the incident from its escalation to its closing; other incidents change nothing."""
    now, effects = step(Escalation(), "e1", "incident.escalated", "I1", "second_centre")
    assert effects == [Widen("I1")]
    assert step(now, "e2", "incident.closed", "I2", "") == (now, [])
    after, effects = step(now, "e3", "incident.closed", "I1", "")
    assert effects == [Narrow("I1")]
    assert after.widened == frozenset()


def test_escalation_list_is_not_ours() -> None:
    """The list of people to call is the centre's business."""
    assert step(Escalation(), "e1", "incident.escalated", "I1", "escalation_list")[1] == []


def test_waiting_alarm_ends_any_wait_but_not_faster_than_every_two_seconds() -> None:
    """An alarm overrides start delay and backoff; attempts still begin 2 s apart."""
    attempts = Attempts(not_before=100.0)
    assert attempts.due(alarm_waiting=False) == 100.0
    assert attempts.due(alarm_waiting=True) == 0.0
    failed = attempts.begun(10.0).failed(10.5, chance=0.999)
    assert failed.due(alarm_waiting=True) <= 12.0
    worse = failed.begun(11.4).failed(11.5, 0.999).begun(13.4).failed(13.5, 0.999).begun(15.4).failed(15.5, 0.999)
    assert worse.due(alarm_waiting=True) == 17.4
    assert worse.due(alarm_waiting=False) > 20


def test_connection_counts_only_when_it_lasted() -> None:
    """A broker that accepts and kicks gets the growing backoff; 60 s connected reset it."""
    kicked = Attempts(0.0).ended(1.0, lasted_seconds=0.5, chance=0.5).ended(2.0, lasted_seconds=59.9, chance=0.5)
    assert kicked.backoff.failures == 2
    assert kicked.ended(100.0, lasted_seconds=60.0, chance=0.5).not_before == 100.0


def test_another_path_is_tried_at_once() -> None:
    """A new path does not inherit the waits of the old one."""
    assert Attempts(50.0).begun(10.0).at_once().due(alarm_waiting=False) == 0.0


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_full_jitter_stays_within_its_bounds(failures: int, chance: float) -> None:
    """Waits are drawn from 0 up to a bound that doubles from 1 s and ends at 60 s."""
    backoff = Backoff(failures=failures)
    assert 0 <= backoff.wait_seconds(chance) <= backoff.bound_seconds <= 60
    assert backoff.bound_seconds == (min(60, 2 ** (failures - 1)) if failures else 0)


@given(st.text(min_size=1))
def test_start_delay_spreads_posts_over_five_seconds(device: str) -> None:
    """A post always has the same delay, below 5 s."""
    assert 0 <= start_delay_seconds(device) < 5
    assert start_delay_seconds(device) == start_delay_seconds(device)
