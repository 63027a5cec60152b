"""What happened, numbered and durable: an append-only outbox with one writer and group commit.

A record never waits and never fails because of the disk: light and siren may not depend on it, and the forwarder is
told by datagram. While the disk fails, events wait in memory and are written when it heals.
"""

import asyncio
import json
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ulid import ULID

from edge.clock import Clock
from edge.event import Event, Severity, rfc3339
from edge.kinds import EVENTS, check_event
from edge.outbox_file import Ack, Entry, Hole, OutboxFile
from edge.outbox_waiting import Waiting, WaitingList
from edge.wake import Wake

__all__ = ["Ack", "Outbox", "Recorded"]
log = logging.getLogger(__name__)
first_try_seconds = 2.0  # how long a start waits for a disk before it goes on without
retry_seconds = 1.0
most_reminders = 100
most_waiting = 10_000  # entries without an alarm in memory while the disk fails; alarms are never dropped
wall_key = "wall"
"""Under this key the state that is kept says which wall time has certainly passed."""
no_fault: Callable[[], None] = lambda: None  # noqa: E731 - the name says what it is


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event and the promise that it is on disk; the promise stays open while the disk fails."""

    event: Event
    durable: "asyncio.Future[None]"


class Outbox:
    """The events of one program, in two numbered outboxes: `{program}` and `{program}-alarm`."""

    def __init__(
        self, path: Path, program: str, clock: Clock, wake: Wake, *, disk_fault: Callable[[], None], tally: str
    ) -> None:
        """Use `Outbox.open`."""
        self._path = path
        self._tally = tally
        self._program = program
        self._clock = clock
        self._wake = wake
        self._disk_fault = disk_fault
        self._loop = asyncio.get_running_loop()
        self.epoch = str(ULID())
        self._last = {program: 0, f"{program}-alarm": 0}
        self._inbox: queue.SimpleQueue[Waiting | Ack | None] = queue.SimpleQueue()
        self._first_try: asyncio.Future[None] = self._loop.create_future()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self.kept: Mapping[str, str] = {}
        self.tallied: Mapping[str, int] = {"recorded": 0, "acknowledged": 0}
        """How many events of the counted kind have ever reached the disk, and how many the centre has."""
        self.epochs_before: tuple[str, ...] = ()
        self.epochs_known = False
        self.trouble: str | None = "the disk has not answered yet"
        self.on_change: Callable[[], None] = lambda: None
        """Called on the loop when `trouble` changes, and when a late disk brings `kept`."""
        self._thread = threading.Thread(target=self._write, name=f"outbox-{program}", daemon=True)

    @classmethod
    async def open(
        cls,
        path: Path,
        program: str,
        clock: Clock,
        wake: Wake,
        *,
        disk_fault: Callable[[], None] = no_fault,
        tally: str = "",
    ) -> "Outbox":
        """Open the file, or go on without it after two seconds: an alarm does not wait for a disk.

        `disk_fault` is the demo's disk: called before each commit, it raises what a failing disk would. `tally` is a
        kind of event that is counted for ever, in step with the events.
        """
        outbox = cls(path, program, clock, wake, disk_fault=disk_fault, tally=tally)
        outbox._thread.start()
        await asyncio.wait([outbox._first_try], timeout=first_try_seconds)
        return outbox

    def record(self, kind: str, data: Mapping[str, Any], *, keep: Mapping[str, str] | None = None) -> Recorded:
        """Number the event, hand it to the disk and wake the forwarder. Raises ValueError for data that do not fit."""
        (event,), durable = self.record_all([(kind, data)], keep=keep or {})
        return Recorded(event, durable)

    def record_all(
        self, facts: Sequence[tuple[str, Mapping[str, Any]]], *, keep: Mapping[str, str]
    ) -> "tuple[list[Event], asyncio.Future[None]]":
        """Record several facts and state, all or nothing: a crash in between leaves neither half."""
        events = [self._numbered(kind, check_event(kind, data)) for kind, data in facts]
        messages = [event.cloudevent(self._wake.device) for event in events]
        for message in messages:
            self._wake.event(message)
        bodies = [json.dumps(message, ensure_ascii=False) for message in messages]
        latest = {wall_key: rfc3339(max(event.stamp.wall for event in events))} if events else {}
        return events, self._enqueue(Entry(tuple(zip(events, bodies, strict=True)), {**latest, **keep}))

    @property
    def next_alarm(self) -> tuple[str, str, int]:
        """Outbox, epoch and number that the next alarm will have."""
        outbox = f"{self._program}-alarm"
        return outbox, self.epoch, self._last[outbox] + 1

    def keep(self, state: Mapping[str, str]) -> "asyncio.Future[None]":
        """Keep state without an event."""
        return self._enqueue(Entry((), state))

    def acknowledge(self, ack: Ack) -> None:
        """Forget what the centre has stored."""
        self._inbox.put(ack)

    async def watch(self) -> None:
        """Wait until closed; raises what ended the writer thread, so that the program dies with it."""
        await asyncio.shield(self._ended)

    async def close(self) -> None:
        """Write what waits, unless the disk fails, and close the file."""
        self._inbox.put(None)
        await asyncio.wait([self._ended], timeout=first_try_seconds)

    def _enqueue(self, entry: Entry) -> "asyncio.Future[None]":
        durable: asyncio.Future[None] = self._loop.create_future()
        self._inbox.put(Waiting(entry, (durable,)))
        return durable

    def _numbered(self, kind: str, data: Mapping[str, Any]) -> Event:
        severity = EVENTS[kind].severity_of(data)
        outbox = f"{self._program}-alarm" if severity is Severity.ALARM else self._program
        self._last[outbox] += 1
        stamp = self._clock.stamp()
        return Event(outbox, self.epoch, self._last[outbox], kind, severity, stamp, stamp.wall, data)

    # The writer thread -----------------------------------------------------------------------

    def _write(self) -> None:
        """Run the writer; whatever ends it ends the program."""
        try:
            self._write_until_closed()
        except BaseException as problem:  # noqa: BLE001 - handed to watch(), which raises it in the program
            self._tell(self._fail, problem)
        else:
            self._tell(self._ended.set_result, None)

    def _write_until_closed(self) -> None:
        file: OutboxFile | None = None
        waiting = WaitingList(most_waiting)
        closing = False
        while True:
            try:
                file = file or self._open()
                self._disk_fault()
                self._commit(file, waiting)
            except (sqlite3.Error, OSError) as problem:
                self._tell(self._say, plain(problem))
                self._tell(self._remind, [item.entry for item in waiting.entries])
                _close(file)
                file = None
            if closing:
                break  # written, or the disk fails and the forwarder has had its datagram
            closing = self._fetch(waiting, patient=file is not None) or closing
            waiting.bound()
        _close(file)

    def _open(self) -> OutboxFile:
        self._disk_fault()
        file = OutboxFile(self._path, self.epoch, self._tally)
        self._tell(self._counted, file.tallied)
        self._tell(self._opened, file)
        return file

    def _commit(self, file: OutboxFile, waiting: WaitingList) -> None:
        entries, acks = waiting.entries, waiting.acks
        if entries or acks:
            file.commit([item.entry for item in entries], acks)
            self._tell(self._counted, file.tallied)
            self._tell(_keep_promises, [promise for item in entries for promise in item.promises])
            waiting.clear()
        self._tell(self._say, None)
        for hole in waiting.take_dropped():
            self._tell(self._gap, hole, "the disk failed and memory was full")

    def _fetch(self, waiting: WaitingList, *, patient: bool) -> bool:
        """Wait for something to write, take all there is, and return whether to close."""
        closing = False
        try:
            item = self._inbox.get(timeout=None if patient else retry_seconds)
            while True:
                if item is None:
                    closing = True
                else:
                    waiting.add(item)
                item = self._inbox.get_nowait()
        except queue.Empty:
            return closing

    def _tell(self, what: Callable[..., object], *news: object) -> None:
        try:
            self._loop.call_soon_threadsafe(what, *news)
        except RuntimeError:
            log.debug("the program has ended before its outbox")

    # Back on the loop ------------------------------------------------------------------------

    def _opened(self, file: OutboxFile) -> None:
        late = self._first_try.done() and not self.epochs_known
        if not self.epochs_known:
            # A file that is opened again after a failure is behind this program's own memory.
            self.kept, self.epochs_before = file.kept, file.epochs_before
            self.epochs_known = True
            # A clock without battery must not say that what was recorded is yet to come.
            self._clock.floor = max(self._clock.floor, last_moment(self.kept) or self._clock.floor)
        for hole in file.holes:
            self._gap(hole, "the file was damaged")
        if late:
            self.on_change()

    def _counted(self, tallied: Mapping[str, int]) -> None:
        self.tallied = tallied

    def _gap(self, hole: Hole, reason: str) -> None:
        numbers = {"outbox": hole.outbox, "epoch": hole.epoch, "first": hole.first, "last": hole.last}
        self.record("outbox.gap", {**numbers, "reason": reason})

    def _say(self, trouble: str | None) -> None:
        if not self._first_try.done():
            self._first_try.set_result(None)
        if trouble != self.trouble:
            self.trouble = trouble
            log.log(
                logging.ERROR if trouble else logging.INFO, "%s: %s", self._path, trouble or "the disk takes events"
            )
            self.on_change()

    def _remind(self, entries: list[Entry]) -> None:
        """While the disk fails, the forwarder may have restarted and lost its datagrams: alarms are told again."""
        alarms = [body for entry in entries for event, body in entry.events if event.severity is Severity.ALARM]
        for body in alarms[:most_reminders]:
            self._wake.event(json.loads(body))

    def _fail(self, problem: BaseException) -> None:
        if not self._ended.done():
            self._ended.set_exception(problem)
        if not self._first_try.done():
            self._first_try.set_result(None)


def _close(file: OutboxFile | None) -> None:
    """Close a file that failed; it is opened again, since a card may have been pulled and put back."""
    if file is not None:
        try:
            file.close()
        except sqlite3.Error as problem:
            log.warning("the outbox file could not be closed: %s", problem)


def _keep_promises(promises: "list[asyncio.Future[None]]") -> None:
    for promise in promises:
        if not promise.done():
            promise.set_result(None)


def plain(problem: Exception) -> str:
    """Say what is wrong with the disk in words a technician can act on."""
    text = str(problem)
    if "full" in text or "No space" in text:
        return "the disk is full"
    if "readonly" in text or "Read-only" in text:
        return "the disk is read-only"
    if "unable to open" in text or "Permission" in text:
        return f"the outbox file cannot be opened: {text}"
    return f"the disk returns errors: {text}"


def last_moment(kept: Mapping[str, str]) -> datetime | None:
    """Return the latest wall time that was kept, a floor for a clock without battery."""
    return datetime.fromisoformat(kept[wall_key]) if wall_key in kept else None


def moment_to_keep(clock: Clock) -> dict[str, str]:
    """Return the state by which a later start knows that this moment has passed."""
    return {wall_key: rfc3339(clock.stamp().wall)}
