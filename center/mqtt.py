"""All of paho: one connection to the broker on a thread of its own, heard on the event loop."""

import asyncio
import json
import logging
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions
from pydantic import Field

from edge.settings import SettingsError, Table

log = logging.getLogger(__name__)
slowest_retry_seconds = 8


class MqttSettings(Table):
    """Where the broker is and as whom to come."""

    host: str = "127.0.0.1"
    port: int = Field(default=8883, ge=1, le=65535)
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    username: str | None = None
    password_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it came; `token` is what acknowledges it to the broker."""

    topic: str
    payload: bytes
    token: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Session:
    """What the broker keeps for us while we are away: nothing when `keep_seconds` is 0."""

    client_id: str
    keep_seconds: int = 0
    in_flight: int = 200


class Link:
    """A connection that comes back by itself. Handlers run on the event loop, never on paho's thread."""

    def __init__(
        self,
        settings: MqttSettings,
        session: Session,
        topics: Sequence[tuple[str, int]],
        heard: Callable[[Message], None],
        *,
        acknowledge_by_hand: bool = False,
    ) -> None:
        """Prepare; nothing is opened. Raises SettingsError when a certificate or password file cannot be read."""
        self._settings, self._session, self._topics, self._heard = settings, session, topics, heard
        self._loop = asyncio.get_running_loop()
        self._subscribing: int | None = None
        self.ready = asyncio.Event()
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=session.client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            manual_ack=acknowledge_by_hand,
        )
        self._client.reconnect_delay_set(1, slowest_retry_seconds)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        _identify(self._client, settings)

    def open(self) -> None:
        """Start connecting; `ready` is set whenever all subscriptions stand."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = self._session.keep_seconds
        properties.ReceiveMaximum = self._session.in_flight
        self._client.connect_async(
            self._settings.host,
            self._settings.port,
            keepalive=15,
            clean_start=self._session.keep_seconds == 0,
            properties=properties,
        )
        self._client.loop_start()

    def publish(self, topic: str, payload: Mapping[str, Any]) -> None:
        """Send with QoS 1; while the broker is away paho keeps it and sends it later."""
        self._client.publish(topic, json.dumps(payload, ensure_ascii=False, separators=(",", ":")), qos=1)

    def acknowledge(self, message: Message) -> None:
        """Tell the broker that this message need not be kept any longer."""
        number, qos = message.token
        if qos > 0:
            self._client.ack(number, qos)

    def close(self) -> None:
        """Say goodbye and stop the thread."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client: Client, _: Any, __: ConnectFlags, code: ReasonCode, ___: Properties | None) -> None:
        if code.is_failure:
            log.warning("the broker refused us: %s", code)
            return
        wanted = [(topic, SubscribeOptions(qos=qos)) for topic, qos in self._topics]
        self._subscribing = client.subscribe(wanted)[1]

    def _on_subscribe(self, _: Client, __: Any, ___: int, codes: Sequence[ReasonCode], ____: Properties | None) -> None:
        refused = [topic for (topic, _qos), code in zip(self._topics, codes, strict=True) if code.is_failure]
        if refused:
            log.error("the broker does not let us read %s; look at its access list", ", ".join(refused))
        self._call(self.ready.set)

    def _on_disconnect(
        self, _: Client, __: Any, ___: DisconnectFlags, code: ReasonCode, ____: Properties | None
    ) -> None:
        log.info("the broker is away (%s); trying again", code)
        self._call(self.ready.clear)

    def _on_message(self, _: Client, __: Any, message: MQTTMessage) -> None:
        try:
            self._call(self._heard, Message(message.topic, bytes(message.payload), (message.mid, message.qos)))
        except UnicodeDecodeError:
            # Nothing of ours is published there, and the topic cannot even be written into a log.
            log.warning("a message on a topic that is not UTF-8 was left unread")
            self._client.ack(message.mid, message.qos)

    def _call(self, handler: Callable[..., None], *given: object) -> None:
        # A message may still arrive while the loop is closing; the broker keeps what was not acknowledged.
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(handler, *given)


def _identify(client: Client, settings: MqttSettings) -> None:
    """Set password and certificates. Raises SettingsError naming the file that cannot be used."""
    try:
        if settings.username:
            client.username_pw_set(settings.username, _secret(settings.password_file))
        if settings.ca_file:
            context = ssl.create_default_context(cafile=str(settings.ca_file))
            if settings.certificate_file:
                context.load_cert_chain(settings.certificate_file, settings.key_file)
            client.tls_set_context(context)
    except OSError as problem:
        raise SettingsError(
            f"mqtt: {problem.filename or settings.ca_file}: {problem.strerror}; name readable files"
        ) from problem


def _secret(path: Path | None) -> str | None:
    return path.read_text(encoding="utf-8").strip() if path else None
