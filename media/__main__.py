"""callpost-media: camera, dome, microphone, loudspeaker and calls of a post. Read from top to bottom."""

import asyncio
from typing import Any

from aiortc import RTCIceServer
from ulid import ULID

from drivers.camera import CameraRefused
from drivers.speaker import SimulatedSpeaker
from edge import last_life, program
from edge.clock import open_clock, simulated_clock
from edge.faults import Faults
from edge.local_api import serve
from edge.local_client import client
from edge.outbox import Outbox
from edge.settings import Device, SettingsError
from edge.wake import Wake
from media import announcements, api, upload
from media.clips import Clips
from media.clips import Plan as ClipPlan
from media.commands import Commands
from media.desk import Desk, Limits, Outside
from media.dome import DomeControl
from media.ear import Ear
from media.feed import Feed
from media.hardware import Hardware
from media.hub import Hub
from media.library import Library
from media.panic_link import PanicLink
from media.playout import Playout
from media.post import Post
from media.sender import Packetizer, offer_profiles
from media.settings import MediaSettings
from media.signaling import Studio
from media.sound_faults import SoundFaults
from media.sound_test import Rhythm, SoundTest, by_itself
from media.voice import Presence

PANIC_SECONDS = 2.0


def main() -> None:
    """Run the program."""
    program.main("media", "media", MediaSettings, run)


async def run(device: Device, settings: MediaSettings) -> None:  # noqa: PLR0915 - reads top to bottom
    """Everything that this program is made of, until cancelled. Raises SettingsError for a camera that refuses us."""
    offer_profiles()
    session = str(ULID())
    wake = Wake(device.wake_socket, device.id)
    state = device.state_dir("media")
    for folder in (state, device.socket("media").parent):
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    clock = open_clock(demo=device.demo)
    outbox = await Outbox.open(state / "media.sqlite3", "media", clock, wake)
    faults = Faults(outbox.record)

    hardware = Hardware.open(settings)
    prompts = announcements.load()
    faults.set("prompts", prompts.fault)

    hub = Hub(ring_seconds=settings.ring_seconds)
    sound_faults = SoundFaults(faults)
    ear = Ear(hardware.microphone, sound_faults)
    playout = Playout(hardware.speaker, sound_faults, Presence(threshold_dbfs=settings.call.speaking_dbfs))
    dome = DomeControl(hardware.ptz, settings.tour.plan(), faults)
    clip = settings.clip
    plan = ClipPlan(
        state / "clips", clip.before_seconds, clip.most_seconds, clip.most_bytes, settings.microphone.make != "off"
    )
    clips = Clips(plan, hub.ring, outbox.record, faults)
    ear.add(clips.add_audio)
    feed = Feed(hardware.camera, [hub.put, clips.put], faults)

    panic = client(device.socket("panic"), PANIC_SECONDS)
    lease = PanicLink(panic, lambda: playout.operator_speaking)
    burst = settings.call.burst_mbit_per_second * 1e6
    studio = Studio(hub.subscribe, Packetizer(), feed.ask_key_frame, ear, burst, settings.loopback)
    outside = Outside(outbox.record, lambda offer: wake.passing("call/offer", offer))
    servers = tuple(RTCIceServer(server.urls, server.username, server.credential) for server in settings.ice_servers)
    desk = Desk(
        studio, playout, lease, outside, Limits(settings.call.operators, settings.call.connect_seconds, servers)
    )

    made = settings.upload
    library = Library(clips, upload.client_factory(made.authority, made.certificate, made.key), plain_http=device.demo)
    unfitted = _unfitted(settings)
    tested = settings.self_test
    sound_test = SoundTest(ear, playout, sound_faults, lambda: unfitted or desk.occupied, tested.quietest_dbfs)
    post = Post(desk, dome, ear, clips, playout, prompts, sound_test)
    application = api.app(
        session=session,
        post=post,
        commands=Commands(desk, dome, post, library, sound_test),
        faults=faults,
        acknowledge=outbox.acknowledge,
        simulated={**hardware.simulated(), **simulated_clock(clock)} if device.demo else None,
        heard=hardware.speaker if device.demo and isinstance(hardware.speaker, SimulatedSpeaker) else None,
    )

    outbox.record("device.started", _started(outbox))
    last_life.tell(faults, "media", device.socket("media").parent)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(outbox.watch())
            tasks.create_task(_pictures(feed, settings))
            tasks.create_task(feed.inspect())
            tasks.create_task(ear.run())
            tasks.create_task(playout.run())
            tasks.create_task(dome.run())
            tasks.create_task(lease.run())
            tasks.create_task(clips.run())
            if tested.automatic and unfitted is None:
                rhythm = Rhythm(tested.every_hours * 3600, tested.retry_seconds)
                tasks.create_task(by_itself(lambda: sound_test.run("the post itself"), rhythm))
            tasks.create_task(serve(application, device.socket("media")))
    finally:
        await library.close()
        await desk.close()
        await clips.close()
        await panic.aclose()
        await hardware.close()
        await outbox.close()
        wake.close()


async def _pictures(feed: Feed, settings: MediaSettings) -> None:
    if settings.camera.make == "off":
        return  # a post without a camera has no camera fault
    try:
        await feed.run()
    except CameraRefused as problem:
        raise SettingsError(f"media.camera: {problem}; correct user and password_file, then start again") from problem


def _unfitted(settings: MediaSettings) -> str | None:
    """Say what the self-test of the sound lacks at this post, or None."""
    if settings.speaker.make == "off":
        return "the post has no loudspeaker"
    return "the post has no microphone to hear its loudspeaker" if settings.microphone.make == "off" else None


def _started(outbox: Outbox) -> dict[str, Any]:
    return {"program": "media", "version": program.version, "epochs_before": list(outbox.epochs_before)}


if __name__ == "__main__":
    main()
