"""What of one lane, that is one (outbox, epoch), is sent, taken and stored, and what goes next. Pure.

A PUBACK only says that the broker took a message; an acknowledgement says that the centre's database has it. So a
lane moves on by acknowledgements alone, and what stays unacknowledged is sent again, ever more rarely.
"""

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Policy:
    """How far ahead of the acknowledgements a lane may run, and when it sends again (seconds)."""

    ahead_events: int = 2000
    probe_events: int = 100
    resend_seconds: float = 5.0
    resend_ceiling_seconds: float = 60.0

    def patience_seconds(self, tries: int) -> float:
        """How long to wait for an acknowledgement after so many fruitless repetitions."""
        return float(min(self.resend_ceiling_seconds, self.resend_seconds * 2 ** min(tries, 16)))

    def reach_events(self, tries: int) -> int:
        """How many events may be unacknowledged after so many fruitless repetitions.

        A centre that stores nothing gets a small probe. The probe grows, at last beyond `ahead_events`: a hole that
        only a later outbox.gap explains must not stop the lane for ever.
        """
        if tries == 0:
            return self.ahead_events
        probe = int(self.probe_events * 2 ** min(tries - 1, 24))
        return max(min(probe, self.ahead_events), probe >> 5)


@dataclass(frozen=True, slots=True)
class Lane:
    """One (outbox, epoch) as one centre sees it; `0 <= acked <= sent <= known` always holds."""

    acked: int = 0
    sent: int = 0
    known: int = 0  # the highest number seen; an acknowledgement beyond it is nonsense
    skipped: int = 0  # numbers that the file no longer has
    early: frozenset[int] = field(default_factory=frozenset)  # alarms that went out before their predecessors
    in_flight: int = 0  # messages without PUBACK
    tries: int = 0
    due: float | None = None  # when to send again, in the caller's monotonic seconds

    def wants(self, sequence: int) -> bool:
        """Whether this event still has to be handed to the connection; False for a double."""
        return sequence > self.sent and sequence not in self.early

    @property
    def outstanding(self) -> bool:
        """Whether something was handed over that no acknowledgement covers."""
        return self.sent > self.acked or bool(self.early)

    def allowance(self, policy: Policy) -> int:
        """How many further events may be handed over now."""
        return max(0, policy.reach_events(self.tries) - (self.sent - self.acked - self.skipped))


def began(acked: int) -> Lane:
    """Return a lane of which the centre is known to have stored everything up to `acked`."""
    return Lane(acked=acked, sent=acked, known=acked)


def seen(lane: Lane, last: int) -> Lane:
    """Return the lane knowing that numbers up to `last` exist."""
    return replace(lane, known=max(lane.known, last))


def sent_through(lane: Lane, last: int, events: int) -> Lane:
    """Return the lane after one message with `events` events, read from the file in order, that ends at `last`."""
    skipped = lane.skipped + max(0, last - lane.sent - events)
    early = frozenset(number for number in lane.early if number > last)
    return _absorbed(
        replace(seen(lane, last), sent=max(lane.sent, last), skipped=skipped, early=early, in_flight=lane.in_flight + 1)
    )


def sent_early(lane: Lane, sequence: int) -> Lane:
    """Return the lane after an event from memory went out, whether or not its predecessors have."""
    ahead = replace(seen(lane, sequence), early=lane.early | {sequence}, in_flight=lane.in_flight + 1)
    return _absorbed(ahead)


def _absorbed(lane: Lane) -> Lane:
    sent = lane.sent
    while sent + 1 in lane.early:
        sent += 1
    return replace(lane, sent=sent, early=frozenset(number for number in lane.early if number > sent))


def taken(lane: Lane, now: float, policy: Policy) -> Lane:
    """Return the lane after the broker took one message, or refused it: either way only an acknowledgement counts."""
    fewer = replace(lane, in_flight=max(0, lane.in_flight - 1))
    # The oldest message counts: a steady stream of new ones may not put off its repetition.
    return fewer if lane.due is not None else _timed(fewer, now, policy)


def acknowledged(lane: Lane, upto: int, now: float, policy: Policy) -> Lane:
    """Return the lane after the centre said what it has stored; an old or exaggerated word changes nothing."""
    if not lane.acked < upto <= lane.known:
        return lane
    moved = replace(
        lane,
        acked=upto,
        sent=max(lane.sent, upto),
        early=frozenset(number for number in lane.early if number > upto),
        tries=0,
    )
    return _timed(replace(_absorbed(moved), skipped=min(moved.skipped, moved.sent - upto)), now, policy)


def _timed(lane: Lane, now: float, policy: Policy) -> Lane:
    return replace(lane, due=now + policy.patience_seconds(lane.tries) if lane.outstanding else None)


def overdue(lane: Lane, now: float) -> bool:
    """Whether the centre has had long enough to acknowledge what the broker took."""
    return lane.due is not None and lane.in_flight == 0 and now >= lane.due


def sent_again(lane: Lane) -> Lane:
    """Return the lane set back to what is acknowledged, as a repetition that was needed."""
    return replace(rewound(lane), tries=lane.tries + 1)


def rewound(lane: Lane) -> Lane:
    """Return the lane at the start of a new connection: everything that is not acknowledged goes again."""
    return replace(lane, sent=lane.acked, skipped=0, early=frozenset(), in_flight=0, due=None)
