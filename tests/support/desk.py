"""An operator without a browser: commands over the broker, as the console sends them."""

import json
import queue
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from ulid import ULID

from edge.event import rfc3339
from support.patience import deadline_seconds, until

again_seconds = 5.0
caller = "test-operator"
topics = ("callpost/v1/+/state", f"callpost/v1/+/reply/{caller}", "callpost/v1/+/alarm")


class Operator:
    """Knows each post's session from its birth, sends commands and waits for the replies."""

    def __init__(self, port: int, name: str = "Operator Li") -> None:
        """Connect to the broker and hear births and replies."""
        self._name = name
        self.sessions: dict[str, str] = {}
        self.states: dict[str, dict[str, Any]] = {}
        self._births: queue.Queue[str] = queue.Queue()
        self._replies: queue.Queue[dict[str, Any]] = queue.Queue()
        self.heard: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id=f"{caller}-{ULID()}", protocol=MQTTProtocolVersion.MQTTv5
        )
        self._client.on_message = self._on_message
        self._client.on_connect = lambda client, *_: client.subscribe([(topic, 1) for topic in topics])
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def __enter__(self) -> Self:
        """Return the connected operator."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """Hang up."""
        self._client.disconnect()
        self._client.loop_stop()

    def session(self, device: str) -> str:
        """Return the session of the device's last birth, waiting for the first."""
        while device not in self.sessions:
            self._births.get(timeout=deadline_seconds)
        return self.sessions[device]

    def command(
        self, device: str, name: str, body: Mapping[str, Any], *, seconds: float = deadline_seconds, **envelope: Any
    ) -> dict[str, Any]:
        """Send a command and return the reply, or status "unanswered"; `envelope` overrides fields of the message."""
        message = {
            "id": str(ULID()),
            "session": envelope.pop("session", None) or self.session(device),
            "issued": rfc3339(datetime.now(UTC)),
            "ttl_seconds": 30,
            "reply_to": caller,
            "operator": self._name,
            "body": dict(body),
            **envelope,
        }
        self._client.publish(f"callpost/v1/{device}/command/{name}", json.dumps(message), qos=1)
        try:
            while (reply := self._replies.get(timeout=seconds))["id"] != message["id"]:
                pass
        except queue.Empty:
            return {"status": "unanswered", "reason": f"no reply within {seconds:.0f} s"}
        return reply

    def insist(self, device: str, name: str, body: Mapping[str, Any]) -> None:
        """Send a command until it is done, as the console does: one that met a program just starting has no reply.

        While there is none it is the same command, which the post carries out once; a refusal needs another one.
        """
        identifier = str(ULID())

        def is_done() -> bool:
            nonlocal identifier
            reply = self.command(device, name, body, seconds=again_seconds, id=identifier)
            if reply["status"] == "refused":
                identifier = str(ULID())
            return bool(reply["status"] == "done")

        until(is_done, f"{name} is done")

    def send(self, topic: str, payload: bytes, *, qos: int = 1) -> None:
        """Publish anything anywhere and wait until the broker has it."""
        self._client.publish(topic, payload, qos=qos).wait_for_publish(deadline_seconds)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        device, kind = message.topic.split("/")[2:4]
        if kind == "reply":
            self._replies.put(json.loads(message.payload))
        elif kind == "state":
            self._take_state(device, json.loads(message.payload))
        else:
            self.heard.put((message.topic, bytes(message.payload)))

    def _take_state(self, device: str, state: dict[str, Any]) -> None:
        self.states[device] = state
        if state["online"]:
            self.sessions[device] = state["session"]
            self._births.put(device)
