"""Parts that are not there: the rest of the post works, the fault is told once, and what comes late is as if always there."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx

from edge.panic.__main__ import Panic
from edge.panic.settings import PanicSettings
from edge.settings import load
from support.edge_settings import write_settings
from support.panic_process import PanicProcess, listens
from support.patience import until, until_async
from support.scripted_pins import ScriptedPins

button, light, siren, called = 17, 5, 6, 24
no_chip = 'no GPIO chip is labelled "callpost"'


class InProcess:
    """A post whose key, light, siren and first lamp are on scripted pins."""

    def __init__(self, folder: Path, pins: ScriptedPins) -> None:
        """Write its settings."""
        settings = write_settings(folder)
        for part, pin in {"button": button, "light": light, "siren": siren, "lamp_called": called}.items():
            old = f'\n{part} = {{ make = "simulated" }}'
            settings.write_text(settings.read_text().replace(old, f'\n{part} = {{ make = "gpio", pin = {pin} }}'))
        self.pins = pins
        self.device, own = load(settings, "panic", PanicSettings)
        self.panic = Panic(self.device, own, pins)
        self.socket = self.device.socket("panic")
        self.client = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(uds=str(self.socket)), base_url="http://local", timeout=60
        )

    async def faults(self) -> dict[str, str]:
        """Return the open faults by part."""
        told = (await self.client.get("/v1/health")).json()["faults"]
        return {fault["part"]: fault["reason"] for fault in told}

    async def status(self) -> dict[str, Any]:
        """Return readiness and incident."""
        shown: dict[str, Any] = (await self.client.get("/v1/status")).json()
        return shown

    def stored(self, kind: str) -> list[Mapping[str, Any]]:
        """Return the data of the events of a kind on the disk."""
        database = self.device.state_dir("panic") / "panic.sqlite3"
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)) as db:
            events = [json.loads(body) for (body,) in db.execute("SELECT body FROM events ORDER BY position")]
        return [event["data"] for event in events if event["type"] == f"callpost.{kind}"]

    def stored_parts(self, kind: str) -> list[str]:
        """Return the parts on pins that the events of a kind name, sorted: media is not here, and a disk may be slow."""
        return sorted(data["part"] for data in self.stored(kind) if data["part"] not in {"media", "disk"})

    def shines(self) -> dict[int, bool | None]:
        """Return how the outputs are driven; None for one that nobody drives."""
        return {pin: self.pins.level(pin) for pin in (light, siren, called)}

    async def press(self) -> None:
        """Press the key until it is heard."""
        self.pins.drive(button, low=True)
        await until_async(lambda: self.pins.level(siren) or self.pins.level(light))
        self.pins.drive(button, low=False)


@asynccontextmanager
async def post(folder: Path, pins: ScriptedPins) -> AsyncIterator[InProcess]:
    """Run it until it answers, and end it."""
    made = InProcess(folder, pins)
    running = asyncio.create_task(made.panic.run())
    await until_async(lambda: running.done() or listens(made.socket))
    async with made.client:
        yield made
    running.cancel()
    await asyncio.wait([running])
    assert running.cancelled()


async def test_a_post_without_its_chip_runs_and_comes_alive_with_it(tmp_path: Path) -> None:
    """One fault a part, told once however often it is tried; an incident that is open then is shown at once."""
    async with post(tmp_path, ScriptedPins(chip=False)) as made:
        faulty = {"button": no_chip, "light": no_chip, "siren": no_chip, "lamp_called": no_chip}
        assert faulty.items() <= (await made.faults()).items()
        readiness = (await made.status())["readiness"]
        assert not readiness["ready"]
        assert {readiness["parts"][part]["state"] for part in ("button", "light", "siren")} == {"faulty"}
        begun = await made.client.post("/v1/incidents", json={"mode": "drill"})
        assert begun.is_success, begun.text
        tries = made.pins.tries
        await until_async(lambda: made.pins.tries >= tries + 4, "all four are looked for again")
        assert made.stored_parts("device.fault_raised") == sorted(faulty)
        made.pins.come()
        await until_async(lambda: made.shines() == {light: True, siren: True, called: True})
        await until_async(lambda: made.stored_parts("device.fault_cleared") == sorted(faulty))
        made.pins.drive(button, low=True)
        await until_async(lambda: made.stored("incident.level_raised"), "a true press makes the drill real")


async def test_a_lamp_that_is_taken_takes_nothing_else_away(tmp_path: Path) -> None:
    """The key raises an incident with light and siren; the lamp comes on when its line is free."""
    pins = ScriptedPins()
    pins.taken = {called}
    async with post(tmp_path, pins) as made:
        assert (await made.faults())["lamp_called"] == "the part cannot be opened: 'GPIO busy'"
        await made.press()
        await until_async(lambda: made.stored("incident.raised"))
        assert made.shines() == {light: True, siren: True, called: None}
        pins.taken = set()
        await until_async(lambda: pins.level(called))
        await until_async(lambda: made.stored_parts("device.fault_cleared") == ["lamp_called"])


async def test_a_chip_that_goes_is_a_fault_and_comes_back(tmp_path: Path) -> None:
    """Unplugged while it runs: every part on it is told; back again, the key works."""
    async with post(tmp_path, ScriptedPins()) as made:
        await until_async(lambda: made.shines() == {light: False, siren: False, called: False})
        made.pins.go()
        on_it = ["button", "lamp_called", "light", "siren"]
        await until_async(lambda: made.stored_parts("device.fault_raised") == on_it)
        tries = made.pins.tries
        await until_async(lambda: made.pins.tries >= tries + 4, "they are given up and looked for")
        made.pins.come()
        await until_async(lambda: made.stored_parts("device.fault_cleared") == on_it)
        assert made.stored("incident.raised") == []
        await made.press()
        await until_async(lambda: made.stored("incident.raised"))


def test_the_program_itself_runs_without_a_chip(tmp_path: Path) -> None:
    """No GPIO chip with that label: the reason is told, and the parts that are there raise an incident all the same."""
    missing = {
        "CALLPOST_PANIC__GPIO": '{ factory = "lgpio", chip_label = "nowhere" }',
        "CALLPOST_PANIC__LIGHT": '{ make = "gpio", pin = 5 }',
        "CALLPOST_PANIC__LAMP_CALLED": '{ make = "gpio", pin = "CALLED" }',
        "CALLPOST_PANIC__POWER": '{ make = "gpio", pin_mains = 13, pin_battery = 26 }',
    }
    with PanicProcess(tmp_path, environment=missing) as panic:
        faults = panic.faults()
        assert {"light", "lamp_called", "power"} <= set(faults)
        assert 'no GPIO chip is labelled "nowhere"; there is: ' in faults["light"]
        assert panic.status()["readiness"]["parts"]["light"]["state"] == "faulty"
        panic.hear("device.fault_raised", part="light")
        panic.press()
        panic.hear("incident.raised", trigger="button")
        until(lambda: panic.shows()["siren"]["on"])
        assert panic.stop() == 0
    assert panic.log.read_text().count("fault: light:") == 1
