"""What becomes of a bad rating: a case with a deadline, called back, replied to, closed. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from center.workdays import Deadline, deadline

states = ("open", "called_back", "replied", "closed")
# What a call-back found; nobody can be reached when the counter knows no way to the citizen, who stays anonymous.
results = ("satisfied", "dissatisfied", "not_reached")


@dataclass(frozen=True, slots=True)
class Rating:
    """The rating that opens a case; `event` is its id, unique for the device."""

    device: str
    event: str
    at: datetime
    window: str
    clerk: str
    service: str
    level: int
    reasons: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """The window as units name it, `{tenant}.{post}/{window}`."""
        return f"{self.device}/{self.window}"


@dataclass(frozen=True, slots=True)
class Step:
    """What an operator did: the state that it leads to, and the result of a call-back."""

    state: str
    at: datetime
    operator: str
    note: str
    result: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A bad rating and all that was done about it."""

    rating: Rating
    due: Deadline
    steps: tuple[Step, ...] = ()

    @property
    def state(self) -> str:
        """How far it is."""
        return self.steps[-1].state if self.steps else "open"

    @property
    def next(self) -> str | None:
        """The state that comes next; None when it is closed."""
        place = states.index(self.state) + 1
        return states[place] if place < len(states) else None

    @property
    def result(self) -> str:
        """What the call-back found, or nothing."""
        return next((step.result for step in self.steps if step.result), "")

    def overdue(self, today: date, zone: ZoneInfo) -> bool:
        """Whether it was not closed by the end of its last day; a case that was closed late stays overdue."""
        ended = self.steps[-1].at.astimezone(zone).date() if self.next is None else today
        return ended > self.due.day


def opened(rating: Rating, working_days: int, zone: ZoneInfo, steps: Iterable[Step] = ()) -> Case:
    """Return the case of a rating, whose deadline counts from the day of the rating in this zone."""
    return Case(rating, deadline(rating.at.astimezone(zone).date(), working_days), tuple(steps))


def check_step(case: Case, state: str, result: str) -> None:
    """Raise ValueError with a sentence when a case cannot take this step now."""
    if state != case.next:
        raise ValueError(f"the case is {case.state}; the next step is {case.next or 'none'}, not {state[:20]}")
    if (state == "called_back") != (result in results):
        raise ValueError(f"a call-back, and nothing else, has one of the results {', '.join(results)}")


def call_back_scores(cases: Iterable[Case], key: Callable[[Case], str]) -> Mapping[str, float]:
    """Return 100 × satisfied ÷ reached for each value of `key`; where nobody was reached there is none."""
    found: dict[str, list[bool]] = {}
    for case in cases:
        if case.result in ("satisfied", "dissatisfied"):
            found.setdefault(key(case), []).append(case.result == "satisfied")
    return {name: 100 * sum(said) / len(said) for name, said in found.items()}
