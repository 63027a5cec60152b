"""Which services the counter has opened and how they ended: what makes a repeated call the same call, for weeks."""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace

from rating_terminal.visit import Outcome

log = logging.getLogger(__name__)
slots = 2000  # the busiest window serves 200 citizens a day
prefix = "service-"


@dataclass(frozen=True, slots=True)
class Known:
    """One service. `body` is a keyed hash of what the counter sent, `opened` and `closes` are RFC 3339."""

    number: int
    session: str
    service: str
    window: str
    clerk: str
    body: str
    opened: str
    closes: str
    outcome: Outcome = Outcome.OPEN


class Ledger:
    """The most recent services, each in a slot of the outbox's kept state."""

    def __init__(self) -> None:
        """Begin empty; `restore` follows."""
        self._by_service: dict[str, Known] = {}
        self._by_session: dict[str, Known] = {}
        self._next = 0

    def restore(self, kept: Mapping[str, str]) -> None:
        """Add what an earlier life has kept; what is known already is newer."""
        older = sorted((known for known in map(_read, _of(kept)) if known is not None), key=lambda one: one.number)
        mine = [known for known in self._by_service.values() if not any(known.service == one.service for one in older)]
        self._by_service, self._by_session = {}, {}
        for known in older:
            self._put(known)
        self._next = max([self._next, *(known.number + 1 for known in older)])
        for known in mine:
            self._put(known)

    def of_service(self, service: str) -> Known | None:
        """Find by the counter's name."""
        return self._by_service.get(service)

    def of_session(self, session: str) -> Known | None:
        """Find by the opaque name."""
        return self._by_session.get(session)

    def all(self) -> Iterable[Known]:
        """Return those that are remembered."""
        return self._by_service.values()

    @property
    def next_number(self) -> int:
        """The number of the next service."""
        return self._next

    def add(self, known: Known) -> dict[str, str]:
        """Remember a new service; returns what to keep."""
        self._next = known.number + 1
        return self._put(known)

    def end(self, session: str, outcome: Outcome) -> dict[str, str]:
        """Note how it ended; returns what to keep."""
        known = self._by_session.get(session)
        return {} if known is None else self._put(replace(known, outcome=outcome))

    def _put(self, known: Known) -> dict[str, str]:
        self._by_service[known.service] = known
        self._by_session[known.session] = known
        while len(self._by_service) > slots:
            oldest = next(iter(self._by_service))
            self._by_session.pop(self._by_service.pop(oldest).session, None)
        return {f"{prefix}{known.number % slots}": json.dumps(asdict(known), ensure_ascii=False)}


def _of(kept: Mapping[str, str]) -> list[str]:
    return [text for key, text in kept.items() if key.startswith(prefix)]


def _read(text: str) -> Known | None:
    try:
        stored = json.loads(text)
        return Known(**{**stored, "outcome": Outcome(stored["outcome"])})
    except (ValueError, TypeError, KeyError) as problem:
        log.error("a service of an earlier life cannot be read: %s", problem)
        return None
