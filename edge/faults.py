"""Which parts do not work: one event when a fault comes, one when it goes."""

import logging
from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)
Record = Callable[[str, Mapping[str, str]], object]
longest_reason = 400


class Faults:
    """The open faults of one program, by part, with a plain reason each."""

    def __init__(self, record: Record, on_change: Callable[[], None] = lambda: None) -> None:
        """Begin with none; `record` takes the events, `on_change` is told after each change."""
        self._record = record
        self._open: dict[str, str] = {}
        self._on_change = on_change

    @property
    def open(self) -> Mapping[str, str]:
        """Part and reason of each open fault."""
        return self._open

    def set(self, part: str, reason: str | None) -> None:
        """Say how a part is: a reason raises its fault, None clears it. Repeating either says nothing new.

        Another reason for an open fault is shown and logged, but is no event: a part that fails in turns would flood.
        """
        known = self._open.get(part)
        if reason is not None and known is None:
            self._open[part] = reason[:longest_reason]
            log.error("fault: %s: %s", part, reason)
            self._tell("device.fault_raised", part, reason)
        elif reason is None and known is not None:
            del self._open[part]
            log.info("mended: %s", part)
            self._tell("device.fault_cleared", part, known)
        elif reason is not None and known != reason[:longest_reason]:
            self._open[part] = reason[:longest_reason]
            log.debug("fault: %s: now %s", part, reason)

    def _tell(self, kind: str, part: str, reason: str) -> None:
        self._record(kind, {"part": part, "reason": reason[:longest_reason]})
        self._on_change()

    def listed(self) -> list[dict[str, str]]:
        """Return the open faults as the local interface shows them."""
        return [{"part": part, "reason": reason} for part, reason in sorted(self._open.items())]
