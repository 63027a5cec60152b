"""From effects to parts: light and siren first, then the record, then help. Nothing here decides anything."""

import logging
from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol, assert_never

from ulid import ULID

from edge.clock import Clock
from edge.event import Stamp, rfc3339
from edge.outbox import Ack, Outbox
from edge.panic import incident as machine
from edge.panic.incident import (
    Incident,
    Input,
    Policy,
    Received,
    Record,
    Refuse,
    Restored,
    ResumeTimer,
    Say,
    Show,
    StartTimer,
    StopTimer,
    TellMedia,
    Timer,
    TimerFired,
    idle,
    step,
)
from edge.panic.memory import Memory, Numbered, Scratch, as_text
from edge.panic.signals import SignalBoard
from edge.panic.timers import Timers

log = logging.getLogger(__name__)


class Helper(Protocol):
    """Media, as the incident sees it: told, never waited for."""

    def tell(self, cause: str) -> None:
        """The incident has changed."""
        ...

    def say(self, prompt: str) -> None:
        """Play a voice prompt."""
        ...


class Post:
    """The incident and everything that is done about it. All methods run on the loop and return at once."""

    def __init__(self, *, policy: Policy, board: SignalBoard, outbox: Outbox, clock: Clock, scratch: Scratch) -> None:
        """Begin idle; `restore` follows."""
        self.incident: Incident = idle
        self.raised = ""
        self.media: Helper | None = None
        self._policy = policy
        self._board = board
        self._outbox = outbox
        self._clock = clock
        self._scratch = scratch
        self._alarm: Numbered | None = None
        self._timers = Timers(self._fired)
        self._before_restart = Memory()

    def restore(self, memory: Memory) -> None:
        """Go on with the incident of an earlier life of this program."""
        self.incident, self.raised, self._alarm = memory.incident, memory.raised, memory.alarm
        self._before_restart = memory
        self.take(Restored())

    def take(self, given: Input) -> list[str]:
        """Let the machine decide and carry it out; returns the reasons for what was refused."""
        before = self.incident
        self.incident, effects = step(before, given, self._policy)
        if self.incident.open and not before.open:
            self.raised = rfc3339(self._clock.stamp().wall)
        for effect in effects:
            if isinstance(effect, Show):
                self._board.show(effect.signals)
        self._run_timers(effects)
        self._remember(before, [effect for effect in effects if isinstance(effect, Record)])
        self._call_for_help(effects)
        return [effect.reason for effect in effects if isinstance(effect, Refuse)]

    def received(self, ack: Ack, centre: int) -> None:
        """A centre has stored events: if the alarm is among them, the person at the gate may know."""
        alarm = self._alarm
        if alarm and (alarm.outbox, alarm.epoch) == (ack.outbox, ack.epoch) and alarm.sequence <= ack.upto:
            self._alarm = None
            self.take(Received(self.incident.id, centre))

    def new_id(self) -> str:
        """Return a fresh name for an incident."""
        return str(ULID())

    def _fired(self, timer: Timer) -> None:
        self.take(TimerFired(timer))

    def _run_timers(self, effects: Iterable[machine.Effect]) -> None:
        now = self._clock.stamp()
        for effect in effects:
            match effect:
                case StartTimer(timer):
                    self._timers.start(timer, self._policy.seconds(timer), now)
                case ResumeTimer(timer):
                    self._timers.start(timer, self._left(timer, now), now)
                case StopTimer(timer):
                    self._timers.stop(timer)
                case _:
                    pass

    def _left(self, timer: Timer, now: Stamp) -> float:
        full = self._policy.seconds(timer)
        due = self._before_restart.due.get(timer)
        # A call lease ran on while nobody listened: media gets its full length to renew it.
        return full if due is None or timer is Timer.CALL_LEASE else due.left(now, full)

    def _remember(self, before: Incident, records: list[Record]) -> None:
        """Write the facts and the state behind them, all or nothing."""
        if not records and before == self.incident:
            return
        first = self._outbox.next_alarm if any(record.kind in raising for record in records) else None
        if first is not None:
            self._alarm = Numbered(*first)
        elif not self.incident.open:
            self._alarm = None
        memory = Memory(self.incident, self.raised, self._alarm, self._timers.due)
        text = as_text(memory)
        self._scratch.write(text)
        self._outbox.record_all([(record.kind, record.data) for record in records], keep=text)

    def _call_for_help(self, effects: Iterable[machine.Effect]) -> None:
        for effect in effects:
            match effect:
                case TellMedia(cause) if self.media:
                    self.media.tell(cause)
                case Say(prompt) if self.media:
                    self.media.say(prompt)
                case TellMedia() | Say() | Show() | Record() | StartTimer() | ResumeTimer() | StopTimer() | Refuse():
                    pass
                case _:
                    assert_never(effect)

    def adopt_late(self, memory: Memory) -> None:
        """A disk that came late brings an incident of an earlier life: go on with it, or say where it went."""
        if not memory.incident.open or memory.incident.id == self.incident.id:
            return
        if not self.incident.open:
            self.restore(memory)
            return
        log.warning("incident %s from the late disk goes on as %s", memory.incident.id, self.incident.id)
        note = f"the disk came late; it goes on as incident {self.incident.id}"
        old = replace(memory.incident, timers=frozenset())
        closing = machine.Closed(old.id, "post", "technical", note)
        _, effects = step(old, closing, self._policy)
        self._remember(idle, [effect for effect in effects if isinstance(effect, Record)])


# The alarms for which "received" is shown at the gate.
raising = frozenset({"incident.raised", "incident.level_raised"})
