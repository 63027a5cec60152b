"""The terminal and everything that is done about it: records, timers, lamp and voice. Nothing here decides a rating."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from edge.clock import Clock
from edge.event import Stamp
from edge.outbox import Outbox
from rating_terminal import memory, watch
from rating_terminal.ledger import Known, Ledger
from rating_terminal.session import step
from rating_terminal.timers import Timers
from rating_terminal.visit import (
    Effect,
    End,
    Hold,
    Input,
    Opened,
    Outcome,
    Policy,
    Record,
    Refuse,
    Restored,
    Saved,
    Say,
    Service,
    StartTimer,
    State,
    StopTimers,
    Terminal,
    Thank,
    Timer,
    TimerFired,
)

log = logging.getLogger(__name__)
Facts = Sequence[tuple[str, Mapping[str, Any]]]
# Presses of these causes come from anybody's finger at any rate; the others are bounded by the services.
limited_causes = frozenset({"outside_service", "duplicate", "staff_test"})


class Around(Protocol):
    """Who is told: voice and lamp. Both return at once."""

    def say(self, prompt: str) -> None:
        """Play a voice prompt."""
        ...

    def acknowledge(self) -> None:
        """Light the lamp for a moment, the same for every key."""
        ...


class Desk:
    """The rating terminal of one window. All methods run on the loop and return at once."""

    def __init__(self, window: str, policy: Policy, outbox: Outbox, clock: Clock, excluded_per_minute: int) -> None:
        """Begin idle; `restore` follows."""
        self.terminal = Terminal(window)
        self.policy = policy
        self.ledger = Ledger()
        self.around: Around | None = None
        self.on_change: Callable[[], None] = lambda: None
        self.seen: tuple[watch.Seen, ...] = ()
        self._outbox = outbox
        self._clock = clock
        self._timers = Timers(self._fired)
        self._waiting: dict[str, list[asyncio.Future[bool]]] = {}
        self._rate = watch.Rate(excluded_per_minute)
        self._folded: watch.Folded | None = None

    @property
    def at(self) -> float:
        """CLOCK_BOOTTIME in seconds, the time of all inputs."""
        return seconds(self._clock.stamp())

    def restore(self, kept: Mapping[str, str]) -> None:
        """Go on where an earlier life of this program stopped. Raises ValueError when that cannot be read."""
        self.ledger.restore(kept)
        earlier, boot = memory.from_text(kept, self.terminal.window)
        stamp = self._clock.stamp()
        self.terminal = earlier
        self.take(Restored(seconds(stamp), boot == stamp.boot))

    def adopt_late(self, kept: Mapping[str, str]) -> None:
        """The disk came late and brings services of an earlier life: what was pressed counts, the rest is unanswered."""
        self.ledger.restore(kept)
        earlier, _ = memory.from_text(kept, self.terminal.window)
        _, effects = step(earlier, Restored(self.at, same_boot=False), self.policy)
        self._carry_out(effects, {})
        self.on_change()

    def open(self, known: Known, subject: str) -> "asyncio.Future[None]":
        """Open a service that the ledger does not know yet; the promise is kept when it is on disk."""
        keep = self.ledger.add(known)
        service = Service(known.session, known.service, known.window, known.clerk, subject, self.at)
        _, durable = self._take(Opened(service), keep)
        return durable

    def take(self, given: Input) -> list[str]:
        """Let the machine decide and carry it out; returns the reasons for what was refused."""
        refusals, _ = self._take(given, {})
        return refusals

    def _take(self, given: Input, keep: Mapping[str, str]) -> "tuple[list[str], asyncio.Future[None]]":
        before = self.terminal
        self.terminal, effects = step(before, given, self.policy)
        durable = self._carry_out(effects, keep, changed=self.terminal != before)
        self._answer_waiting()
        if self.terminal != before:
            self.on_change()
        return [effect.reason for effect in effects if isinstance(effect, Refuse)], durable

    def exclude(self, data: Mapping[str, Any]) -> None:
        """Write down a press that never reached the machine, such as one with a forged code."""
        self._carry_out([Record("rating.excluded", {"window": self.terminal.window, **data})], {})

    def outcome(self, known: Known) -> Outcome:
        """How a service stands. A rating that waits for its reason is given: the time it takes must not tell the level."""
        visit = self.terminal.visit(known.session)
        if visit is not None and visit.choice is not None and visit.state in {State.REASON, State.THANKED}:
            return Outcome.GIVEN
        return known.outcome

    def closes_in(self) -> float | None:
        """Seconds until the screen moves on by itself."""
        front = self.terminal.front
        if front is None:
            return None
        session = front.service.session
        names = {State.REASON: Timer.REASON, State.THANKED: Timer.THANKS}
        return self._timers.left(names.get(front.state, Timer.ANSWER), session)

    async def saved(self, session: str) -> bool:
        """Wait until the press of a session is on disk: False when the disk does not take it."""
        visit = self.terminal.visit(session)
        if visit is None or visit.state is not State.SAVING:
            return visit is None or visit.state is not State.UNSAVED
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(session, []).append(future)
        return await future

    async def take_durably(self, given: Input) -> list[str]:
        """Take it, and wait for the disk as long as for a press; returns the reasons for what was refused."""
        refusals, durable = self._take(given, {})
        await self.settled(durable)
        return refusals

    async def settled(self, durable: "asyncio.Future[None]") -> None:
        """Wait for the disk, but no longer than for a press: a service is open all the same."""
        await asyncio.wait([durable], timeout=self.policy.save_seconds)

    def tick(self) -> None:
        """Each second: write down what was added up."""
        folded = self._folded
        if folded is not None and watch.due(folded, self.at):
            self._folded = None
            data = {"window": self.terminal.window, "cause": "rate_limited", "evidence": folded.evidence}
            self._outbox.record("rating.excluded", data)

    # Carrying out ---------------------------------------------------------------------------------

    def _carry_out(
        self, effects: Iterable[Effect], keep: Mapping[str, str], *, changed: bool = False
    ) -> "asyncio.Future[None]":
        effects = list(effects)
        facts = [
            (effect.kind, effect.data) for effect in effects if isinstance(effect, Record) and self._listed(effect)
        ]
        keep = dict(keep)
        for effect in effects:
            if isinstance(effect, End):
                keep |= self.ledger.end(effect.service.session, effect.outcome)
        if changed:
            keep |= memory.as_text(self.terminal, self._clock.stamp().boot)
        durable = self._write(facts, keep)
        for effect in effects:
            self._act(effect, durable)
        return durable

    def _write(self, facts: Facts, keep: Mapping[str, str]) -> "asyncio.Future[None]":
        if facts or keep:
            _, durable = self._outbox.record_all(facts, keep=keep)
            return durable
        nothing: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        nothing.set_result(None)
        return nothing

    def _act(self, effect: Effect, durable: "asyncio.Future[None]") -> None:
        match effect:
            case Hold(session, number):
                durable.add_done_callback(lambda _: self.take(Saved(session, number, self.at)))
            case StartTimer(timer, session, length):
                self._timers.start(timer, session, length)
            case StopTimers(session):
                self._timers.stop(session)
            case Say(prompt) if self.around:
                self.around.say(prompt)
            case Thank(_, source) if self.around and source == "keypad":
                self.around.acknowledge()
            case Record("rating.given", data):
                self.seen = watch.remember(self.seen, watch.Seen(self.at, data["level"], data["seconds"]))
            case _:
                pass

    def _listed(self, record: Record) -> bool:
        """Whether an event is written by itself; presses that come too fast are added up."""
        if record.data.get("cause") not in limited_causes or record.data.get("level") is None:
            return True
        self._rate, within = self._rate.take(self.at)
        if not within:
            self._folded = watch.fold(self._folded, self.at)
        return within

    def _fired(self, timer: Timer, session: str) -> None:
        self.take(TimerFired(timer, session, self.at))

    def _answer_waiting(self) -> None:
        for session in list(self._waiting):
            visit = self.terminal.visit(session)
            if visit is not None and visit.state is State.SAVING:
                continue
            for future in self._waiting.pop(session):
                if not future.done():
                    future.set_result(visit is None or visit.state is not State.UNSAVED)


def seconds(stamp: Stamp) -> float:
    """CLOCK_BOOTTIME of a stamp, in seconds."""
    return stamp.mono / 1e9
