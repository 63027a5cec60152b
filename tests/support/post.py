"""A post as the centre sees it: a real MQTT client that numbers events, hears acknowledgements, answers commands."""

import json
import queue
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.event import ClockState, Event, Severity, Stamp
from edge.kinds import EVENTS
from support.patience import deadline_seconds

boot = "0b6a2c1e-0000-4000-8000-000000000001"


class Post:
    """One simulated post on a real broker. `answer` decides the reply to a command, None leaves it unanswered."""

    def __init__(self, port: int, device: str = "school.gate", session: str = "01SESSION") -> None:
        """Connect, with the last will that the contract asks for, and listen to acknowledgements and commands."""
        self.device, self.session = device, session
        self.acks: queue.Queue[dict[str, Any]] = queue.Queue()
        self.commands: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
        self.answer: Callable[[str, dict[str, Any]], Mapping[str, Any] | None] = lambda *_: {"status": "done"}
        self._numbers: dict[tuple[str, str], int] = {}
        self._listening = queue.Queue[bool]()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=device, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.on_message = self._on_message
        self._client.on_subscribe = lambda *_: self._listening.put(True)
        self._client.will_set(self.topic("state"), json.dumps({"online": False, "session": session}), 1, retain=True)
        self._client.connect("127.0.0.1", port, keepalive=15)
        self._client.loop_start()
        self._client.subscribe([(self.topic("ack"), 1), (self.topic("command/+"), 1)])
        self._listening.get(timeout=deadline_seconds)

    def __enter__(self) -> Self:
        """Return the connected post."""
        return self

    def __exit__(self, *_: object) -> None:
        """Say goodbye."""
        self._client.disconnect()
        self._client.loop_stop()

    def topic(self, channel: str) -> str:
        """Return a topic of this post."""
        return f"callpost/v1/{self.device}/{channel}"

    def publish(self, channel: str, body: object, *, retain: bool = False) -> None:
        """Send JSON, or bytes as they are, and wait until the broker has it."""
        payload = body if isinstance(body, bytes) else json.dumps(body)
        self._client.publish(self.topic(channel), payload, 1, retain=retain).wait_for_publish(deadline_seconds)

    def birth(self, **more: Any) -> None:
        """Say that this post lives."""
        self.publish("state", {"online": True, "session": self.session, "programs": ["panic"], **more}, retain=True)

    def event(self, kind: str, data: Mapping[str, Any], **how: Any) -> dict[str, Any]:
        """Return the next event of this post as the wire carries it; nothing is sent."""
        severity = EVENTS[kind].severity if kind in EVENTS else Severity.STATE
        outbox = how.get("outbox", "panic-alarm" if severity is Severity.ALARM else "panic")
        epoch = how.get("epoch", "01EPOCH")
        number = how.get("sequence") or self._numbers.get((outbox, epoch), 0) + 1
        self._numbers[outbox, epoch] = number
        wall = how.get("wall", datetime.now(UTC))
        stamp = Stamp(wall, boot, how.get("mono", time.monotonic_ns()), how.get("clock", ClockState.SYNCHRONISED))
        return Event(outbox, epoch, number, kind, severity, stamp, wall, data).cloudevent(self.device)

    def say(self, kind: str, data: Mapping[str, Any], **how: Any) -> dict[str, Any]:
        """Send the next event on the topic of its severity."""
        event = self.event(kind, data, **how)
        alarm = event["severity"] == "alarm"
        self.publish("alarm" if alarm else "event", event if alarm else [event])
        return event

    def acknowledged(self, outbox: str, upto: int) -> dict[str, Any]:
        """Wait for the acknowledgement of all numbers up to `upto`."""
        deadline = time.monotonic() + deadline_seconds
        while True:
            ack = self.acks.get(timeout=max(0.01, deadline - time.monotonic()))
            if ack["outbox"] == outbox and ack["upto"] >= upto:
                return ack

    def _on_message(self, client: Client, _: Any, message: MQTTMessage) -> None:
        body = json.loads(message.payload)
        if message.topic.endswith("/ack"):
            self.acks.put(body)
            return
        name = message.topic.rsplit("/", 1)[-1]
        self.commands.put((name, body))
        answer = self.answer(name, body)
        if answer is not None:
            reply = {"id": body["id"], "status": "done", "reason": None, "body": {}, **answer}
            client.publish(self.topic(f"reply/{body['reply_to']}"), json.dumps(reply), 1)
