"""callpost-panic: everything this program is made of, from top to bottom."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ulid import ULID

from drivers.contact import Contact, late_contact
from drivers.factory import Factory
from drivers.lamp import late_lamp
from drivers.late import keep_open, late_among
from drivers.part import PartError
from drivers.pins import open_factory
from drivers.power import Power, Supply, late_power
from drivers.relay import late_relay
from edge import last_life, program
from edge.clock import open_clock, simulated_clock
from edge.faults import Faults
from edge.local_api import local_app, serve
from edge.outbox import Outbox, moment_to_keep
from edge.panic import memory, simulated
from edge.panic.api import router
from edge.panic.carry_out import Post
from edge.panic.guard import Guard, SignOfLife
from edge.panic.incident import Closed, Disposition, Level, Mode, Pressed
from edge.panic.keys import KeyWatch, stuck
from edge.panic.media_link import MediaLink
from edge.panic.settings import PanicSettings
from edge.panic.signals import Outputs, SignalBoard
from edge.settings import Device, SettingsError
from edge.sim_api import sim_router
from edge.sim_disk import SimulatedDisk
from edge.wake import Wake

log = logging.getLogger(__name__)
keep_clock_seconds = 600.0


class Panic:
    """The program: parts below, the incident in the middle, the local interface above."""

    def __init__(self, device: Device, settings: PanicSettings, pins: Factory | None = None) -> None:
        """Open the parts, on the pins that the settings name unless others are given.

        A part that is not there now is a fault. Raises SettingsError when the settings contradict themselves.
        """
        self._device = device
        self._settings = settings
        self._clock = open_clock(demo=device.demo)
        self._disk = SimulatedDisk()
        self._session = str(ULID())
        try:
            self._open_parts(pins or open_factory(settings.gpio))
        except (PartError, OSError) as problem:
            raise SettingsError(f"[panic]: {problem}") from problem

    def _open_parts(self, pins: Factory) -> None:
        own = self._settings
        self._contacts: dict[str, Contact] = {
            name: late_contact(getattr(own, name), pins) for name in ("button", "assist", "key_switch", "tamper")
        }
        self._outputs = Outputs(
            light=late_relay(own.light, pins),
            siren=late_relay(own.siren, pins),
            called=late_lamp(own.lamp_called, pins),
            answered=late_lamp(own.lamp_answered, pins),
            ready=late_lamp(own.lamp_ready, pins),
            watched=late_lamp(own.lamp_watched, pins),
        )
        self._power: Supply = late_power(own.power, pins)
        self._late = late_among([*self._contacts.values(), *self._outputs.all(), self._power])
        self._sign_of_life = SignOfLife(self._run_dir() / "alive")
        self._scratch = memory.Scratch(self._run_dir() / "incident.json")

    def _run_dir(self) -> Path:
        folder = self._device.socket("panic").parent
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    async def run(self) -> None:
        """Arm first, then everything that helps."""
        await self._open_outbox()
        self._guard = Guard(Faults(self._outbox.record), self._show_ready)
        self._board = SignalBoard(self._outputs, self._guard.part)
        self._post = Post(
            policy=self._settings.policy.of_incident(),
            board=self._board,
            outbox=self._outbox,
            clock=self._clock,
            scratch=self._scratch,
        )
        self._media = MediaLink(
            self._device.socket("media"), self._for_media, lambda reason: self._guard.part("media", reason)
        )
        self._post.media = self._media
        self._restore()
        self._arm()
        self._outbox.record("device.started", self._started())
        last_life.tell(self._guard.faults, "panic", self._run_dir())
        await self._serve()

    async def _open_outbox(self) -> None:
        path = self._device.state_dir("panic") / "panic.sqlite3"
        wake = Wake(self._device.wake_socket, self._device.id)
        disk_fault = self._disk if self._device.demo else lambda: None
        self._outbox = await Outbox.open(path, "panic", self._clock, wake, disk_fault=disk_fault)
        self._had_disk = self._outbox.epochs_known
        self._outbox.on_change = self._disk_changed

    def _restore(self) -> None:
        """Go on where the last life stopped; the scratch is there when only the program has died, not the machine."""
        noted = self._scratch.read()
        self._had_scratch = memory.key in noted and self._readable(noted)
        self._post.restore(self._memory_from(noted if self._had_scratch else self._outbox.kept))

    def _memory_from(self, kept: Mapping[str, str]) -> memory.Memory:
        return memory.from_text(kept) if self._readable(kept) else memory.Memory()

    def _readable(self, kept: Mapping[str, str]) -> bool:
        try:
            memory.from_text(kept)
        except ValueError as problem:
            self._guard.part("memory", str(problem))
            return False
        return True

    def _arm(self) -> None:
        """From here on a press works."""
        level = Level[self._settings.policy.button_level.upper()]
        self._keys = {
            "button": self._key("button", lambda: self._press(level, "button")),
            "assist": self._key("assist", lambda: self._press(Level.ASSIST, "assist")),
            "key_switch": self._key("key_switch", self._key_turned),
            "tamper": self._key("tamper", self._tampered),
        }
        loop = asyncio.get_running_loop()
        self._power_seen: Power | None = None
        self._look_at_power()

        def heard(power: Power) -> None:
            loop.call_soon_threadsafe(self._power_changed, power)

        self._power.listen(heard)
        self._disk_changed()
        log.info("armed")

    def _key(self, name: str, pressed: Callable[[], None]) -> KeyWatch:
        # An opened post stays open for longer than any key is held: that is no stuck key.
        stuck_counts = name in {"button", "assist"}

        def fault(reason: str | None) -> None:
            self._guard.part(name, None if reason == stuck and not stuck_counts else reason)

        return KeyWatch(self._contacts[name], pressed, fault)

    def _press(self, level: Level, trigger: str) -> None:
        self._post.take(Pressed(self._post.new_id(), level, trigger))

    def _key_turned(self) -> None:
        if self._post.incident.open:
            self._post.take(Closed(self._post.incident.id, "key switch", self._disposition()))

    def _disposition(self) -> Disposition:
        """A key switch cannot tell what it was; that it was a drill or a test is known."""
        match self._post.incident.mode:
            case Mode.LIVE:
                return self._settings.policy.key_switch_disposition
            case Mode.DRILL:
                return "drill"
            case Mode.TEST:
                return "test"

    def _tampered(self) -> None:
        self._outbox.record("device.tampered", {"part": "enclosure", "reason": "the enclosure was opened"})

    def _look_at_power(self) -> None:
        try:
            power = self._power.read()
        except OSError as problem:
            self._guard.part("power", str(problem))
            return
        self._guard.part("power", None)
        self._power_seen = self._power_seen or power

    def _power_changed(self, power: Power) -> None:
        seen, self._power_seen = self._power_seen, power
        # The first word of a supply is no change, whether it came with the start or later.
        if seen is not None and power != seen:
            self._outbox.record("device.power_changed", {"mains": power.mains, "battery": power.battery})

    def _disk_changed(self) -> None:
        if self._outbox.epochs_known and not self._had_disk:
            self._had_disk = True
            if not self._had_scratch:
                self._post.adopt_late(self._memory_from(self._outbox.kept))
        self._guard.part("disk", self._outbox.trouble)

    def _each_second(self) -> None:
        self._sign_of_life.show()
        for key in self._keys.values():
            key.look()
        self._look_at_power()
        self._guard.look()

    async def _keep_clock(self) -> None:
        """Write the time down now and then: the next start knows it has passed, and the disk has proved itself."""
        while True:
            await self._outbox.keep(moment_to_keep(self._clock))
            self._guard.part("disk", self._outbox.trouble)
            await asyncio.sleep(keep_clock_seconds)

    async def _serve(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._board.keep_showing(self._each_second))
                tasks.create_task(keep_open(self._late))
                tasks.create_task(self._outbox.watch())
                tasks.create_task(self._media.run())
                tasks.create_task(self._keep_clock())
                tasks.create_task(self._serve_api())
        finally:
            await self._outbox.close()

    async def _serve_api(self) -> None:
        """Serve the local interface; when it fails it starts again in place, for the key must go on working."""
        app = local_app("panic")
        app.include_router(
            router(
                post=self._post,
                forget=self._outbox.acknowledge,
                link=self._link,
                health=self._health,
                status=self._status,
            )
        )
        if self._device.demo:
            shown = simulated.parts(self._contacts, self._outputs, self._power, self._board)
            app.include_router(sim_router({**shown, "disk": self._disk, **simulated_clock(self._clock)}))
        while True:
            try:
                await serve(app, self._device.socket("panic"))
            except OSError as problem:
                log.error("the local interface starts again: %s", problem)
                await asyncio.sleep(1)

    def _show_ready(self, ready: bool) -> None:
        self._board.show_ready(ready)

    def _link(self, connected: bool) -> None:
        self._guard.prove("link", None if connected else "no centre is reached")

    def _started(self) -> dict[str, Any]:
        return {"program": "panic", "version": program.version, "epochs_before": self._outbox.epochs_before}

    def _for_media(self) -> dict[str, Any]:
        incident = self._post.incident
        if not incident.open:
            return {"incident": None, "level": None, "mode": None, "raised": None}
        return {
            "incident": incident.id,
            "level": incident.level.name.lower(),
            "mode": incident.mode.value,
            "raised": self._post.raised,
        }

    def _health(self) -> dict[str, Any]:
        faults = self._guard.faults.listed()
        return {"program": "panic", "version": program.version, "session": self._session, "faults": faults}

    def _status(self) -> dict[str, Any]:
        incident = self._post.incident
        shown = {
            "incident": incident.id,
            "state": incident.state.value,
            "level": incident.level.name.lower(),
            "mode": incident.mode.value,
            "presses": incident.presses,
            "raised": self._post.raised,
            "siren": incident.siren.value,
            "call": incident.caller or None,
        }
        return {"readiness": self._guard.summary(), "incident": shown if incident.open else None}


async def run(device: Device, settings: PanicSettings) -> None:
    """Run the post."""
    await Panic(device, settings).run()


def main() -> None:
    """Start callpost-panic."""
    program.main("panic", "panic", PanicSettings, run)


if __name__ == "__main__":
    main()
