"""Commands from the centre to the programs' sockets: each one checked, carried out at most once, answered, recorded."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from edge.clock import Clock
from edge.event import ClockState, Stamp
from edge.forwarder import payloads
from edge.forwarder.cursors import Cursors, most_commands, remembered_hours
from edge.forwarder.payloads import CommandMessage, longest_reason
from edge.forwarder.programs import ProgramDownError, Programs
from edge.kinds import COMMANDS, check_command

log = logging.getLogger(__name__)
most_running = 64
nanoseconds = 1_000_000_000
statuses = frozenset({"accepted", "done", "refused"})
cut_short = "the forwarder restarted while this was carried out; what came of it is not known"

Reply = dict[str, Any]
Answer = Callable[[str, bytes], None]
Here = Callable[[], Awaitable[Reply]]
Record = Callable[[str, Mapping[str, Any]], object]


class RefusalError(Exception):
    """A command is not carried out; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Received:
    """A command as it came: name from the topic, CLOCK_BOOTTIME nanoseconds, our session, the way back."""

    name: str
    payload: bytes
    arrived: int
    session: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class _Seen:
    mono: int
    reply: "asyncio.Future[Reply]"


class Commands:
    """Takes commands as they come; those of one kind (ptz, call, …) are carried out one after another."""

    def __init__(
        self, programs: Programs, cursors: Cursors, clock: Clock, record: Record, here: Mapping[str, Here]
    ) -> None:
        """Take what carries out the forwarder's own commands as `here`."""
        self._programs = programs
        self._cursors = cursors
        self._clock = clock
        self._record = record
        self._here = here
        self._turns: dict[str, asyncio.Lock] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._seen: dict[str, _Seen] = {}
        self._remember_earlier()

    def _remember_earlier(self) -> None:
        stamp = self._clock.stamp()
        for name, reply in self._cursors.replies(stamp.wall.timestamp()).items():
            future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
            future.set_result(reply if reply is not None else _reply(name, "refused", cut_short))
            self._seen[name] = _Seen(stamp.mono, future)

    def received(self, command: Received) -> None:
        """Start on a command; nothing that it contains can raise here."""
        try:
            content = payloads.decoded(command.payload)
        except ValueError as problem:
            log.warning("command %.80r: %s", command.name, problem)
            return
        if len(self._running) >= most_running:
            self._turn_away(command, content, "too many commands at once")
            return
        task = asyncio.get_running_loop().create_task(self._take(command, content))
        self._running.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            # A bug must be seen, but it may not cost the post its connection: the centre sees no reply.
            log.error("a command failed", exc_info=problem)

    async def close(self) -> None:
        """Give up what is running."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _take(self, command: Received, content: Reply) -> None:
        try:
            order = payloads.command(content)
        except ValueError as problem:
            self._turn_away(command, content, f"malformed: {problem}")
            return
        known = self._seen.get(order.id)
        if known is None:
            known = self._begin(order.id)
            reply = await self._decided(command, order)
            self._end(command, order, known, reply)
        # The same id again: the same answer, from the same carrying out.
        _send(command, order.reply_to, await asyncio.shield(known.reply))

    def _begin(self, identifier: str) -> _Seen:
        stamp = self._clock.stamp()
        self._forget_old(stamp)
        seen = _Seen(stamp.mono, asyncio.get_running_loop().create_future())
        self._seen[identifier] = seen
        self._cursors.begin_command(identifier, stamp.wall.timestamp())
        return seen

    def _forget_old(self, stamp: Stamp) -> None:
        oldest = stamp.mono - remembered_hours * 3600 * nanoseconds
        for name in [name for name, seen in self._seen.items() if seen.mono < oldest and seen.reply.done()]:
            del self._seen[name]
        while len(self._seen) >= most_commands:
            del self._seen[next(iter(self._seen))]

    def _end(self, command: Received, order: CommandMessage, seen: _Seen, reply: Reply) -> None:
        seen.reply.set_result(reply)
        self._cursors.end_command(order.id, reply)
        self._note(command.name, order.id, order.operator, reply)

    async def _decided(self, command: Received, order: CommandMessage) -> Reply:
        try:
            self._check(command, order)
            async with self._turns.setdefault(command.name.partition(".")[0], asyncio.Lock()):
                self._check_age(command, order)
                return await self._carry_out(command.name, order)
        except (RefusalError, ProgramDownError) as problem:
            return _reply(order.id, "refused", str(problem))

    def _check(self, command: Received, order: CommandMessage) -> None:
        if command.name not in COMMANDS:
            raise RefusalError("unknown: this post knows no such command")
        if order.session != command.session:
            raise RefusalError("other session: the post has reconnected since; read its state and ask again")
        self._check_age(command, order)
        try:
            check_command(command.name, order.body)
        except ValueError as problem:
            raise RefusalError(f"malformed: {problem}") from problem

    def _check_age(self, command: Received, order: CommandMessage) -> None:
        stamp = self._clock.stamp()
        if (stamp.mono - command.arrived) / nanoseconds > order.ttl_seconds:
            raise RefusalError(f"expired: it waited here for more than {order.ttl_seconds:g} s")
        # Without a known wall clock only the session and the wait here can be judged.
        if stamp.state is ClockState.SYNCHRONISED and _too_old(order, stamp):
            raise RefusalError(f"expired: issued {order.issued.isoformat()}, valid for {order.ttl_seconds:g} s")

    async def _carry_out(self, name: str, order: CommandMessage) -> Reply:
        program = COMMANDS[name].program
        if program == "forwarder":
            return {**await self._here[name](), "id": order.id}
        request = {"id": order.id, "operator": order.operator, "body": order.body}
        return _understood(program, order.id, await self._programs.command(program, name, request))

    def _turn_away(self, command: Received, content: Reply, reason: str) -> None:
        """Refuse what has no usable envelope, as far as it says whom to tell."""
        log.warning("command %.80r is refused: %s", command.name, reason)
        identifier = payloads.text_matching(payloads.identifier, content.get("id"))
        caller = payloads.text_matching(payloads.caller_name, content.get("reply_to"))
        if identifier is None:
            return
        reply = _reply(identifier, "refused", reason)
        operator = content.get("operator")
        self._note(command.name, identifier, operator if isinstance(operator, str) else "", reply)
        if caller is not None:
            _send(command, caller, reply)

    def _note(self, name: str, identifier: str, operator: str, reply: Reply) -> None:
        log.info("command %.80r of %.80r: %s %s", name, operator, reply["status"], reply["reason"] or "")
        self._record(
            "command.executed",
            {
                "command": name[:80] or "-",
                "id": identifier,
                "operator": operator[:80],
                "status": reply["status"],
                "reason": reply["reason"],
            },
        )


def _too_old(order: CommandMessage, stamp: Stamp) -> bool:
    try:
        return stamp.wall > order.issued + timedelta(seconds=order.ttl_seconds)
    except OverflowError:
        return False  # issued at the end of all calendars


def _understood(program: str, identifier: str, answer: Reply) -> Reply:
    status, reason, body = answer.get("status"), answer.get("reason"), answer.get("body")
    if status not in statuses:
        raise ProgramDownError(f"{program} answered without a status")
    return _reply(identifier, str(status), reason if isinstance(reason, str) else None, body)


def _reply(identifier: str, status: str, reason: str | None, body: object = None) -> Reply:
    short = None if not reason else reason[:longest_reason]
    return {"id": identifier, "status": status, "reason": short, "body": body if isinstance(body, dict) else {}}


def _send(command: Received, caller: str, reply: Reply) -> None:
    command.answer(caller, json.dumps(reply, ensure_ascii=False).encode("utf-8", "replace"))


def done() -> Reply:
    """Return the reply of a command of our own that is carried out."""
    return _reply("", "done", None)


def accepted() -> Reply:
    """Return the reply of a command of our own that is under way."""
    return _reply("", "accepted", None)


def refused(reason: str) -> Reply:
    """Return the reply of a command of our own that is not carried out."""
    return _reply("", "refused", reason)
