"""Edge → light line, edge → event durable. Both include the 30 ms for which a press must last."""

import asyncio
import sqlite3
import tempfile
import time
from pathlib import Path

from gpiozero import LED, Button  # type: ignore[import-untyped]
from gpiozero.pins.mock import MockFactory  # type: ignore[import-untyped]

from benchmarks.figure import Figure, figures
from benchmarks.harness import bench

presses = 300


def measure() -> list[Figure]:
    """Press a few hundred times."""
    with tempfile.TemporaryDirectory() as folder:
        light, durable = asyncio.run(_press(Path(folder)))
        bare = _bare_commit(Path(folder))
    debounce = [value - 30 for value in durable]
    return [
        *figures(
            "edge → light line",
            light,
            peer=_gpiozero(),
            peer_name="gpiozero Button → LED, no debounce",
            aim=100,
            stretch=50,
        ),
        *figures("edge → event durable", durable, aim=500, stretch=100),
        *figures(
            "press counted → event durable", debounce, peer=bare, peer_name="bare SQLite commit", aim=100, stretch=20
        ),
    ]


async def _press(folder: Path) -> tuple[list[float], list[float]]:
    light, durable = [], []
    async with bench(folder) as post:
        for _ in range(presses):
            down, light_at, durable_at = await post.press()
            light.append((light_at - down) / 1e6)
            durable.append((durable_at - down) / 1e6)
    return light, durable


def _gpiozero() -> list[float]:
    """Switch an LED from a button's callback: the shortest way there is, which counts every glitch as a press."""
    factory = MockFactory()
    button, led = Button(17, pin_factory=factory), LED(27, pin_factory=factory)
    on_at = [0]

    def pressed() -> None:
        led.on()
        on_at[0] = time.monotonic_ns()

    button.when_pressed = pressed
    series = []
    for _ in range(presses):
        down = time.monotonic_ns()
        button.pin.drive_low()
        series.append((on_at[0] - down) / 1e6)
        button.pin.drive_high()
        led.off()
    factory.close()
    return series


def _bare_commit(folder: Path) -> list[float]:
    """Commit one row of an event's size, with the same durability."""
    db = sqlite3.connect(folder / "bare.sqlite3")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE events (position INTEGER PRIMARY KEY, body TEXT)")
    series = []
    for _ in range(presses):
        begun = time.monotonic_ns()
        with db:
            db.execute("INSERT INTO events (body) VALUES (?)", ("x" * 600,))
        series.append((time.monotonic_ns() - begun) / 1e6)
    db.close()
    return series
