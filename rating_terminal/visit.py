"""The words of the rating machine: visits and their states, what can happen to them, and what is done about it.

Pure. Times are seconds of CLOCK_BOOTTIME.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

Source = Literal["screen", "keypad", "qr"]
Cause = Literal["outside_service", "duplicate", "staff_test", "rate_limited", "changed", "cancelled"]


class State(StrEnum):
    """Where a visit is."""

    ASKED = "asked"
    SAVING = "saving"  # pressed; the disk has not confirmed it yet
    UNSAVED = "unsaved"  # pressed; the disk fails, and the citizen may press again
    REASON = "reason"
    THANKED = "thanked"


class Timer(StrEnum):
    """What runs out."""

    ANSWER = "answer"
    SAVE = "save"
    SETTLE = "settle"
    REASON = "reason"
    THANKS = "thanks"
    PHONE = "phone"
    STAFF = "staff"


class Outcome(StrEnum):
    """How a service is or has ended, as the counter is told: never with the level."""

    OPEN = "open"
    GIVEN = "given"
    UNANSWERED = "unanswered"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Policy:
    """What the owner decides; seconds. With change_seconds = 0 the first press wins, else the last one within them."""

    answer_seconds: float = 30
    thanks_seconds: float = 4
    reason_seconds: float = 10
    save_seconds: float = 1
    change_seconds: float = 0
    staff_seconds: float = 300
    levels: tuple[int, ...] = (5, 4, 3, 2, 1)
    reasons: Mapping[int, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Service:
    """What the counter opened; `session` is opaque, `subject` a keyed hash."""

    session: str
    service: str
    window: str
    clerk: str
    subject: str
    opened: float
    test: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A press that is to become the rating."""

    level: int
    source: Source
    at: float
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Visit:
    """One service and how far it is. `hold` numbers the times its choice went to the disk."""

    service: Service
    state: State = State.ASKED
    choice: Choice | None = None
    settled: bool = True
    counted: bool = False
    hold: int = 0
    scanned_until: float | None = None


@dataclass(frozen=True, slots=True)
class Last:
    """The service before, for the evidence of a press that came too late."""

    service: str
    clerk: str
    outcome: Outcome
    at: float


@dataclass(frozen=True, slots=True)
class Terminal:
    """The visit on the screen, those that went on on phones, and whether staff are testing."""

    window: str
    front: Visit | None = None
    phones: tuple[Visit, ...] = ()
    staff: bool = False
    last: Last | None = None

    def visit(self, session: str) -> Visit | None:
        """Find an open visit by its session."""
        return next((visit for visit in self.visits if visit.service.session == session), None)

    @property
    def visits(self) -> tuple[Visit, ...]:
        """All open visits, the screen's first."""
        return (*((self.front,) if self.front else ()), *self.phones)


# Inputs -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """The counter opened a service."""

    service: Service


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key of the screen (with the session that it showed), the keypad (none) or the phone (with its code's)."""

    level: int
    source: Source
    at: float
    session: str | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scanned:
    """A phone has opened the page of a visit; its code is good until then."""

    session: str
    until: float


@dataclass(frozen=True, slots=True)
class ReasonChosen:
    """The one optional tap after a bad rating; None skips it."""

    session: str
    reason: str | None
    at: float


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The counter takes a service back."""

    session: str
    at: float


@dataclass(frozen=True, slots=True)
class Saved:
    """The disk has the choice of that number."""

    session: str
    hold: int
    at: float


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A timer ran out."""

    timer: Timer
    session: str
    at: float


@dataclass(frozen=True, slots=True)
class StaffMode:
    """Staff begin or end a test."""

    on: bool
    at: float


@dataclass(frozen=True, slots=True)
class Restored:
    """The program has started again; after a power cut the citizen has gone."""

    at: float
    same_boot: bool


Input = Opened | Pressed | Scanned | ReasonChosen | Cancelled | Saved | TimerFired | StaffMode | Restored


# Effects ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Record:
    """Write an event."""

    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Hold:
    """Put the choice on the disk and say Saved when it is there."""

    session: str
    number: int


@dataclass(frozen=True, slots=True)
class StartTimer:
    """Begin, or begin anew."""

    timer: Timer
    session: str
    seconds: float


@dataclass(frozen=True, slots=True)
class StopTimers:
    """Forget all timers of a session."""

    session: str


@dataclass(frozen=True, slots=True)
class Say:
    """Play a prompt."""

    prompt: str


@dataclass(frozen=True, slots=True)
class Thank:
    """The press is safe: acknowledge it, the same way for every key."""

    session: str
    source: Source


@dataclass(frozen=True, slots=True)
class End:
    """A service is over."""

    service: Service
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Refuse:
    """Not done, and why."""

    reason: str


Effect = Record | Hold | StartTimer | StopTimers | Say | Thank | End | Refuse
