"""When the next attempt to reach a centre may begin. Pure; all times in the caller's monotonic seconds."""

import hashlib
from dataclasses import dataclass, field, replace

from edge.backoff import Backoff

# The outer contract: a waiting alarm ends any backoff, at most one try per 2 s.
alarm_spacing_seconds = 2.0
start_spread_seconds = 5


@dataclass(frozen=True, slots=True)
class Attempts:
    """The attempts at one centre so far."""

    not_before: float
    backoff: Backoff = field(default_factory=Backoff)
    began: float | None = None

    def due(self, *, alarm_waiting: bool) -> float:
        """Return when the next attempt may begin; a waiting alarm ends any backoff or start delay."""
        if not alarm_waiting:
            return self.not_before
        earliest = 0.0 if self.began is None else self.began + alarm_spacing_seconds
        return min(self.not_before, earliest)

    def begun(self, now: float) -> "Attempts":
        """Return the attempts with one under way."""
        return replace(self, began=now)

    def failed(self, now: float, chance: float) -> "Attempts":
        """Return the attempts after one that reached nobody."""
        backoff = self.backoff.failed()
        return replace(self, backoff=backoff, not_before=now + backoff.wait_seconds(chance))

    def ended(self, now: float, lasted_seconds: float, chance: float) -> "Attempts":
        """Return the attempts after a connection that ended."""
        backoff = self.backoff.ended(lasted_seconds)
        return replace(self, backoff=backoff, not_before=now + backoff.wait_seconds(chance))

    def at_once(self) -> "Attempts":
        """Return the attempts with the next one due now: the path is another one."""
        return replace(self, not_before=0.0, began=None)


def start_delay_seconds(device: str) -> float:
    """Spread the first attempts of many posts over 5 s after a common power cut; the same post has the same delay."""
    digest = hashlib.sha256(device.encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32 * start_spread_seconds
