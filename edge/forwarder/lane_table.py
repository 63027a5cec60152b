"""The lanes of one centre, held while the program runs; every decision about them is in lanes.py."""

from collections.abc import Callable, Mapping

from edge.forwarder import lanes
from edge.forwarder.lanes import Lane, Policy
from edge.forwarder.memory import Key

Now = Callable[[], float]


class LaneTable:
    """Lanes by (outbox, epoch); a lane that is not known yet starts at what the centre has stored."""

    def __init__(self, stored: Mapping[Key, int], policy: Policy, now: Now) -> None:
        """Start from the cursors."""
        self._lanes = {key: lanes.began(upto) for key, upto in stored.items()}
        self.policy = policy
        self._now = now

    def __getitem__(self, key: Key) -> Lane:
        """Return a lane."""
        return self._lanes.get(key, Lane())

    def __setitem__(self, key: Key, lane: Lane) -> None:
        """Put a lane."""
        self._lanes[key] = lane

    def acknowledge(self, key: Key, upto: int) -> bool:
        """Take an acknowledgement; return whether it brought anything new."""
        before = self[key]
        after = lanes.acknowledged(before, upto, self._now(), self.policy)
        self[key] = after
        return after.acked > before.acked

    def taken(self, key: Key) -> None:
        """Take note that the broker took one message of a lane."""
        self[key] = lanes.taken(self[key], self._now(), self.policy)

    def rewind(self, outbox: str) -> None:
        """Begin all lanes of an outbox again, for a new connection."""
        for key in self._of(outbox):
            self[key] = lanes.rewound(self[key])

    def send_again_where_due(self, outbox: str) -> bool:
        """Set back the lanes whose acknowledgement is overdue; return whether there were any."""
        late = [key for key in self._of(outbox) if lanes.overdue(self[key], self._now())]
        for key in late:
            self[key] = lanes.sent_again(self[key])
        return bool(late)

    def seconds_until_due(self, outbox: str) -> float | None:
        """Return when the next lane of an outbox may become overdue."""
        dues = [lane.due for key in self._of(outbox) if (lane := self[key]).due is not None and not lane.in_flight]
        return max(0.0, min(dues) - self._now()) if dues else None

    def _of(self, outbox: str) -> list[Key]:
        return [key for key in self._lanes if key[0] == outbox]
