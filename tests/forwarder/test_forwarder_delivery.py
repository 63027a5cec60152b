"""Events reach the centre exactly once, whatever dies in between: a real broker, real outbox files, a real ingester."""

import asyncio
import json
import socket
from functools import partial
from pathlib import Path

from edge.settings import Device
from support.broker import Broker
from support.patience import deadline_seconds, until_async
from support.uplink import Ingester, centre, forwarder, forwarder_process, owner, settings_file


def device_of(folder: Path) -> Device:
    """Return the post of these tests."""
    return Device(id="school.gate", demo=True, state=folder / "state", run=folder / "run")


def has(ingester: Ingester, goal: int) -> bool:
    """Whether so many events are stored."""
    return len(ingester.stored) >= goal


async def test_events_and_alarms_arrive_once_and_are_deleted(tmp_path: Path) -> None:
    """What was recorded before and after the start arrives once, is acknowledged to its owner and leaves the file."""
    with Broker.start(tmp_path) as broker, Ingester(broker.port) as ingester:
        # Nothing is sent twice because an acknowledgement was slow on its way.
        patient = f"resend_seconds = {deadline_seconds}\nresend_ceiling_seconds = {deadline_seconds}"
        path = settings_file(tmp_path, centre(broker.port), patient)
        async with owner(device_of(tmp_path), "panic") as panic:
            for _ in range(150):
                await panic.record("device.part_proved", part="siren")
            async with forwarder(path):
                await until_async(lambda: len(ingester.numbers("panic")) == 150, "the backlog")
                panic.record("incident.raised", incident="I1", level="panic", mode="live", trigger="button")
                await until_async(lambda: ingester.numbers("panic-alarm") == [1], "the alarm")
                await until_async(lambda: panic.rows() == 0, "the deletion")
            assert {channel for channel, name in ingester.order if "panic-alarm" in name} == {"alarm"}
            assert max(ingester.copies.values()) == 1
            assert {ack["outbox"] for ack in panic.acks} == {"panic", "panic-alarm"}
            assert {event["source"] for event in ingester.stored.values()} == {"/posts/school.gate"}


async def test_broker_killed_in_the_middle(tmp_path: Path) -> None:
    """A broker that is killed and comes back costs repetitions, never an event."""
    with Broker.start(tmp_path) as broker, Ingester(broker.port) as ingester:
        path = settings_file(tmp_path, centre(broker.port))
        async with owner(device_of(tmp_path), "panic") as panic, forwarder(path):
            await until_async(lambda: ingester.states, "the birth")
            for number in range(600):
                panic.record("device.part_proved", part=f"part {number}")
                if number == 300:
                    await until_async(lambda: len(ingester.numbers("panic")) > 50, "a first part")
                    await asyncio.to_thread(broker.kill)
                    panic.record("incident.raised", incident="I1", level="panic", mode="live", trigger="button")
            await asyncio.to_thread(broker.restart)
            await until_async(lambda: len(ingester.numbers("panic")) == 600, "all events")
            await until_async(lambda: ingester.numbers("panic-alarm") == [1], "the alarm")
            await until_async(lambda: panic.rows() == 0, "the deletion")
            parts = {event["data"]["part"] for event in ingester.of_kind("device.part_proved")}
            assert len(parts) == 600


async def test_forwarder_killed_in_the_middle_of_2000_events(tmp_path: Path) -> None:
    """Kill -9 of the forwarder, twice, in the middle of 2 000 events: every number is stored, none is missing."""
    with Broker.start(tmp_path) as broker, Ingester(broker.port) as ingester:
        path = settings_file(tmp_path, centre(broker.port))
        async with owner(device_of(tmp_path), "panic") as panic:
            for _ in range(1_999):
                panic.record("device.part_proved", part="siren")
            await panic.record("device.part_proved", part="siren")
            for goal in (200, 900):
                process = forwarder_process(path)
                await until_async(partial(has, ingester, goal), "a part of the events")
                process.kill()
                process.wait(deadline_seconds)
            process = forwarder_process(path)
            try:
                await until_async(lambda: ingester.numbers("panic") == list(range(1, 2_001)), "all 2 000 events")
                await until_async(lambda: panic.rows() == 0, "the deletion")
            finally:
                process.terminate()
                assert process.wait(deadline_seconds) == 0


async def test_lost_acknowledgements_are_repeated(tmp_path: Path) -> None:
    """What the broker took but no ingester acknowledged is sent again, ever more rarely, until it is stored."""
    with Broker.start(tmp_path) as broker, Ingester(broker.port) as ingester:
        path = settings_file(tmp_path, centre(broker.port), "resend_seconds = 0.2\nresend_ceiling_seconds = 5")
        ingester.mute = True
        async with owner(device_of(tmp_path), "panic") as panic, forwarder(path):
            for _ in range(5):
                panic.record("device.part_proved", part="siren")
            # On the disk, before its rows are counted: the datagram alone may have it repeated already.
            await panic.record("incident.raised", incident="I1", level="panic", mode="live", trigger="button")
            name = await until_async(
                lambda: next((n for n in list(ingester.copies) if n.startswith("panic-alarm")), ""), "it"
            )
            await until_async(lambda: ingester.copies[name] >= 4, "repetitions of the alarm")
            assert panic.rows() == 6
            ingester.mute = False
            await until_async(lambda: panic.rows() == 0, "the deletion")


async def test_alarms_overtake_a_backlog(tmp_path: Path) -> None:
    """An alarm does not wait for the thousands of events that were there before it."""
    with Broker.start(tmp_path) as broker, Ingester(broker.port) as ingester:
        path = settings_file(tmp_path, centre(broker.port), "window_bytes = 1024")
        async with owner(device_of(tmp_path), "panic") as panic:
            for _ in range(3_000):
                last = panic.record("device.part_proved", part="siren")
            await last
            await panic.record("incident.raised", incident="I1", level="panic", mode="live", trigger="button")
            async with forwarder(path):
                await until_async(lambda: ingester.numbers("panic-alarm") == [1], "the alarm")
                before = next(n for n, (channel, _) in enumerate(list(ingester.order)) if channel == "alarm")
                assert len({name for _, name in ingester.order[:before]}) < 3_000
                await until_async(lambda: len(ingester.sizes) > 3, "batches")
        assert max(ingester.sizes) <= 1_024


async def test_alarm_goes_out_although_its_file_cannot_be_read(tmp_path: Path) -> None:
    """With a dead disk the datagram alone carries the alarm, and again after a reconnection until it is stored."""
    device = device_of(tmp_path)
    with Broker.start(tmp_path) as broker, Ingester(broker.port) as ingester:
        ingester.mute = True
        async with owner(device, "panic") as panic, forwarder(settings_file(tmp_path, centre(broker.port))):
            await until_async(lambda: ingester.states, "the birth")
            recorded = panic.outbox.record(
                "incident.raised", {"incident": "I1", "level": "panic", "mode": "live", "trigger": "button"}
            )
            await recorded.durable
            await until_async(lambda: ingester.numbers("panic-alarm") == [1], "the alarm")
        first = ingester.session()
        file = device.state_dir("panic") / "panic.sqlite3"
        file.write_bytes(b"this is no database" * 100)
        for ending in ("-wal", "-shm"):
            file.with_name(file.name + ending).unlink(missing_ok=True)
        ingester.stored.clear()
        async with forwarder(settings_file(tmp_path, centre(broker.port))):
            await until_async(lambda: ingester.session() != first, "the birth of the next one")
            message = recorded.event.cloudevent("school.gate")
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.sendto(json.dumps({"event": message}).encode(), str(device.wake_socket))
                await until_async(lambda: ingester.numbers("panic-alarm") == [1], "the alarm without its file")
                await asyncio.to_thread(broker.kill)
                copies = ingester.copies[recorded.event.id]
                await asyncio.to_thread(broker.restart)
                await until_async(lambda: ingester.copies[recorded.event.id] > copies, "the repetition from memory")


async def test_owner_that_was_away_hears_the_acknowledgement(tmp_path: Path) -> None:
    """An owner whose interface was down gets the latest acknowledgement as soon as it listens."""
    with Broker.start(tmp_path) as broker, Ingester(broker.port) as ingester:
        path = settings_file(tmp_path, centre(broker.port))
        async with forwarder(path):
            async with owner(device_of(tmp_path), "panic", serving=False) as panic:
                await panic.record("device.part_proved", part="siren")
                await until_async(lambda: ingester.numbers("panic") == [1], "the event")
                assert panic.rows() == 1
            async with owner(device_of(tmp_path), "panic") as panic:
                await until_async(lambda: panic.rows() == 0, "the deletion after the restart of the owner")


async def test_state_heartbeat_and_will(tmp_path: Path) -> None:
    """The birth says what the post is, the heartbeat counts, and an orderly end says offline."""
    with Broker.start(tmp_path) as broker, Ingester(broker.port) as ingester:
        path = settings_file(tmp_path, centre(broker.port), "heartbeat_seconds = 1")
        async with owner(device_of(tmp_path), "panic") as panic:
            async with forwarder(path):
                birth = await until_async(lambda: next(iter(ingester.states), None), "the birth")
                assert birth["online"] is True
                assert birth["programs"] == ["panic", "media", "forwarder"]
                assert birth["versions"]["panic"] == "1.2.3"
                assert (birth["readiness"], birth["incident"]) == ("ready", None)
                assert {"part": "media", "reason": "the program media does not answer"} in birth["faults"]
                await until_async(lambda: panic.links and panic.links[-1]["connected"], "the news for panic")
                panic.status = {"readiness": "ready", "incident": "I7"}
                await until_async(lambda: ingester.states[-1].get("incident") == "I7", "the birth with the incident")
                beats = await until_async(
                    lambda: ingester.heartbeats if ingester.heartbeats[1:] else None, "heartbeats"
                )
                assert [beat["counter"] for beat in beats[:2]] == [1, 2]
                assert beats[0]["queues"].keys() >= {"forwarder"}
            await until_async(
                lambda: ingester.states[-1] == {"online": False, "session": birth["session"]}, "the goodbye"
            )
            process = forwarder_process(path)
            await until_async(lambda: ingester.states[-1]["online"], "the birth of the process")
            session = ingester.session()
            process.kill()
            process.wait(deadline_seconds)
            await until_async(lambda: ingester.states[-1] == {"online": False, "session": session}, "the last will")


async def test_own_events(tmp_path: Path) -> None:
    """The forwarder's own start and path are events like any other, and leave its own file when stored."""
    with Broker.start(tmp_path) as broker, Ingester(broker.port) as ingester:
        async with forwarder(settings_file(tmp_path, centre(broker.port))):
            await until_async(lambda: ingester.of_kind("device.started"), "the start")
            (changed,) = await until_async(lambda: ingester.of_kind("path.changed"), "the path")
            assert changed["data"]["path"] == f"city 127.0.0.1:{broker.port}"


async def test_call_offer_passes_and_nothing_else_does(tmp_path: Path) -> None:
    """An offer passes once and is not retained; other topics and garbage from datagrams are dropped."""
    device = device_of(tmp_path)
    with Broker.start(tmp_path) as broker, Ingester(broker.port) as ingester:
        async with forwarder(settings_file(tmp_path, centre(broker.port))) as task:
            await until_async(lambda: ingester.states, "the birth")
            offer = {"id": "O1", "incident": "I1", "sdp": "v=0"}
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                for content in (
                    b"\xff\x00garbage",
                    b"[]",
                    b'{"topic": "state", "payload": {}}',
                    b'{"event": {"id": 3}}',
                ):
                    sender.sendto(content, str(device.wake_socket))
                datagram = {"topic": "call/offer", "payload": offer}
                sender.sendto(json.dumps(datagram).encode(), str(device.wake_socket))
            await until_async(lambda: ingester.offers == [offer], "the offer")
            assert not task.done()


async def test_damaged_cursor_file_is_moved_aside(tmp_path: Path) -> None:
    """A cursor file that is garbage costs nothing but repetitions."""
    folder = device_of(tmp_path).state_dir("forwarder")
    folder.mkdir(parents=True)
    (folder / "cursors.sqlite3").write_bytes(b"garbage" * 1000)
    with Broker.start(tmp_path) as broker, Ingester(broker.port) as ingester:
        async with owner(device_of(tmp_path), "panic") as panic:
            await panic.record("device.part_proved", part="siren")
            async with forwarder(settings_file(tmp_path, centre(broker.port))):
                await until_async(lambda: panic.rows() == 0, "delivery and deletion")
    assert ingester.numbers("panic") == [1]
    assert list(folder.glob("cursors.sqlite3.damaged-*"))
