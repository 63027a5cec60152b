"""A post and a centre around the forwarder: real outboxes, sockets and broker, a small ingester that stores."""

import asyncio
import contextlib
import json
import os
import queue
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from fastapi import Body
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge import local_api
from edge.clock import Clock
from edge.forwarder.__main__ import run
from edge.forwarder.settings import ForwarderSettings
from edge.outbox import Ack, Outbox
from edge.settings import Device, load
from edge.wake import Wake
from support.patience import deadline_seconds
from support.unix_app import accepts

Json = Annotated[dict[str, Any], Body()]
prefix = "callpost/v1/school.gate/"


def settings_file(folder: Path, centres: str, more: str = "") -> Path:
    """Write a settings file for the post `school.gate`; `centres` and `more` are TOML below [forwarder]."""
    path = folder / "callpost.toml"
    path.write_text(
        f'[device]\nid = "school.gate"\ndemo = true\nstate = "{folder}/state"\nrun = "{folder}/run"\n'
        f'log_level = "debug"\n[forwarder]\nsweep_seconds = 0.3\nbackoff_first_seconds = 0.2\n'
        f"backoff_ceiling_seconds = 1\n{more}\n{centres}\n",
        encoding="utf-8",
    )
    return path


def centre(*ports: int, name: str = "city", more: str = "") -> str:
    """Return one entry of `centres` with addresses on loopback."""
    addresses = ", ".join(f'"127.0.0.1:{port}"' for port in ports)
    return f'[[forwarder.centres]]\nname = "{name}"\naddresses = [{addresses}]\n{more}'


class Owner:
    """A program with an outbox and a local interface, as panic or media would have."""

    def __init__(self, device: Device, program: str, outbox: Outbox) -> None:
        """Use `owner`."""
        self.device, self.program, self.outbox = device, program, outbox
        self.acks: list[dict[str, Any]] = []
        self.commands: list[tuple[str, dict[str, Any]]] = []
        self.links: list[dict[str, Any]] = []
        self.answer: dict[str, Any] = {"status": "done", "reason": None, "body": {"seen": True}}
        self.status: dict[str, Any] = {"readiness": "ready", "incident": None}

    def record(self, kind: str, **data: Any) -> "asyncio.Future[None]":
        """Record an event; the future is done when it is on disk."""
        return self.outbox.record(kind, data).durable

    def rows(self) -> int:
        """How many events the file still holds."""
        path = self.device.state_dir(self.program) / f"{self.program}.sqlite3"
        with contextlib.closing(sqlite3.connect(path)) as db:
            return int(db.execute("SELECT count(*) FROM events").fetchone()[0])

    async def serve(self) -> None:
        """Serve the local interface until cancelled."""
        app = local_api.local_app(self.program)

        @app.get("/v1/health")
        async def health() -> dict[str, Any]:
            return {"program": self.program, "version": "1.2.3", "session": "s", "faults": []}

        @app.get("/v1/status")
        async def status() -> dict[str, Any]:
            return self.status

        @app.post("/v1/acks", status_code=204)
        async def acks(body: Json) -> None:
            self.acks.append(body)
            if body["centre"] == 0:
                self.outbox.acknowledge(Ack(body["outbox"], body["epoch"], body["upto"]))

        @app.post("/v1/link", status_code=204)
        async def link(body: Json) -> None:
            self.links.append(body)

        @app.post("/v1/commands/{name}")
        async def command(name: str, body: Json) -> dict[str, Any]:
            self.commands.append((name, body))
            return self.answer

        socket = self.device.socket(self.program)
        socket.parent.mkdir(parents=True, exist_ok=True)
        await local_api.serve(app, socket)


@contextlib.asynccontextmanager
async def owner(device: Device, program: str, *, serving: bool = True) -> AsyncIterator[Owner]:
    """Open a program's outbox and serve its interface; it answers when this is entered, and has written all when left."""
    path = device.state_dir(program) / f"{program}.sqlite3"
    wake = Wake(device.wake_socket, device.id)
    outbox = await Outbox.open(path, program, Clock(), wake)
    one = Owner(device, program, outbox)
    task = asyncio.create_task(one.serve()) if serving else None
    try:
        if task is not None:
            await accepts(device.socket(program))
        yield one
    finally:
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await outbox.close()
        await outbox.watch()
        wake.close()


@contextlib.asynccontextmanager
async def forwarder(path: Path) -> AsyncIterator["asyncio.Task[None]"]:
    """Run the forwarder in this process."""
    device, settings = load(path, "forwarder", ForwarderSettings)
    task = asyncio.create_task(run(device, settings))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def forwarder_process(path: Path) -> subprocess.Popen[bytes]:
    """Start the forwarder as a process of its own."""
    with (path.parent / "forwarder.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "edge.forwarder", "--settings", str(path)], stderr=log, env={**os.environ}
        )


class Ingester:
    """A small centre on a real connection: stores by (source, id), then acknowledges what has no gap before it."""

    def __init__(self, port: int, client_id: str = "callpost-ingest") -> None:
        """Connect and subscribe."""
        self.port = port
        self.deaf = False
        self.mute = False
        self.stored: dict[str, dict[str, Any]] = {}
        self.copies: Counter[str] = Counter()
        self.order: list[tuple[str, str]] = []  # (topic, id), in the order of arrival
        self.states: list[dict[str, Any]] = []
        self.heartbeats: list[dict[str, Any]] = []
        self.offers: list[dict[str, Any]] = []
        self.replies: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
        self.sizes: list[int] = []
        self.acked: list[dict[str, Any]] = []
        self._first: dict[tuple[str, str], int] = {}
        self._ready: queue.Queue[bool] = queue.Queue()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._ready.put(True)
        self._client.on_message = self._on_message

    def __enter__(self) -> Self:
        """Return the connected ingester."""
        self._client.connect("127.0.0.1", self.port, 15)
        self._client.loop_start()
        self._ready.get(timeout=deadline_seconds)
        return self

    def __exit__(self, *_: object) -> None:
        """Say goodbye."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client: Client, *_: object) -> None:
        client.subscribe([(f"callpost/v1/+/{name}", 1) for name in ("alarm", "event", "state", "heartbeat")])
        client.subscribe([(prefix + "reply/+", 1), (prefix + "call/offer", 1)])

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        channel = message.topic.removeprefix(prefix)
        if self.deaf:
            return
        body = json.loads(message.payload)
        match channel:
            case "alarm":
                self._store(channel, [body])
            case "event":
                self.sizes.append(len(message.payload))
                self._store(channel, body)
            case "state":
                self.states.append(body)
                for lane in body.get("outboxes", []):
                    self._first[lane["outbox"], lane["epoch"]] = lane["first"]
            case "heartbeat":
                self.heartbeats.append(body)
            case "call/offer":
                self.offers.append(body)
            case _:
                self.replies.put((channel, body))

    def _store(self, channel: str, events: list[dict[str, Any]]) -> None:
        for event in events:
            self.copies[event["id"]] += 1
            self.order.append((channel, event["id"]))
            self.stored.setdefault(event["id"], event)
        if not self.mute:
            for lane in {(event["id"].split(":")[0], event["epoch"]) for event in events}:
                self.acknowledge(*lane)

    def acknowledge(self, outbox: str, epoch: str) -> None:
        """Say how far a lane is stored without a gap."""
        have = {int(name.split(":")[2]) for name in self.stored if name.startswith(f"{outbox}:{epoch}:")}
        upto = self._first.get((outbox, epoch), 1) - 1
        while upto + 1 in have:
            upto += 1
        self.acked.append({"outbox": outbox, "epoch": epoch, "upto": upto})
        self.send("ack", self.acked[-1])

    def send(self, topic: str, body: Mapping[str, Any] | bytes) -> None:
        """Publish to the post."""
        payload = body if isinstance(body, bytes) else json.dumps(body)
        self._client.publish(prefix + topic, payload, qos=1)

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """Return the stored events of a kind."""
        return [event for event in list(self.stored.values()) if event["type"] == f"callpost.{kind}"]

    def numbers(self, outbox: str) -> list[int]:
        """Return the stored numbers of an outbox, sorted."""
        return sorted(int(name.split(":")[2]) for name in list(self.stored) if name.split(":")[0] == outbox)

    def session(self) -> str:
        """Return the session of the last birth."""
        return str(next(state["session"] for state in reversed(self.states) if state["online"]))
