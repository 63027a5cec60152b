"""How long to wait before trying again: exponential growth with full jitter, so that posts do not return as one herd.

Pure: chance and time come from the caller. Full jitter after M. Brooker, "Exponential Backoff And Jitter" (AWS, 2015).
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Backoff:
    """The waits of one thing that is tried again and again; all times in seconds."""

    first_seconds: float = 1.0
    ceiling_seconds: float = 60.0
    stable_seconds: float = 60.0
    failures: int = 0

    def failed(self) -> "Backoff":
        """Return the backoff after one more failure."""
        return replace(self, failures=self.failures + 1)

    def ended(self, lasted_seconds: float) -> "Backoff":
        """Return the backoff after a success that has ended.

        Only a success that lasted counts as one: a broker that accepts and then kicks must not be hammered.
        """
        return replace(self, failures=0 if lasted_seconds >= self.stable_seconds else self.failures + 1)

    @property
    def bound_seconds(self) -> float:
        """The longest wait that may come next."""
        if self.failures == 0:
            return 0.0
        # 2**63 seconds is past any ceiling; the exponent is capped so that years of failures cost no big integer.
        return float(min(self.ceiling_seconds, self.first_seconds * 2 ** min(self.failures - 1, 63)))

    def wait_seconds(self, chance: float) -> float:
        """Return the next wait; `chance` is drawn from 0 up to 1 by the caller."""
        return chance * self.bound_seconds
