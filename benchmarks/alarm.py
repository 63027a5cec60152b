"""Edge → alarm at the subscriber: real forwarder process, real Mosquitto, a centre that acknowledges."""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from benchmarks.figure import Figure, figures
from benchmarks.harness import bench, device
from support.broker import Broker

presses = 250
alarm_topic = f"callpost/v1/{device}/alarm"
settings = """
[device]
id = "{device}"
demo = true
state = "{folder}/state"
run = "{folder}"

[forwarder]
centres = [{{ name = "main", addresses = ["127.0.0.1:{port}"] }}]
programs = ["panic"]
"""


class Subscriber:
    """The centre's end: notes when an alarm came, and acknowledges it."""

    def __init__(self, port: int) -> None:
        """Connect and subscribe."""
        self.at_ns = 0
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id="bench-centre", protocol=MQTTProtocolVersion.MQTTv5
        )
        self._client.on_message = self._heard
        self._client.connect("127.0.0.1", port)
        self._client.subscribe(alarm_topic, qos=1)
        self._client.loop_start()

    def _heard(self, client: Client, _data: object, message: MQTTMessage) -> None:
        self.at_ns = time.monotonic_ns()
        if message.topic == alarm_topic and message.payload.startswith(b"{"):
            alarm = json.loads(message.payload)
            outbox, epoch, number = alarm["id"].split(":")
            ack = {"outbox": outbox, "epoch": epoch, "upto": int(number)}
            client.publish(f"callpost/v1/{device}/ack", json.dumps(ack), qos=1)

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()


def measure() -> list[Figure]:
    """Press a few hundred times, then publish bare as often on the same broker."""
    with tempfile.TemporaryDirectory() as name, Broker.start(Path(name)) as broker:
        folder = Path(name)
        (folder / "forwarder").mkdir()
        subscriber = Subscriber(broker.port)
        with _forwarder(folder, broker.port):
            ours = asyncio.run(_press(folder, subscriber))
        peer = _bare(broker.port, subscriber)
        subscriber.close()
    return [
        *figures("edge → alarm at the subscriber", ours, aim=500, stretch=100),
        *figures(
            "press counted → alarm at the subscriber",
            [value - 30 for value in ours],
            peer=peer,
            peer_name="bare paho publish, nothing stored",
            aim=500,
            stretch=50,
        ),
    ]


async def _press(folder: Path, subscriber: Subscriber) -> list[float]:
    series = []
    async with bench(folder) as post:
        for _ in range(presses + 1):
            subscriber.at_ns = 0
            down, _, _ = await post.press(lambda: bool(subscriber.at_ns))
            series.append((subscriber.at_ns - down) / 1e6)
    return series[1:]  # the first waits for the forwarder to connect


@contextmanager
def _forwarder(folder: Path, port: int) -> Iterator[None]:
    path = folder / "callpost.toml"
    path.write_text(settings.format(device=device, folder=folder, port=port))
    process = subprocess.Popen([sys.executable, "-m", "edge.forwarder", "--settings", path])
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def _bare(port: int, subscriber: Subscriber) -> list[float]:
    client = Client(CallbackAPIVersion.VERSION2, client_id="bench-bare", protocol=MQTTProtocolVersion.MQTTv5)
    client.connect("127.0.0.1", port)
    client.loop_start()
    series = []
    for _ in range(presses):
        subscriber.at_ns = 0
        begun = time.monotonic_ns()
        client.publish(alarm_topic, b"x" * 600, qos=1)
        while not subscriber.at_ns:
            time.sleep(0.0002)
        series.append((subscriber.at_ns - begun) / 1e6)
    client.disconnect()
    client.loop_stop()
    return series
