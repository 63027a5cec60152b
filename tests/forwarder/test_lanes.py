"""The pure core of the drain: whatever is lost, doubled or late, every event is stored in the end."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge.forwarder import lanes
from edge.forwarder.lanes import Lane, Policy
from edge.forwarder.window import Window, first_batch

policy = Policy(ahead_events=8, probe_events=2, resend_seconds=5, resend_ceiling_seconds=60)


class LaneMachine(RuleBasedStateMachine):
    """A lane, a file and a centre; messages, their PUBACKs and acknowledgements may be lost or late."""

    def __init__(self) -> None:
        """Start with an empty file."""
        super().__init__()
        self.lane = Lane()
        self.now = 0.0
        self.written = 0
        self.flying: list[list[int]] = []
        self.stored: set[int] = set()

    @rule(count=st.integers(1, 5))
    def write(self, count: int) -> None:
        """Let the program record."""
        self.written += count

    @rule(most=st.integers(1, 4))
    def send(self, most: int) -> None:
        """Send the next events of the file that are wanted and allowed."""
        run = [n for n in range(self.lane.sent + 1, self.written + 1) if self.lane.wants(n)]
        run = [n for n in run if n - run[0] == run.index(n)][: min(most, self.lane.allowance(policy))]
        if run:
            self.lane = lanes.sent_through(self.lane, run[-1], len(run))
            self.flying.append(run)

    @rule()
    def alarm_by_datagram(self) -> None:
        """Send the newest event before its predecessors."""
        self.written += 1
        assert self.lane.wants(self.written)
        self.lane = lanes.sent_early(self.lane, self.written)
        self.flying.append([self.written])
        assert not self.lane.wants(self.written)

    @rule(arrives=st.booleans())
    def puback(self, arrives: bool) -> None:
        """Let the broker take a message; it may lose it all the same."""
        if self.flying:
            message = self.flying.pop(0)
            self.stored |= set(message) if arrives else set()
            self.lane = lanes.taken(self.lane, self.now, policy)

    @rule()
    def acknowledge(self) -> None:
        """Let the centre say what it has, without a gap."""
        self.lane = lanes.acknowledged(self.lane, self.upto(), self.now, policy)
        assert self.lane.acked == self.upto()

    @rule(nonsense=st.integers(-5, 500))
    def acknowledge_nonsense(self, nonsense: int) -> None:
        """Let a centre gone mad name numbers that were never sent."""
        if not self.lane.acked < nonsense <= self.lane.known:
            assert lanes.acknowledged(self.lane, nonsense, self.now, policy) == self.lane

    @rule(seconds=st.floats(0, 70))
    def time_passes(self, seconds: float) -> None:
        """Send again what is overdue."""
        self.now += seconds
        if lanes.overdue(self.lane, self.now):
            assert self.lane.in_flight == 0
            self.lane = lanes.sent_again(self.lane)

    @rule()
    def reconnect(self) -> None:
        """Begin a new connection: nothing is in flight."""
        self.flying.clear()
        self.lane = lanes.rewound(self.lane)

    def upto(self) -> int:
        """Return the highest number without a gap before it."""
        upto = 0
        while upto + 1 in self.stored:
            upto += 1
        return upto

    @invariant()
    def order_of_numbers(self) -> None:
        """Nothing counts as delivered that the centre does not have."""
        assert 0 <= self.lane.acked <= self.lane.sent <= self.lane.known <= self.written
        assert set(range(1, self.lane.acked + 1)) <= self.stored
        assert self.lane.in_flight == len(self.flying)

    def teardown(self) -> None:
        """With a good connection everything arrives, however bad it was before."""
        self.reconnect()
        for _ in range(200):
            self.send(4)
            while self.flying:
                self.puback(arrives=True)
            self.acknowledge()
            self.time_passes(70)
        assert self.lane.acked == self.written


TestLaneMachine = LaneMachine.TestCase
TestLaneMachine.settings = settings(max_examples=50, stateful_step_count=30)


def test_a_hole_that_is_explained_later_does_not_stop_the_lane() -> None:
    """A centre that cannot acknowledge gets more and more, so that the outbox.gap behind the hole arrives."""
    lane, sent = lanes.began(0), 0
    for _ in range(17):
        while lane.allowance(policy):
            lane = lanes.sent_through(lane, lane.sent + 1, 1)
            lane = lanes.taken(lane, 0.0, policy)
        sent = max(sent, lane.sent)
        lane = lanes.sent_again(lane)
    assert sent > 1_000


def test_repetitions_become_rare() -> None:
    """A centre that stores nothing gets a small probe, at most once a minute."""
    waits = [policy.patience_seconds(tries) for tries in range(8)]
    assert waits == [5, 10, 20, 40, 60, 60, 60, 60]
    assert [policy.reach_events(tries) for tries in range(5)] == [8, 2, 4, 8, 8]


def test_numbers_that_the_file_no_longer_has_cost_no_allowance() -> None:
    """After a jump in the file the lane may run as far ahead as before."""
    lane = lanes.sent_through(lanes.began(0), 10_000, 1)
    assert lane.allowance(policy) == 7
    assert replace(lane, tries=0).outstanding


@given(st.lists(st.integers(1, 5_000), min_size=1, max_size=150), st.integers(2, 16_384), st.integers(1, 100))
def test_batches(sizes: list[int], limit_bytes: int, limit_events: int) -> None:
    """A batch is never empty, never longer than allowed, and larger than the limit only when it is a single event."""
    count = first_batch(sizes, limit_bytes, limit_events)
    assert 1 <= count <= min(len(sizes), limit_events)
    assert count == 1 or sum(sizes[:count]) + count + 1 <= limit_bytes


@given(st.lists(st.integers(1, 5_000), max_size=50), st.integers(1, 20_000))
def test_window_is_never_exceeded(sizes: list[int], limit: int) -> None:
    """Bytes in flight stay within the limit, but for one message that is larger than it."""
    window = Window(limit)
    flying: list[int] = []
    for size in sizes:
        while not window.has_room(size):
            window = window.freed(flying.pop(0))
        window = window.sent(size)
        flying.append(size)
        assert window.in_flight_bytes == sum(flying)
        assert window.in_flight_bytes <= limit or len(flying) == 1
