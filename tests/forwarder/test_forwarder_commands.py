"""Commands: checked, carried out once, answered, recorded; and the chain of paths behind an unanswered alarm."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.clock import SimulatedClock
from edge.event import Stamp
from edge.forwarder.acks import AckPosts
from edge.forwarder.commands import Commands, Received, Reply, done
from edge.forwarder.cursors import Cursors
from edge.forwarder.link_news import LinkNews
from edge.forwarder.memory import Memory
from edge.forwarder.programs import Programs
from edge.forwarder.uplink import Parts, Uplink
from edge.outbox import Outbox
from edge.outbox_reader import LaneReader
from edge.settings import Device
from edge.wake import Wake
from support.broker import Broker
from support.patience import deadline_seconds, until_async
from support.uplink import Ingester, Owner, centre, forwarder, owner, settings_file


def device_of(folder: Path) -> Device:
    """Return the post of these tests."""
    return Device(id="school.gate", demo=True, state=folder / "state", run=folder / "run")


@dataclass
class Post:
    """A running post and its centre."""

    ingester: Ingester
    panic: Owner

    def order(self, identifier: str, **changes: Any) -> dict[str, Any]:
        """Return a good command with some fields changed."""
        return {
            "id": identifier,
            "session": self.ingester.session(),
            "issued": datetime.now(UTC).isoformat(),
            "ttl_seconds": 30,
            "reply_to": "console",
            "operator": "li.na",
            "body": {"incident": "I1"},
            **changes,
        }

    async def ask(self, name: str, order: dict[str, Any]) -> dict[str, Any]:
        """Send a command and return its reply."""
        self.ingester.send(f"command/{name}", order)
        channel, reply = await asyncio.to_thread(self.ingester.replies.get, timeout=deadline_seconds)
        assert channel == "reply/console"
        assert reply["id"] == order["id"]
        return reply


@contextlib.asynccontextmanager
async def post(folder: Path) -> AsyncIterator[Post]:
    """Run a post with panic, without media."""
    with Broker.start(folder) as broker, Ingester(broker.port) as ingester:
        path = settings_file(folder, centre(broker.port))
        async with owner(device_of(folder), "panic") as panic, forwarder(path):
            await until_async(lambda: ingester.states, "the birth")
            yield Post(ingester, panic)


async def test_command_is_carried_out_once(tmp_path: Path) -> None:
    """A good command reaches its program with its operator; the same id gets the same reply and does nothing."""
    async with post(tmp_path) as here:
        order = here.order("C1")
        reply = await here.ask("incident.acknowledge", order)
        assert reply == {"id": "C1", "status": "done", "reason": None, "body": {"seen": True}}
        body = {"id": "C1", "operator": "li.na", "body": {"incident": "I1"}}
        assert here.panic.commands == [("incident.acknowledge", body)]
        here.panic.answer = {"status": "refused", "reason": "later", "body": {}}
        assert await here.ask("incident.acknowledge", order) == reply
        assert len(here.panic.commands) == 1
        (event,) = await until_async(lambda: here.ingester.of_kind("command.executed"), "the record")
        assert event["data"] == {
            "command": "incident.acknowledge",
            "id": "C1",
            "operator": "li.na",
            "status": "done",
            "reason": None,
        }


async def test_reply_survives_a_restart_of_the_forwarder(tmp_path: Path) -> None:
    """The same id after a restart still gets the same reply, although the session is another one."""
    with Broker.start(tmp_path) as broker, Ingester(broker.port) as ingester:
        path = settings_file(tmp_path, centre(broker.port))
        async with owner(device_of(tmp_path), "panic") as panic:
            here = Post(ingester, panic)
            async with forwarder(path):
                await until_async(lambda: ingester.states, "the birth")
                order = here.order("C1")
                reply = await here.ask("incident.silence", order)
            await until_async(lambda: not ingester.states[-1]["online"], "the goodbye")
            async with forwarder(path):
                await until_async(lambda: ingester.states[-1]["online"], "the next birth")
                assert await here.ask("incident.silence", order) == reply
            assert len(panic.commands) == 1


refusals: list[tuple[str, dict[str, Any], str]] = [
    ("incident.acknowledge", {"ttl_seconds": "soon"}, "malformed: ttl_seconds"),
    ("incident.acknowledge", {"surplus": 1}, "malformed: surplus"),
    ("incident.explode", {}, "unknown"),
    ("incident.acknowledge", {"session": "01OTHER"}, "other session"),
    ("incident.acknowledge", {"body": {}}, "malformed: command incident.acknowledge: incident"),
    ("ptz.stop", {}, "media does not run"),
    ("device.restart", {"body": {}}, "not set up to restart"),
]


async def test_refusals(tmp_path: Path) -> None:
    """What is malformed, unknown, of another session or without its incident is refused with a reason and recorded."""
    async with post(tmp_path) as here:
        for number, (name, changes, reason) in enumerate(refusals):
            reply = await here.ask(name, here.order(f"C{number}", **changes))
            assert reply["status"] == "refused"
            assert reason in reply["reason"]
        assert here.panic.commands == []
        # A way back that is none: recorded, and answered nowhere.
        here.ingester.send("command/incident.close", here.order("C99", reply_to="../state"))
        records = len(refusals) + 1
        await until_async(lambda: len(here.ingester.of_kind("command.executed")) == records, "the records")
        assert here.ingester.replies.empty()


async def test_age_counts_against_the_clock_only_where_it_is_known(tmp_path: Path) -> None:
    """With a synchronised clock an old command is refused; without one the wait on the device decides."""
    device, clock, records = device_of(tmp_path), SimulatedClock(), list[Any]()
    replies: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    cursors = Cursors(tmp_path / "cursors.sqlite3")
    commands = Commands(
        Programs(device), cursors, clock, lambda *record: records.append(record), {"state.refresh": well}
    )

    async def ask(identifier: str, arrived_seconds_ago: float = 0) -> dict[str, Any]:
        order = {"id": identifier, "session": "S", "issued": "2026-11-02T00:00:00Z", "ttl_seconds": 5}
        order |= {"reply_to": "console", "operator": "li.na", "body": {}}
        arrived = clock.stamp().mono - int(arrived_seconds_ago * 1e9)
        answer = lambda _, reply: replies.put_nowait(json.loads(reply))  # noqa: E731
        commands.received(Received("state.refresh", json.dumps(order).encode(), arrived, "S", answer))
        return await replies.get()

    assert (await ask("C1"))["reason"].startswith("expired: issued 2026-11-02")
    await clock.act("set", {"wall": "2026-11-21T00:00:00Z"})
    assert (await ask("C2"))["status"] == "done"
    assert (await ask("C3", 6))["reason"] == "expired: it waited here for more than 5 s"
    assert [record[1]["status"] for record in records] == ["refused", "done", "refused"]
    await commands.close()
    cursors.close()


async def well() -> Reply:
    """Carry out nothing, well."""
    return done()


class LookedAt(SimulatedClock):
    """Counts how often somebody asks for the time."""

    looks = 0

    def stamp(self) -> Stamp:
        """Count, and tell it."""
        self.looks += 1
        return super().stamp()


async def test_time_is_told_once_a_boot(tmp_path: Path) -> None:
    """When the clock has become true, one event says so, also after a restart of the program."""
    clock = LookedAt()
    await clock.act("set", {"wall": "2026-11-21T00:00:00Z"})
    wake = Wake(tmp_path / "nobody", "school.gate")
    programs = Programs(device_of(tmp_path))
    reader = LaneReader(tmp_path / "forwarder.sqlite3")

    def told() -> list[str]:
        return [row.body for row in reader.rows(0, 100) if "clock.synchronised" in row.body]

    for life in range(2):
        outbox = await Outbox.open(tmp_path / "forwarder.sqlite3", "forwarder", clock, wake)
        await outbox._first_try  # what the life before has kept is known, however long the disk takes
        cursors = Cursors(tmp_path / "cursors.sqlite3")
        posts = AckPosts((), programs, outbox.acknowledge, lambda: 0.5)
        news = LinkNews(programs, clock, ("panic", "media"))
        uplink = Uplink(Parts((), Memory(), cursors, outbox, clock, posts, news, lambda: 0.0))
        sweeping = asyncio.create_task(uplink.sweep(0.01))
        if life == 0:
            assert told() == []
            await clock.act("mend", {})
        await until_async(told, "the time")
        looks = clock.looks
        await until_async(lambda: clock.looks > looks + 2, "more sweeps, which might tell it again")  # noqa: B023 - called at once
        sweeping.cancel()
        await asyncio.gather(sweeping, return_exceptions=True)
        await outbox.close()
        await outbox.watch()
        cursors.close()
    assert len(told()) == 1
    wake.close()


async def test_state_refresh(tmp_path: Path) -> None:
    """The birth is sent again on demand."""
    async with post(tmp_path) as here:
        births = len(here.ingester.states)
        assert (await here.ask("state.refresh", here.order("C1", body={})))["status"] == "done"
        await until_async(lambda: len(here.ingester.states) > births, "another birth")


garbage = st.lists(
    st.tuples(st.sampled_from(["ack", "command/ptz.move", "command/x"]), st.binary(max_size=200)),
    min_size=20,
    max_size=60,
)


def test_garbage_crashes_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    """After random bytes on every topic the post still carries out commands."""

    @settings(max_examples=4)
    @given(garbage)
    def check(messages: list[tuple[str, bytes]]) -> None:
        asyncio.run(survives(tmp_path_factory.mktemp("garbage"), messages))

    check()


async def survives(folder: Path, messages: list[tuple[str, bytes]]) -> None:
    """Send messages to a post, then a good command."""
    async with post(folder) as here:
        for topic, payload in messages:
            here.ingester.send(topic, payload)
        assert (await here.ask("incident.arrive", here.order("C1")))["status"] == "done"


async def test_next_path_at_once(tmp_path: Path) -> None:
    """An escalation moves the post to the next address, where the alarm is received."""
    with Broker.start(tmp_path / "1") as deaf, Broker.start(tmp_path / "2") as good, Ingester(good.port) as ingester:
        path = settings_file(tmp_path, centre(deaf.port, good.port))
        async with owner(device_of(tmp_path), "panic") as panic, forwarder(path):
            await until_async(lambda: panic.links and panic.links[-1]["connected"], "the first path")
            await panic.record("incident.raised", incident="I1", level="panic", mode="live", trigger="button")
            assert not ingester.stored
            panic.record("incident.escalated", incident="I1", step="next_path", after_seconds=5)
            await until_async(lambda: ingester.numbers("panic-alarm") == [1, 2], "the alarms over the other path")
            changed = await until_async(lambda: ingester.of_kind("path.changed")[1:], "the change of path")
            assert changed[0]["data"]["reason"] == "incident I1 was not received"


async def test_second_centre_gets_the_incident_until_it_is_closed(tmp_path: Path) -> None:
    """The second centre stores the incident; only the first one's word deletes, any one's reaches panic."""
    with Broker.start(tmp_path / "1") as first, Broker.start(tmp_path / "2") as second:
        both = centre(first.port) + "\n" + centre(second.port, name="district")
        path = settings_file(tmp_path, both)
        with Ingester(second.port) as district:
            async with owner(device_of(tmp_path), "panic") as panic, forwarder(path):
                await until_async(lambda: district.states, "the birth at the second centre")
                await panic.record("incident.raised", incident="I1", level="panic", mode="live", trigger="button")
                assert not district.stored
                # On the disk, before its rows are counted: the datagram alone may bring the second centre both alarms.
                await panic.record("incident.escalated", incident="I1", step="second_centre", after_seconds=10)
                await until_async(lambda: district.numbers("panic-alarm") == [1, 2], "the alarms at the second centre")
                await until_async(lambda: [ack for ack in panic.acks if ack["centre"] == 1], "its acknowledgement")
                assert panic.rows() >= 2
                await panic.record("incident.closed", incident="I1", disposition="test", by="li.na", presses=1)
                await until_async(lambda: district.of_kind("incident.closed"), "the end at the second centre")
                with Ingester(first.port) as city:
                    await until_async(lambda: panic.rows() == 0, "the deletion by the first centre")
                    assert city.numbers("panic-alarm") == [1, 2]
