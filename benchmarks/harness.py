"""A panic post on gpiozero's mock pins: real key, debounce, incident, outbox; only the copper is missing."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drivers.contact.gpio import GpioContact, GpioContactSettings
from drivers.factory import Factory
from drivers.lamp import open_lamp
from drivers.lamp.off import OffLampSettings
from drivers.pins import GpioSettings, open_factory
from drivers.relay.gpio import GpioRelay, GpioRelaySettings
from edge.clock import Clock
from edge.event import Event
from edge.outbox import Outbox
from edge.panic.carry_out import Post
from edge.panic.incident import Closed, Policy, Pressed
from edge.panic.keys import KeyWatch
from edge.panic.memory import Scratch
from edge.panic.signals import Outputs, SignalBoard
from edge.wake import Wake

device = "bench.post"
button_pin, light_pin, siren_pin = 17, 27, 22


class TimedRelay:
    """The light's relay, which notes when its line was switched on."""

    def __init__(self, relay: GpioRelay) -> None:
        """Wrap a relay."""
        self._relay = relay
        self.on_at_ns = 0

    def set(self, on: bool) -> None:
        """Switch, then look at the clock."""
        was = self.on_at_ns
        self._relay.set(on)
        if on and not was:
            self.on_at_ns = time.monotonic_ns()
        elif not on:
            self.on_at_ns = 0

    def close(self) -> None:
        """Close the relay."""
        self._relay.close()


class TimedOutbox(Outbox):
    """An outbox that notes when the newest event was durable."""

    durable_at_ns = 0
    newest: Event | None = None

    def record_all(self, facts: Any, *, keep: Any) -> Any:
        """Record, and watch for the promise."""
        events, durable = super().record_all(facts, keep=keep)
        if events and events[0].kind == "incident.raised":
            self.newest = events[0]
            durable.add_done_callback(lambda _: setattr(self, "durable_at_ns", time.monotonic_ns()))
        return events, durable


@dataclass
class Bench:
    """The post and the finger."""

    pins: Factory
    light: TimedRelay
    outbox: TimedOutbox
    post: Post
    pressed: asyncio.Event = field(default_factory=asyncio.Event)

    async def press(self, also: Callable[[], bool] = lambda: True) -> tuple[int, int, int]:
        """Put the key down, wait for light, disk and `also`, release; return down, light, durable (CLOCK_MONOTONIC ns)."""
        pin: Any = self.pins.pin(button_pin)
        self.light.on_at_ns = self.outbox.durable_at_ns = 0
        down = time.monotonic_ns()
        pin.drive_low()
        while not (self.light.on_at_ns and self.outbox.durable_at_ns and also()):  # noqa: ASYNC110 - telling us costs
            await asyncio.sleep(0.0005)
        seen = (down, self.light.on_at_ns, self.outbox.durable_at_ns)
        pin.drive_high()
        await asyncio.sleep(0.02)
        self.post.take(Closed(self.post.incident.id, "bench", "test"))
        return seen


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Bench]:
    """Wire the post up in a folder."""
    pins = open_factory(GpioSettings(factory="mock"))
    light = TimedRelay(GpioRelay(GpioRelaySettings(make="gpio", pin=light_pin), pins))
    siren = GpioRelay(GpioRelaySettings(make="gpio", pin=siren_pin), pins)
    dark = open_lamp(OffLampSettings(make="off"), pins)
    (folder / "wake").mkdir(parents=True, exist_ok=True)
    outbox = await TimedOutbox.open(
        folder / "state" / "panic" / "panic.sqlite3", "panic", Clock(), Wake(folder / "wake" / "forwarder.sock", device)
    )
    board = SignalBoard(Outputs(light, siren, dark, dark, dark, dark), lambda _part, _reason: None)
    post = Post(policy=Policy(), board=board, outbox=outbox, clock=Clock(), scratch=Scratch(folder / "incident.json"))
    contact = GpioContact(GpioContactSettings(make="gpio", pin=button_pin), pins)

    def pressed() -> None:
        post.take(Pressed(post.new_id()))

    key = KeyWatch(contact, pressed, lambda _reason: None)
    yield Bench(pins, light, outbox, post)  # type: ignore[arg-type]  # open() returns its own class
    key.close()
    await outbox.close()
