"""The outbox: numbered without gaps, all or nothing, and never held up by a disk."""

import asyncio
import json
import socket
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from edge.clock import Clock, build_floor
from edge.outbox import Ack, Outbox, last_moment, moment_to_keep, most_waiting, no_fault, plain
from edge.outbox_reader import LaneReader, Span
from edge.sim_disk import SimulatedDisk
from edge.wake import Wake
from support.patience import deadline_seconds, until_async

proof = ("device.part_proved", {"part": "light"})
tampered = ("device.tampered", {"part": "enclosure", "reason": "opened"})


@asynccontextmanager
async def opened(
    folder: Path, disk_fault: Callable[[], None] = no_fault, *, late: bool = False
) -> AsyncIterator[Outbox]:
    """Open the outbox of a panic program in a folder, and close it in an orderly way.

    A program waits for its disk for two seconds only; here a busy disk has all the time it needs, unless it is `late`.
    """
    wake = Wake(folder / "nobody.sock", "school.gate")
    outbox = await Outbox.open(folder / "state" / "panic.sqlite3", "panic", Clock(), wake, disk_fault=disk_fault)
    try:
        if not late:
            await outbox._first_try
        yield outbox
    finally:
        await outbox.close()
        await outbox.watch()
        wake.close()


def on_disk(folder: Path) -> list[dict[str, Any]]:
    """Return all events in the order of the file."""
    return [json.loads(row.body) for row in LaneReader(folder / "state" / "panic.sqlite3").rows(0, 100_000)]


def gaps(folder: Path) -> list[tuple[int, int]]:
    """Return the numbers that were given up."""
    events = [event for event in on_disk(folder) if event["type"] == "callpost.outbox.gap"]
    return [(event["data"]["first"], event["data"]["last"]) for event in events]


async def test_each_lane_is_numbered_without_gaps(tmp_path: Path) -> None:
    """Alarms by themselves, from 1; the number is known before the disk has answered."""
    async with opened(tmp_path) as outbox:
        assert outbox.next_alarm == ("panic-alarm", outbox.epoch, 1)
        for number in range(1, 6):
            assert outbox.record(*proof).event.sequence == number
            alarm = outbox.record(*tampered)
            assert (alarm.event.outbox, alarm.event.sequence) == ("panic-alarm", number)
            assert alarm.event.id == f"panic-alarm:{outbox.epoch}:{number}"
        await alarm.durable
        assert outbox.trouble is None
    assert [event["id"].split(":")[2] for event in on_disk(tmp_path)] == list("1122334455")


async def test_every_start_is_a_new_epoch(tmp_path: Path) -> None:
    """A number can never be used twice; the epochs before are known in their order."""
    epochs: list[str] = []
    for _ in range(3):
        async with opened(tmp_path) as outbox:
            assert outbox.epochs_before == tuple(epochs)
            epochs.append(outbox.epoch)
            assert outbox.record(*proof).event.sequence == 1
    assert len(set(epochs)) == 3


async def test_epochs_with_nothing_to_send_are_forgotten_in_time(tmp_path: Path) -> None:
    """Of a post that restarts for years the last twenty names are told."""
    for _ in range(25):
        async with opened(tmp_path) as outbox:
            before = len(outbox.epochs_before)
    assert before == 20


async def test_an_acknowledgement_deletes_up_to_its_number(tmp_path: Path) -> None:
    """In its own lane and epoch; a later smaller one takes nothing back, and what is gone is told as a span."""
    async with opened(tmp_path) as outbox:
        for _ in range(4):
            outbox.record(*proof)
            last = outbox.record(*tampered)
        await last.durable
        outbox.acknowledge(Ack("panic", outbox.epoch, 3))
        outbox.acknowledge(Ack("panic", outbox.epoch, 2))
        outbox.acknowledge(Ack("panic-alarm", outbox.epoch, 4))
        outbox.acknowledge(Ack("panic", "another epoch", 4))
        await outbox.keep({"done": "1"})
        reader = LaneReader(tmp_path / "state" / "panic.sqlite3")
        assert reader.spans() == [Span("panic", outbox.epoch, 4, 4), Span("panic-alarm", outbox.epoch, 5, 4)]
        assert outbox.record(*proof).event.sequence == 5


async def test_state_is_kept_with_the_events_and_read_at_the_next_start(tmp_path: Path) -> None:
    """Together or alone; a later word replaces an earlier one."""
    async with opened(tmp_path) as outbox:
        assert outbox.kept == {}
        outbox.record(*proof, keep={"a": "1", "b": "1"})
        await outbox.keep({"b": "2"})
    async with opened(tmp_path) as outbox:
        assert outbox.kept.items() >= {"a": "1", "b": "2"}.items()


async def test_a_fact_that_does_not_fit_takes_the_others_with_it(tmp_path: Path) -> None:
    """All or nothing: neither facts nor state; and it is the caller's mistake."""
    async with opened(tmp_path) as outbox:
        with pytest.raises(ValueError, match=r"device\.tampered: reason"):
            outbox.record_all([proof, ("device.tampered", {"part": "x"})], keep={"a": "1"})
        await outbox.keep({})
    assert on_disk(tmp_path) == []


async def test_the_forwarder_is_told_before_the_disk(tmp_path: Path) -> None:
    """The datagram carries the event past a dead disk."""
    received: asyncio.Queue[bytes] = asyncio.Queue()

    class Ear(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: object) -> None:
            received.put_nowait(data)

    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ear.setblocking(False)
    ear.bind(str(tmp_path / "nobody.sock"))
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Ear, sock=ear)
    disk = SimulatedDisk()
    await disk.act("die", {})
    async with opened(tmp_path, disk) as outbox:
        event = outbox.record(*tampered).event
        first = json.loads(await asyncio.wait_for(received.get(), deadline_seconds))["event"]
        again = json.loads(await asyncio.wait_for(received.get(), deadline_seconds))["event"]
        assert first["id"] == again["id"] == event.id, "an alarm is told again while the disk fails"
        await disk.act("mend", {})
        await until_async(lambda: outbox.trouble is None)
    transport.close()


@pytest.mark.parametrize(("action", "reason"), [("fill", "the disk is full"), ("die", "the disk returns errors: ")])
async def test_a_failing_disk_is_told_and_everything_is_written_once_when_it_heals(
    tmp_path: Path, action: str, reason: str
) -> None:
    """Record never raises; the promise stays open until then; `on_change` is told both times."""
    disk = SimulatedDisk()
    async with opened(tmp_path, disk) as outbox:
        troubles: list[str | None] = []
        outbox.on_change = lambda: troubles.append(outbox.trouble)
        await outbox.record(*proof).durable
        await disk.act(action, {})
        waiting = [outbox.record(*proof), outbox.record(*tampered, keep={"a": "1"})]
        await until_async(lambda: troubles)
        assert not any(recorded.durable.done() for recorded in waiting)
        await disk.act("mend", {})
        await asyncio.gather(*(recorded.durable for recorded in waiting))
        await until_async(lambda: len(troubles) == 2)
        assert (troubles[0] or "").startswith(reason)
        assert troubles[1] is None
    assert [event["id"].split(":")[2] for event in on_disk(tmp_path)] == ["1", "2", "1"]


async def test_a_late_disk_does_not_hold_up_the_start(tmp_path: Path) -> None:
    """Two seconds and no more; what was recorded meanwhile is written, and what was kept is brought."""
    async with opened(tmp_path) as outbox:
        await outbox.keep({"a": "1"})
    answers = threading.Event()

    def hanging() -> None:
        answers.wait(deadline_seconds)

    async with opened(tmp_path, hanging, late=True) as outbox:
        assert outbox.trouble == "the disk has not answered yet"
        assert not outbox.epochs_known
        changed = asyncio.Event()
        outbox.on_change = changed.set
        recorded = outbox.record(*tampered)
        answers.set()
        await recorded.durable
        await changed.wait()
        assert outbox.epochs_known
        assert outbox.kept == {"a": "1"}


async def test_a_disk_that_is_mounted_later_is_taken(tmp_path: Path) -> None:
    """The folder cannot be made at first."""
    blocker = tmp_path / "state"
    blocker.write_text("no folder")
    async with opened(tmp_path) as outbox:
        assert outbox.trouble is not None
        recorded = outbox.record(*tampered)
        blocker.unlink()
        await recorded.durable
        await until_async(lambda: outbox.trouble is None)
    assert len(on_disk(tmp_path)) == 1


async def test_what_ends_the_writer_ends_the_program(tmp_path: Path) -> None:
    """A dead task is a dead process."""

    def broken() -> None:
        raise RuntimeError("a mistake of ours")

    outbox = await Outbox.open(
        tmp_path / "panic.sqlite3", "panic", Clock(), Wake(tmp_path / "x", "a.b"), disk_fault=broken
    )
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        await outbox.watch()
    outbox._wake.close()


async def test_memory_is_bounded_while_the_disk_is_dead(tmp_path: Path) -> None:
    """Alarms are never dropped; what was dropped is named once, and everything else arrives."""
    disk = SimulatedDisk()
    await disk.act("die", {})
    extra = 50
    async with opened(tmp_path, disk) as outbox:
        for number in range(most_waiting + extra):
            outbox.record(*proof, keep={"number": str(number)} if number < 3 else None)
            if number % 5000 == 0:
                outbox.record(*tampered)
        await until_async(outbox._inbox.empty)  # all of it waits in the writer now
        await disk.act("mend", {})
        await until_async(lambda: outbox.trouble is None)
        await until_async(lambda: gaps(tmp_path))
    events = on_disk(tmp_path)
    numbers = sorted(int(event["sequence"]) for event in events if event["id"].startswith("panic:"))
    (first, last), *more = gaps(tmp_path)
    assert (first, more) == (1, [])
    assert last >= extra
    assert numbers == list(range(last + 1, most_waiting + extra + 2)), "the gap, and then everything"
    assert sum(event["severity"] == "alarm" for event in events) == 3
    async with opened(tmp_path) as outbox:
        assert outbox.kept["number"] == "2", "state is not dropped with its event"


def damage(path: Path) -> None:
    """Take the third event away, and break a page that the rows can do without."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("DELETE FROM events WHERE sequence = 3")
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_events_1'").fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


async def test_a_damaged_file_is_moved_aside_and_salvaged(tmp_path: Path) -> None:
    """What can be read goes on, what is missing in between is named, and the damaged file is kept for a technician."""
    async with opened(tmp_path) as outbox:
        for number in range(5):
            outbox.record(*proof, keep={"number": str(number)})
        before = outbox.epoch
    damage(tmp_path / "state" / "panic.sqlite3")
    async with opened(tmp_path) as outbox:
        assert outbox.kept["number"] == "4"
        assert outbox.epochs_before == (before,)
        await until_async(lambda: gaps(tmp_path))
    stored = on_disk(tmp_path)
    assert [event["id"] for event in stored[:4]] == [f"panic:{before}:{number}" for number in (1, 2, 4, 5)]
    gap = stored[4]["data"]
    assert (gap["outbox"], gap["epoch"], gap["first"], gap["last"]) == ("panic", before, 3, 3)
    assert list((tmp_path / "state").glob("panic.sqlite3.damaged-*"))


@pytest.mark.parametrize("content", [b"this was a database once " * 400, b"SQLite format 3\0" + b"\xff" * 8000])
async def test_a_file_that_is_no_database_does_not_stop_the_post(tmp_path: Path, content: bytes) -> None:
    """Nothing can be salvaged; the post takes alarms."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "panic.sqlite3").write_bytes(content)
    async with opened(tmp_path) as outbox:
        await asyncio.wait_for(outbox.record(*tampered).durable, deadline_seconds)
    assert len(on_disk(tmp_path)) == 1
    (aside,) = (tmp_path / "state").glob("panic.sqlite3.damaged-*")
    assert aside.read_bytes() == content


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (sqlite3.OperationalError("database or disk is full"), "the disk is full"),
        (OSError(28, "No space left on device"), "the disk is full"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "the disk is read-only"),
        (OSError(30, "Read-only file system"), "the disk is read-only"),
        (sqlite3.OperationalError("unable to open database file"), "the outbox file cannot be opened: "),
        (sqlite3.OperationalError("disk I/O error"), "the disk returns errors: disk I/O error"),
    ],
)
def test_trouble_is_told_in_words_that_help(problem: Exception, words: str) -> None:
    """To a technician who reads the fault."""
    assert plain(problem).startswith(words)


def test_the_last_moment_is_a_floor_for_the_clock() -> None:
    """As it was kept."""
    moment = last_moment(moment_to_keep(Clock()))
    assert moment is not None
    assert moment >= build_floor
    assert last_moment({}) is None


async def test_what_was_recorded_is_a_floor_for_the_next_life(tmp_path: Path) -> None:
    """A machine that starts in 1970 dates nothing before the last event, and needs no other writing for that."""
    async with opened(tmp_path) as outbox:
        recorded = outbox.record("device.started", {"program": "panic", "version": "1", "epochs_before": []})
        await recorded.durable
    async with opened(tmp_path) as again:
        assert last_moment(again.kept) == recorded.event.stamp.wall
        assert again._clock.floor == recorded.event.stamp.wall
