"""Fifty rating windows against one centre: real broker, real ingester; how soon a rating is stored and acknowledged."""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from benchmarks.figure import Figure, figures
from support.broker import Broker
from support.patience import until
from support.post import Post

terminals = 50
ratings_each = 20
lane = "rating_terminal"
# A window rates at most every half minute, so fifty of them send fewer than two in a second.
needed_per_second = 2
settings = """
[ingest]
database = "{folder}/center.sqlite3"
poke = "{folder}/console.sock"

[ingest.mqtt]
port = {port}
"""


def measure() -> list[Figure]:
    """Let every window rate as fast as it is acknowledged: first by the ingester, then by one that stores nothing."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, Broker.start(Path(name)) as broker:
        with _ingester(Path(name), broker.port):
            ours, seconds = _rate(broker.port, "ours")
        with _echo(broker.port):
            bare, bare_seconds = _rate(broker.port, "bare")
    each, bare_each = seconds * 1000 / len(ours), bare_seconds * 1000 / len(bare)
    peer = "acknowledged at once, nothing stored"
    whole = figures("", [each], peer=[bare_each], peer_name=peer, aim=1000 / needed_per_second, stretch=5)[0]
    per_second = f"{terminals} windows at once, time for each rating ({1000 / each:.0f} in a second)"
    return [
        *figures(
            f"{terminals} windows at once, rating → acknowledged",
            ours,
            peer=bare,
            peer_name=peer,
            aim=2000,
            stretch=500,
        ),
        replace(whole, name=per_second, n=len(ours)),
    ]


def _rate(port: int, run: str) -> tuple[list[float], float]:
    """Return the milliseconds of every rating until its acknowledgement, and the seconds of all together."""
    with ExitStack() as stack, ThreadPoolExecutor(terminals) as pool:
        windows = [stack.enter_context(Post(port, f"bench-{run}.window{number}")) for number in range(terminals)]
        for window in windows:
            window.birth(programs=[lane])
        together = threading.Barrier(terminals)
        begun = time.monotonic()
        series = list(pool.map(lambda window: _one_window(window, together.wait), windows))
        return [taken for one in series for taken in one], time.monotonic() - begun


def _one_window(window: Post, ready: Callable[[], object]) -> list[float]:
    series = []
    ready()
    for number in range(1, ratings_each + 1):
        data = {"window": "1", "service": f"S{number}", "clerk": "bench", "level": 1 + number % 5}
        begun = time.monotonic_ns()
        window.say("rating.given", data, outbox=lane)
        window.acknowledged(lane, number)
        series.append((time.monotonic_ns() - begun) / 1e6)
    return series


@contextmanager
def _ingester(folder: Path, port: int) -> Iterator[None]:
    path = folder / "center.toml"
    path.write_text(settings.format(folder=folder, port=port))
    process = subprocess.Popen([sys.executable, "-m", "center.ingest", "--settings", str(path)])
    try:
        until((folder / "center.sqlite3").exists, "the ingester has its file")
        yield
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def _echo(port: int) -> Iterator[None]:
    """Acknowledge every event as soon as it is there."""
    client = Client(CallbackAPIVersion.VERSION2, client_id="bench-echo", protocol=MQTTProtocolVersion.MQTTv5)
    listening = threading.Event()

    def heard(client: Client, _data: object, message: MQTTMessage) -> None:
        device = message.topic.split("/")[2]
        for event in json.loads(message.payload):
            outbox, epoch, number = event["id"].split(":")
            ack = {"outbox": outbox, "epoch": epoch, "upto": int(number)}
            client.publish(f"callpost/v1/{device}/ack", json.dumps(ack), qos=1)

    client.on_message = heard
    client.on_subscribe = lambda *_: listening.set()
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.subscribe("callpost/v1/+/event", qos=1)
    listening.wait(20)
    try:
        yield
    finally:
        client.disconnect()
        client.loop_stop()
