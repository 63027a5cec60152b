"""callpost-rating_terminal: everything this program is made of, from top to bottom."""

import asyncio
import logging
import socket
from collections import Counter as Count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ulid import ULID

from drivers.keypad import Press, SimulatedKeypad, late_keypad
from drivers.late import keep_open, late_among
from drivers.part import PartError
from drivers.pins import open_factory
from edge import last_life, program
from edge.clock import open_clock, simulated_clock
from edge.faults import Faults
from edge.local_api import local_app
from edge.local_api import serve as serve_socket
from edge.outbox import Outbox, moment_to_keep
from edge.settings import Device, SettingsError
from edge.sim_api import Simulated, sim_router
from edge.sim_disk import SimulatedDisk
from edge.wake import Wake
from rating_terminal import secret_files, watch, wording
from rating_terminal.api import router
from rating_terminal.blank import Presence
from rating_terminal.codes import Codes
from rating_terminal.commands import Commands
from rating_terminal.counter import Counter, counter_app
from rating_terminal.desk import Desk
from rating_terminal.hours import Hours
from rating_terminal.lamp import Around
from rating_terminal.notices import Notices
from rating_terminal.presence import Watchman, seen_key
from rating_terminal.roster import Roster
from rating_terminal.screen import Watchers, screen_app
from rating_terminal.settings import RatingSettings, require_https
from rating_terminal.showing import Showing
from rating_terminal.tickets import Tickets
from rating_terminal.visit import Outcome, Pressed
from rating_terminal.voice import Voice
from rating_terminal.web import listen, serve

log = logging.getLogger(__name__)
name = "rating_terminal"
keep_clock_seconds = 300.0
link_good_seconds = 60.0  # the forwarder says every 15 s that a centre is reached


class Window:
    """The program: parts below, the rating in the middle, three interfaces above."""

    def __init__(self, device: Device, settings: RatingSettings) -> None:
        """Open the parts; a keypad that is not there now is a fault. Raises SettingsError when the settings cannot be used."""
        require_https(device, settings)
        self._device = device
        self._settings = settings
        self._clock = open_clock(demo=device.demo)
        self._disk = SimulatedDisk()
        self._session = str(ULID())
        self._watchers = Watchers()
        self._link_heard = 0.0
        self._folder = device.state_dir(name)
        device.socket(name).parent.mkdir(parents=True, exist_ok=True)
        try:
            self._keypad = late_keypad(settings.keypad, open_factory(settings.gpio))
            self._token = secret_files.token_in(settings.counter.token_file)
            staff = settings.staff_token_file
            self._staff_token = None if staff is None else secret_files.token_in(staff)
            self._words = wording.languages()
        except (PartError, OSError, ValueError) as problem:
            raise SettingsError(f"[{name}]: {problem}") from problem
        counter = settings.counter
        self._counter_port = listen(counter.listen, counter.port, "the counter's interface")
        self._screen_port = None if settings.screen.off else listen("127.0.0.1", settings.screen.port, "the screen")

    async def run(self) -> None:
        """Remember first, then everything that people touch."""
        await self._open_outbox()
        self._put_together()
        self._restore()
        loop = asyncio.get_running_loop()

        def heard(press: Press) -> None:
            loop.call_soon_threadsafe(self._pressed, press)

        self._keypad.listen(heard)
        self._outbox.record("device.started", self._started())
        last_life.tell(self._faults, name, self._device.socket(name).parent)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._outbox.watch())
                tasks.create_task(keep_open(late_among([self._keypad])))
                tasks.create_task(self._voice.run())
                tasks.create_task(self._each_second())
                tasks.create_task(self._keep_clock())
                tasks.create_task(self._serve_api())
                tasks.create_task(self._serve_counter())
                if self._screen_port is not None:
                    tasks.create_task(self._serve_screen(self._screen_port))
        finally:
            self._showing.changes.end()
            self._keypad.close()
            await self._outbox.close()

    async def _open_outbox(self) -> None:
        wake = Wake(self._device.wake_socket, self._device.id)
        disk_fault = self._disk if self._device.demo else lambda: None
        path = self._folder / f"{name}.sqlite3"
        self._outbox = await Outbox.open(path, name, self._clock, wake, disk_fault=disk_fault, tally="rating.given")
        self._had_disk = self._outbox.epochs_known
        self._outbox.on_change = self._disk_changed
        self._faults = Faults(self._outbox.record)

    def _put_together(self) -> None:
        own, clock = self._settings, self._clock
        self._desk = Desk(own.window, own.policy.of_session(), self._outbox, clock, own.policy.excluded_per_minute)
        self._voice = Voice(self._device.socket("media"), on=own.voice)
        self._desk.around = Around(self._voice, self._keypad, own.policy.thanks_seconds)
        self._roster, self._notices = Roster(self._folder), Notices(self._folder)
        self._tickets = Tickets(self._ticket_key())
        self._codes = Codes(
            self._folder / "codes.json",
            self._device.id,
            own.window,
            valid_seconds=own.qr.valid_seconds,
            rotate_seconds=own.qr.rotate_days * 86_400,
        )
        self._showing = Showing(
            settings=own,
            device=self._device,
            desk=self._desk,
            roster=self._roster,
            notices=self._notices,
            tickets=self._tickets,
            codes=self._codes,
            clock=clock,
            languages=tuple(self._words),
        )
        self._desk.on_change = self._showing.desk_changed
        hours, zone = Hours.read(own.opening_hours), ZoneInfo(own.time_zone)
        self._watchman = Watchman(
            own.window,
            hours=hours,
            zone=zone,
            clock=clock,
            record=self._outbox.record,
            after_seconds=own.blank_after_seconds,
        )

    def _ticket_key(self) -> bytes:
        """Read the key of the ticket hashes; while the disk fails, hash with one that nobody will ever know again."""
        try:
            return secret_files.own_key(self._folder / "tickets.key")
        except OSError as problem:
            self._faults.set("disk", f"the key of the tickets cannot be kept: {problem.strerror}")
            return secret_files.passing_key()

    def _restore(self) -> None:
        try:
            self._desk.restore(self._outbox.kept)
        except ValueError as problem:
            self._faults.set("memory", str(problem))
        self._watchman.restore(self._outbox.kept)
        self._disk_changed()

    def _disk_changed(self) -> None:
        if self._outbox.epochs_known and not self._had_disk:
            self._had_disk = True
            self._desk.adopt_late(self._outbox.kept)
        self._faults.set("disk", self._outbox.trouble)

    def _pressed(self, press: Press) -> None:
        self._desk.take(Pressed(press.level, "keypad", self._desk.at))

    async def _each_second(self) -> None:
        while True:
            self._faults.set("keypad", self._keypad.fault)
            if self._desk.at - self._link_heard > link_good_seconds:
                self._showing.set(online=False)
            self._desk.tick()
            self._watchman.look(self._presence())
            await asyncio.sleep(1)

    def _presence(self) -> Presence:
        screen = None if self._settings.screen.off else self._watchers.count > 0
        keypad = None if self._settings.keypad.make == "off" else self._keypad.plugged
        return Presence(screen, keypad)

    async def _keep_clock(self) -> None:
        """Write the time down now and then: the next start knows it has passed, and how long nobody could rate."""
        while True:
            await asyncio.sleep(keep_clock_seconds)
            moment = moment_to_keep(self._clock)
            await self._outbox.keep({**moment, seen_key: moment["wall"]})

    # Interfaces -----------------------------------------------------------------------------------

    async def _serve_api(self) -> None:
        app = local_app(name)
        commands = Commands(
            desk=self._desk,
            codes=self._codes,
            roster=self._roster,
            notices=self._notices,
            showing=self._showing,
            clock=self._clock,
        )
        app.include_router(
            router(
                commands=commands,
                forget=self._outbox.acknowledge,
                link=self._link,
                health=self._health,
                status=self._status,
            )
        )
        if self._device.demo:
            parts: dict[str, Simulated] = {"disk": self._disk, **simulated_clock(self._clock)}
            if isinstance(self._keypad, SimulatedKeypad):
                parts["keypad"] = self._keypad
            app.include_router(sim_router(parts))
        await serve_socket(app, self._device.socket(name))

    async def _serve_counter(self) -> None:
        own = self._settings.counter
        counter = Counter(self._desk, self._tickets, self._clock, own.services_per_minute)
        app = counter_app(counter, self._desk, token=self._token, staff_token=self._staff_token)
        try:
            await serve(app, self._counter_port, own.certificate_file, own.key_file)
        except FileNotFoundError as problem:
            raise SettingsError(
                f"[{name}]: the counter's certificate or key is not there ({problem.filename})"
            ) from problem

    async def _serve_screen(self, port: socket.socket) -> None:
        app = screen_app(
            page=wording.page(self._words),
            static=Path(wording.static),
            desk=self._desk,
            showing=self._showing,
            roster=self._roster,
            notices=self._notices,
            watchers=self._watchers,
        )
        await serve(app, port)

    def _link(self, connected: bool) -> None:
        self._link_heard = self._desk.at
        self._showing.set(online=connected)

    def _started(self) -> dict[str, Any]:
        return {"program": name, "version": program.version, "epochs_before": self._outbox.epochs_before}

    def _health(self) -> dict[str, Any]:
        faults = self._faults.listed()
        return {"program": name, "version": program.version, "session": self._session, "faults": faults}

    def _status(self) -> dict[str, Any]:
        front = self._desk.terminal.front
        state = self._showing.state()
        screen, counter = self._screen_port, self._counter_port
        scheme = "https" if self._settings.counter.certificate_file else "http"
        return {
            "window": self._settings.window,
            "state": state["state"],
            "staff_test": state["staff_test"],
            "open_service": front.service.service if front else None,
            "on_phones": len(self._desk.terminal.phones),
            "online": self._showing.online,
            "screen": {"url": _url("http", screen) if screen else None, "pages": self._watchers.count},
            "counter": {"url": _url(scheme, counter)},
            "keypad": {"plugged": self._keypad.plugged},
            "counts": {**self._outbox.tallied, **self._services()},
            "anomalies": [{"kind": one.kind, "evidence": one.evidence} for one in watch.anomalies(self._desk.seen)],
        }

    def _services(self) -> dict[str, int]:
        """How the services that are remembered have ended."""
        found = Count(self._desk.outcome(known) for known in self._desk.ledger.all())
        return {outcome.value: found[outcome] for outcome in Outcome}


def _url(scheme: str, port: socket.socket) -> str:
    host, number, *_ = port.getsockname()
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{number}"


async def run(device: Device, settings: RatingSettings) -> None:
    """Run the rating terminal."""
    await Window(device, settings).run()


def main() -> None:
    """Start callpost-rating_terminal."""
    program.main(name, name, RatingSettings, run)


if __name__ == "__main__":
    main()
