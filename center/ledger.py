"""Which numbers of one outbox are present, and up to which one nothing is missing.

Pure: no clock, no file, no socket. A ledger belongs to one (device, outbox, epoch), where numbers start at 1.
"""

from collections.abc import Iterable
from dataclasses import dataclass

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Ledger:
    """The numbers that are present, as inclusive spans: sorted, apart from each other, all numbers at least 1."""

    spans: tuple[Span, ...] = ()

    @property
    def upto(self) -> int:
        """The highest number up to which nothing is missing; 0 when the first one is."""
        return self.spans[0][1] if self.spans and self.spans[0][0] == 1 else 0

    def has(self, number: int) -> bool:
        """Whether this number is present."""
        return any(low <= number <= high for low, high in self.spans)

    def stored(self, number: int) -> "Ledger":
        """Return the ledger with one more number."""
        return self.named(number, number)

    def beginning(self, first: int) -> "Ledger":
        """Return the ledger after a birth: what lies below `first` is gone on the device and counts as present."""
        return self.named(1, first - 1)

    def named(self, low: int, high: int) -> "Ledger":
        """Return the ledger with all of `low` to `high`, as an `outbox.gap` names them; an empty range adds nothing."""
        low = max(low, 1)
        return Ledger(tuple(_merged(sorted((*self.spans, (low, high)))))) if low <= high else self


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Join spans that touch or overlap; they come sorted by their start."""
    merged: list[Span] = []
    for low, high in spans:
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return merged
