"""Random lives of a window: every service ends once, and every press becomes exactly one event."""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rating_terminal import memory
from rating_terminal.session import step
from rating_terminal.visit import (
    Cancelled,
    Effect,
    End,
    Hold,
    Input,
    Opened,
    Policy,
    Pressed,
    ReasonChosen,
    Record,
    Refuse,
    Restored,
    Saved,
    Scanned,
    Service,
    Source,
    StaffMode,
    StartTimer,
    State,
    StopTimers,
    Terminal,
    Thank,
    Timer,
    TimerFired,
)

levels = st.integers(1, 5)
far = st.sampled_from(["", "", "", "gone"])


class WindowLife(RuleBasedStateMachine):
    """One window, its timers and its disk, with a count kept by the simplest rules."""

    def __init__(self) -> None:
        """Begin idle."""
        super().__init__()
        self.terminal = Terminal("1")
        self.policy = Policy()
        self.now = 0.0
        self.presses = 0
        self.opened: dict[str, Service] = {}
        self.ended: list[str] = []
        self.records: list[Record] = []
        self.timers: set[tuple[Timer, str]] = set()
        self.holds: list[Hold] = []
        self.thanked: set[str] = set()
        self.disk = memory.as_text(self.terminal, "boot")

    @initialize(last=st.booleans())
    def choose(self, last: bool) -> None:
        """First press wins, or the last within three seconds."""
        self.policy = Policy(change_seconds=3 if last else 0, reasons={1: ("a", "b"), 2: ("a",)})

    def take(self, given: Input) -> list[Effect]:
        """One input, and the world's part of its effects."""
        self.now += 0.25
        self.terminal, effects = step(self.terminal, given, self.policy)
        for effect in effects:
            match effect:
                case Record():
                    self.records.append(effect)
                case StartTimer(timer, session, _):
                    self.timers.add((timer, session))
                case StopTimers(session):
                    self.timers = {one for one in self.timers if one[1] != session}
                case Hold():
                    self.holds.append(effect)
                case End(service, _):
                    self.ended.append(service.service)
                case Thank(session, _):
                    self.thanked.add(session)
                case _:
                    pass
        return effects

    @rule()
    def open_service(self) -> None:
        """The counter opens the next one."""
        name = f"s{len(self.opened)}"
        service = Service(name, name, "1", "c", "", self.now)
        self.opened[name] = service
        self.take(Opened(service))

    @rule(level=levels)
    def press_keypad(self, level: int) -> None:
        """Somebody presses a key, asked or not."""
        self.presses += 1
        self.take(Pressed(level, "keypad", self.now))

    @rule(level=levels, source=st.sampled_from(["screen", "qr"]), back=st.integers(0, 2), data=far)
    def press_page(self, level: int, source: Source, back: int, data: str) -> None:
        """A page, of this service or an older one."""
        names = list(self.opened)
        session = data or (names[-1 - back] if len(names) > back else "none")
        self.presses += 1
        self.take(Pressed(level, source, self.now, session))

    @rule(back=st.integers(0, 2))
    def scan(self, back: int) -> None:
        """A phone opens the page of a service."""
        names = list(self.opened)
        if len(names) > back:
            self.take(Scanned(names[-1 - back], self.now + 20))

    @precondition(lambda self: self.terminal.front is not None)
    @rule(reason=st.sampled_from(["a", "b", None]))
    def reason(self, reason: str | None) -> None:
        """A tap for a reason, asked or not."""
        assert self.terminal.front
        self.take(ReasonChosen(self.terminal.front.service.session, reason, self.now))

    @precondition(lambda self: self.terminal.visits)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """The counter takes one back."""
        visit = data.draw(st.sampled_from(self.terminal.visits))
        effects = self.take(Cancelled(visit.service.session, self.now))
        assert (visit.choice is not None) == any(isinstance(one, Refuse) for one in effects)

    @precondition(lambda self: self.holds)
    @rule()
    def disk_commits(self) -> None:
        """The oldest commit is done."""
        hold = self.holds.pop(0)
        self.take(Saved(hold.session, hold.number, self.now))

    @precondition(lambda self: self.timers)
    @rule(data=st.data())
    def timer(self, data: st.DataObject) -> None:
        """Any timer runs out."""
        timer, session = data.draw(st.sampled_from(sorted(self.timers)))
        self.timers.discard((timer, session))
        self.take(TimerFired(timer, session, self.now))

    @rule(on=st.booleans())
    def staff(self, on: bool) -> None:
        """Staff test, unless a citizen is there."""
        self.take(StaffMode(on, self.now))

    @rule(same_boot=st.booleans())
    def restart(self, same_boot: bool) -> None:
        """Killed, with everything on the disk: as text and back, then on."""
        text = memory.as_text(self.terminal, "boot")
        staff = self.terminal.staff
        restored, _ = memory.from_text(text, "1")
        assert replace(restored, staff=staff) == self.terminal
        self.terminal = restored
        self.timers, self.holds = set(), []
        self.take(Restored(self.now, same_boot))

    @invariant()
    def no_service_ends_twice(self) -> None:
        """One end each, and those that are open have none."""
        assert len(self.ended) == len(set(self.ended))
        waiting = {visit.service.service for visit in self.terminal.visits if not visit.counted}
        assert waiting.isdisjoint(self.ended)
        assert waiting | set(self.ended) == set(self.opened)

    @invariant()
    def one_service_one_rating(self) -> None:
        """Of each service at most one rating, and never together with no answer."""
        final = [one.data["service"] for one in self.records if one.kind in {"rating.given", "rating.unanswered"}]
        assert len(final) == len(set(final))

    @invariant()
    def every_press_is_one_event(self) -> None:
        """Counted or excluded with evidence, or still waiting; none is lost and none is invented."""
        kinds = {"rating.given", "rating.excluded"}
        events = [one for one in self.records if one.kind in kinds and one.data.get("level") is not None]
        waiting = [visit for visit in self.terminal.visits if visit.choice is not None and not visit.counted]
        assert len(events) + len(waiting) == self.presses
        assert all(one.data["evidence"] for one in events if one.kind == "rating.excluded")

    @invariant()
    def thanks_only_for_what_is_safe(self) -> None:
        """Whoever is thanked has pressed, and the disk has it."""
        front = self.terminal.front
        if front and front.state in {State.THANKED, State.REASON}:
            assert front.choice
            assert front.hold > 0

    @invariant()
    def something_always_ends_it(self) -> None:
        """No visit without a timer, except one that waits for the disk and has it too."""
        for visit in self.terminal.visits:
            assert any(session == visit.service.session for _, session in self.timers), visit


WindowLife.TestCase.settings = settings(max_examples=150, stateful_step_count=50)
TestRandomLives = WindowLife.TestCase
