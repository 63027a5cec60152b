"""callpost-forwarder: carries every fact of this device to the centres, and their commands to the programs."""

import asyncio
import random
import time
from functools import partial
from typing import Any

from edge import last_life, local_api, program
from edge.backoff import Backoff
from edge.clock import Clock, open_clock, simulated_clock
from edge.faults import Faults
from edge.forwarder.acks import AckPosts
from edge.forwarder.api import forwarder_app
from edge.forwarder.attempts import start_delay_seconds
from edge.forwarder.centre import Centre, Duties, Timing
from edge.forwarder.commands import Commands, Here, Received, Reply, done
from edge.forwarder.cursors import Cursors
from edge.forwarder.datagrams import listen
from edge.forwarder.drain import AlarmDrain, BulkDrain, Sources
from edge.forwarder.feed import Feed
from edge.forwarder.lane_sender import LaneSender
from edge.forwarder.lane_table import LaneTable
from edge.forwarder.lanes import Policy
from edge.forwarder.link_news import LinkNews
from edge.forwarder.memory import Memory
from edge.forwarder.mqtt import Login, Secrets
from edge.forwarder.paths import Route
from edge.forwarder.programs import Programs
from edge.forwarder.report import Report
from edge.forwarder.restart import Restart
from edge.forwarder.settings import Centre as CentreSettings
from edge.forwarder.settings import ForwarderSettings, password, programs_to_drain, require_tls
from edge.forwarder.uplink import Parts, Uplink
from edge.outbox import Outbox
from edge.settings import Device
from edge.wake import Wake


def main() -> None:
    """Entry point of `callpost-forwarder`."""
    program.main("forwarder", "forwarder", ForwarderSettings, run)


async def run(device: Device, settings: ForwarderSettings) -> None:
    """Put everything together and run until cancelled."""
    require_tls(device, settings)
    names = programs_to_drain(device, settings)
    folder = device.state_dir("forwarder")
    clock = open_clock(demo=device.demo)
    outbox = await Outbox.open(folder / "forwarder.sqlite3", "forwarder", clock, Wake(device.wake_socket, device.id))
    cursors = Cursors(folder / "cursors.sqlite3")
    programs = Programs(device)
    feeds = tuple(Feed(name, device.state_dir(name) / f"{name}.sqlite3") for name in names)
    memory, news = Memory(), LinkNews(programs, clock, names)
    posts = AckPosts(names, programs, outbox.acknowledge, random.random)
    uplink = Uplink(Parts(feeds, memory, cursors, outbox, clock, posts, news, time.monotonic))
    health = partial(uplink.health, program.version)
    report = Report(device, feeds, memory, programs, health)
    for number, centre in enumerate(settings.centres):
        _add_centre(uplink, number, centre, device, settings, memory, cursors, report, clock)
    restart = Restart(settings.restart_command, report.status)
    here: dict[str, Here] = {"state.refresh": partial(_refresh, uplink), "device.restart": restart.ask}
    uplink.commands = Commands(programs, cursors, clock, outbox.record, here)
    listener = await listen(device.wake_socket, device.id, names, uplink.datagram)
    outbox.record("device.started", _start(outbox))
    last_life.tell(Faults(outbox.record), "forwarder", device.socket("forwarder").parent)
    api = forwarder_app(health, simulated_clock(clock))
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(outbox.watch())
            tasks.create_task(_serve(device, api))
            tasks.create_task(news.run())
            tasks.create_task(restart.run())
            tasks.create_task(uplink.sweep(settings.sweep_seconds))
            for post in posts.posts.values():
                tasks.create_task(post.run())
            for one in uplink.centres:
                tasks.create_task(one.run())
    finally:
        listener.close()
        await uplink.commands.close()
        for feed in feeds:
            feed.close()
        cursors.close()
        await outbox.close()


def _start(outbox: Outbox) -> dict[str, Any]:
    return {"program": "forwarder", "version": program.version, "epochs_before": list(outbox.epochs_before)}


async def _serve(device: Device, api: Any) -> None:
    socket = device.socket("forwarder")
    socket.parent.mkdir(parents=True, exist_ok=True)
    await local_api.serve(api, socket)


async def _refresh(uplink: Uplink) -> Reply:
    for centre in uplink.centres:
        centre.rebirth()
    return done()


def _add_centre(  # noqa: PLR0917 - the composition root knows everything
    uplink: Uplink,
    number: int,
    centre: CentreSettings,
    device: Device,
    settings: ForwarderSettings,
    memory: Memory,
    cursors: Cursors,
    report: Report,
    clock: Clock,
) -> None:
    prefix = f"callpost/v1/{device.id}/"
    policy = Policy(
        settings.ahead_events, settings.batch_events, settings.resend_seconds, settings.resend_ceiling_seconds
    )
    table = LaneTable(cursors.stored(centre.name), policy, time.monotonic)
    sources = Sources(partial(uplink.feeds_of, number), memory, uplink.escalations.observe_row, time.monotonic)
    batch = (settings.window_bytes, settings.batch_events)
    drains = (
        AlarmDrain(sources, table, LaneSender(table, prefix + "alarm", settings.window_bytes), settings.sweep_seconds),
        BulkDrain(
            sources, table, LaneSender(table, prefix + "event", settings.window_bytes), batch, settings.sweep_seconds
        ),
    )

    def command(name: str, payload: bytes, session: str, answer: Any) -> None:
        uplink.command(Received(name, payload, clock.stamp().mono, session, answer))

    duties = Duties(
        stored=partial(uplink.stored, number),
        command=command,
        connected=lambda connected: uplink.connected(number, connected=connected),
        path_changed=uplink.path_changed,
    )
    uplink.names.append(centre.name)
    uplink.tables.append(table)
    route = Route(centre.name, centre.addresses)
    login = _login(device, settings, centre)
    uplink.centres.append(Centre(route, login, prefix, drains, report, duties, _timing(device, settings)))


def _login(device: Device, settings: ForwarderSettings, centre: CentreSettings) -> Login:
    tls = centre.tls
    return Login(
        address="",
        client_id=device.id,
        tls=None if tls is None else Secrets(tls.ca, tls.certificate, tls.key),
        username=centre.username,
        password=password(centre),
        keep_alive_seconds=settings.keep_alive_seconds,
        connect_seconds=settings.connect_seconds,
    )


def _timing(device: Device, settings: ForwarderSettings) -> Timing:
    backoff = Backoff(settings.backoff_first_seconds, settings.backoff_ceiling_seconds, settings.backoff_stable_seconds)
    return Timing(
        heartbeat=settings.heartbeat_seconds,
        sweep=settings.sweep_seconds,
        start_delay=0.0 if device.demo else start_delay_seconds(device.id),
        backoff=backoff,
        now=time.monotonic,
        chance=random.random,
    )


if __name__ == "__main__":
    main()
