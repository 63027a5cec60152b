"""The incident under random inputs: what must hold in every state, whatever has happened before."""

from dataclasses import replace

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from edge.panic.incident import (
    Acknowledged,
    Arrived,
    Begun,
    CallOver,
    CallRenewed,
    Closed,
    Dispatched,
    Effect,
    Incident,
    Input,
    Level,
    Mode,
    Policy,
    Pressed,
    Received,
    Record,
    Refuse,
    Restored,
    ResumeTimer,
    Say,
    Show,
    Signals,
    Silenced,
    StartTimer,
    Timer,
    TimerFired,
    idle,
    signals,
    step,
)
from edge.panic.memory import Memory, as_text, from_text

operators = st.sampled_from(["Wang", "Li"])
levels = st.sampled_from(list(Level))
policies = st.builds(Policy, siren_in_drill=st.booleans(), siren_in_test=st.booleans())


class IncidentWalk(RuleBasedStateMachine):
    """Presses, operators, teams, timers and restarts in any order."""

    @initialize(policy=policies)
    def begin(self, policy: Policy) -> None:
        """Start with nothing open."""
        self.policy = policy
        self.incident: Incident = idle
        self.presses = 0
        self.numbers = 0
        self.shown = Signals()

    def give(self, given: Input) -> list[Effect]:
        """Take a step, and check what must hold of every step."""
        before = self.incident
        self.incident, effects = step(before, given, self.policy)
        kinds = [type(effect) for effect in effects]
        if Show in kinds and Record in kinds:
            assert kinds.index(Show) < kinds.index(Record), "light and siren may not wait for the disk"
        for effect in effects:
            if isinstance(effect, Show):
                self.shown = effect.signals
        if before.open and not isinstance(given, Closed):
            assert self.incident.id == before.id, "only a close ends an incident"
        if Refuse in kinds:
            assert (self.incident, len(effects)) == (before, 1), "what is refused changes nothing"
        if Level.SILENT in {before.level, self.incident.level} and self.incident.level is Level.SILENT:
            assert not [effect for effect in effects if isinstance(effect, Say)]
        return effects

    def named(self, right: bool) -> str:
        """Name the open incident, or another one."""
        return self.incident.id if right else "another"

    @rule(level=levels)
    def press(self, level: Level) -> None:
        """Somebody presses a key."""
        before = self.incident
        self.numbers += 1
        effects = self.give(Pressed(f"I{self.numbers}", level))
        self.presses = self.presses + 1 if before.open else 1
        assert any(isinstance(effect, Record) for effect in effects), "no press goes unrecorded"
        assert self.incident.open
        assert self.incident.level >= max(level, before.level if before.open else level)
        if level is Level.PANIC:
            assert (self.incident.level, self.incident.mode) == (Level.PANIC, Mode.LIVE)

    @rule(level=levels, mode=st.sampled_from([Mode.DRILL, Mode.TEST]))
    def begin_drill(self, level: Level, mode: Mode) -> None:
        """A technician begins a drill or a test."""
        was_open = self.incident.open
        self.numbers += 1
        effects = self.give(Begun(f"I{self.numbers}", level, mode, "technician"))
        if was_open:
            assert isinstance(effects[0], Refuse)
        else:
            self.presses = 1

    @rule(right=st.booleans(), centre=st.integers(0, 1))
    def receive(self, right: bool, centre: int) -> None:
        """A centre has stored it."""
        self.give(Received(self.named(right), centre))

    @rule(right=st.booleans(), operator=operators)
    def acknowledge(self, right: bool, operator: str) -> None:
        """An operator has seen it."""
        self.give(Acknowledged(self.named(right), operator))

    @rule(right=st.booleans(), operator=operators)
    def silence(self, right: bool, operator: str) -> None:
        """An operator silences the siren."""
        self.give(Silenced(self.named(right), operator))

    @rule(right=st.booleans(), operator=operators)
    def dispatch(self, right: bool, operator: str) -> None:
        """A team is sent."""
        self.give(Dispatched(self.named(right), operator))

    @rule(right=st.booleans(), operator=operators)
    def arrive(self, right: bool, operator: str) -> None:
        """A team is there."""
        self.give(Arrived(self.named(right), operator))

    @rule(right=st.booleans(), operator=operators, speaking=st.booleans())
    def renew_call(self, right: bool, operator: str, speaking: bool) -> None:
        """Media renews the lease."""
        self.give(CallRenewed(self.named(right), operator, speaking))

    @rule(right=st.booleans())
    def end_call(self, right: bool) -> None:
        """Media says that the call is over."""
        self.give(CallOver(self.named(right), "hung up"))

    @rule(timer=st.sampled_from(list(Timer)))
    def fire(self, timer: Timer) -> None:
        """A timer runs out."""
        self.give(TimerFired(timer))

    @rule(right=st.booleans())
    def close(self, right: bool) -> None:
        """Somebody closes it."""
        was_open, recorded = self.incident.open, self.presses
        effects = self.give(Closed(self.named(right), "Wang", "real"))
        if was_open and right:
            assert self.incident == idle
            (end,) = [e for e in effects if isinstance(e, Record) and e.kind == "incident.closed"]
            assert end.data["presses"] == recorded

    @rule()
    def restart(self) -> None:
        """The program dies and comes back: same state, same signals, nothing new raised."""
        before = self.incident
        self.incident = from_text(as_text(Memory(before))).incident
        assert self.incident == before
        effects = self.give(Restored())
        assert self.incident == before
        assert effects[0] == Show(signals(before))
        assert not [effect for effect in effects if isinstance(effect, Record | StartTimer)]
        assert {effect.timer for effect in effects if isinstance(effect, ResumeTimer)} == before.timers

    @invariant()
    def light_is_on_in_every_open_panic(self) -> None:
        """And nowhere else."""
        wanted = self.incident.open and self.incident.level is Level.PANIC
        assert self.shown.light == wanted

    @invariant()
    def what_is_shown_follows_from_the_incident(self) -> None:
        """Whatever way led there."""
        assert self.shown == signals(self.incident)

    @invariant()
    def silent_and_idle_are_dark(self) -> None:
        """No lamp either."""
        if self.incident.level is Level.SILENT or not self.incident.open:
            assert self.shown == Signals()

    @invariant()
    def every_press_is_counted(self) -> None:
        """Presses counted are presses given."""
        if self.incident.open:
            assert self.incident.presses == self.presses

    @invariant()
    def the_siren_always_has_an_end(self) -> None:
        """Its limit runs exactly while it is wanted; a lease exactly while a call is up."""
        sounding = self.shown.siren or self.shown.ducked or self.incident.siren.value == "sounding"
        assert (Timer.SIREN_LIMIT in self.incident.timers) == sounding
        assert (Timer.CALL_LEASE in self.incident.timers) == bool(self.incident.caller)

    @invariant()
    def nothing_open_means_nothing_left(self) -> None:
        """An idle machine remembers nothing of the last incident."""
        if not self.incident.open:
            assert self.incident == replace(idle)


IncidentWalk.TestCase.settings = settings(max_examples=60, stateful_step_count=40)
TestIncidentWalk = IncidentWalk.TestCase
