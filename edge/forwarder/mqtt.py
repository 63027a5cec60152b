"""All of paho-mqtt in one place: one connection to one broker, with an asyncio face.

paho's network loop runs in its own thread; everything it says crosses into the event loop by call_soon_threadsafe.
A link is used once: it opens, it works, it is lost. Whoever wants another one opens another one.
"""

import asyncio
import logging
import os
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.forwarder import trouble

log = logging.getLogger(__name__)
largest_message_bytes = 131_072
unacknowledged_data_seconds = 10
failure_from = 0x80  # MQTT 5, section 2.4: reason codes from here on are errors
mqtt5 = MQTTProtocolVersion.MQTTv5
mqtt311 = MQTTProtocolVersion.MQTTv311


class LinkError(Exception):
    """The connection cannot be made or is lost; the text is a sentence that says what to do."""


class VersionRefusedError(LinkError):
    """The broker does not speak MQTT 5."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """The PEM files of a TLS connection."""

    ca: Path
    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Login:
    """Everything that is needed to open one connection; times in seconds."""

    address: str
    client_id: str
    tls: Secrets | None = None
    username: str | None = None
    password: str | None = None
    keep_alive_seconds: int = 15
    connect_seconds: float = 8.0
    will: tuple[str, bytes] | None = None  # topic and payload, QoS 1, retained

    @property
    def host(self) -> str:
        """The host, an IPv6 address without its brackets."""
        return self.address.rsplit(":", 1)[0].strip("[]")

    @property
    def port(self) -> int:
        """The port."""
        return int(self.address.rsplit(":", 1)[1])


Receive = Callable[[str, bytes], None]


async def open_link(login: Login, receive: Receive) -> "Link":
    """Connect with MQTT 5, or 3.1.1 where that is refused; `receive` gets topic and payload. Raises LinkError."""
    try:
        return await _open(login, receive, mqtt5)
    except VersionRefusedError:
        log.info("%s: the broker refuses MQTT 5; going on with 3.1.1", login.address)
        return await _open(login, receive, mqtt311)


async def _open(login: Login, receive: Receive, version: MQTTProtocolVersion) -> "Link":
    link = Link(login, receive, version)
    try:
        async with asyncio.timeout(login.connect_seconds):
            await link.opened
    except TimeoutError as problem:
        link.abandon()
        raise LinkError(trouble.sentence(problem, login.address)) from problem
    except BaseException:
        link.abandon()
        raise
    return link


class Link:
    """One connection, opening from the moment it is made; `lost` is done with a sentence when it has ended."""

    def __init__(self, login: Login, receive: Receive, version: MQTTProtocolVersion) -> None:
        """Start to connect; use `open_link`."""
        self._loop = asyncio.get_running_loop()
        self._login = login
        self._receive = receive
        self.version = version
        self.opened: asyncio.Future[None] = _quiet(self._loop.create_future())
        self.lost: asyncio.Future[str] = self._loop.create_future()
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._subscribing: dict[int, asyncio.Future[None]] = {}
        self._abandoned = threading.Event()
        self._last_error = ""
        self._answered_once = False
        self._client = self._make_client()
        # A thread of its own, and a daemon: a name server that hangs must hold up neither others nor our end.
        threading.Thread(target=self._dial, name=f"dial-{login.client_id}", daemon=True).start()

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, content_type: str | None = None
    ) -> "asyncio.Future[None]":
        """Hand over a message; the future is done at its PUBACK and raises LinkError when refused or lost."""
        future: asyncio.Future[None] = _quiet(self._loop.create_future())
        if self.lost.done():
            future.set_exception(LinkError(self.lost.result()))
            return future
        sent = self._client.publish(topic, payload, qos, retain, self._properties(content_type))
        if qos == 0:
            future.set_result(None)
        else:
            self._waiting[sent.mid] = future
        return future

    async def subscribe(self, *topics: str) -> None:
        """Subscribe with QoS 1. Raises LinkError when the broker refuses one of them or the connection is lost."""
        future: asyncio.Future[None] = _quiet(self._loop.create_future())
        _, mid = self._client.subscribe([(topic, 1) for topic in topics])
        if mid is None or self.lost.done():
            raise LinkError(f"{self._login.address}: the connection was lost before subscribing")
        self._subscribing[mid] = future
        await future

    async def close(self) -> None:
        """Say goodbye, so that the broker keeps the will to itself; at most one second."""
        self._client.disconnect()
        await asyncio.wait([self.lost], timeout=1)
        self.abandon()

    def abandon(self) -> None:
        """Cut the connection, whatever state it is in; paho's thread ends by itself."""
        self._abandoned.set()
        self._cut()

    # paho's side -----------------------------------------------------------------------------

    def _make_client(self) -> Client:
        login = self._login
        client = Client(
            CallbackAPIVersion.VERSION2,
            login.client_id,
            clean_session=True if self.version == mqtt311 else None,  # MQTT 5 says it when it connects
            protocol=self.version,
            reconnect_on_failure=False,
        )
        client.connect_timeout = login.connect_seconds
        if login.username is not None:
            client.username_pw_set(login.username, login.password)
        if login.will is not None:
            client.will_set(login.will[0], login.will[1], qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_socket_open = _give_up_early
        client.on_log = self._on_log
        return client

    def _properties(self, content_type: str | None) -> Properties | None:
        if content_type is None or self.version != mqtt5:
            return None
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ContentType = content_type
        return properties

    def _connect_properties(self) -> Properties | None:
        if self.version != mqtt5:
            return None
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.MaximumPacketSize = largest_message_bytes
        return properties

    def _dial(self) -> None:
        """Connect, in a thread of its own: name, TCP and TLS block."""
        login = self._login
        try:
            if login.tls is not None:
                self._client.tls_set_context(tls_context(login.tls))
            # The default of clean_start is a clean start at the first connection, and there is only one.
            properties = self._connect_properties()
            self._client.connect(login.host, login.port, login.keep_alive_seconds, properties=properties)
            self._client.loop_start()
        except LinkError as problem:
            self._tell(self._ended, f"{login.address}: {problem}", LinkError)
        except (OSError, ValueError) as problem:
            self._tell(self._ended, trouble.sentence(problem, login.address), LinkError)
        if self._abandoned.is_set():
            self._cut()

    def _cut(self) -> None:
        sock = self._client.socket()
        if sock is None:
            return
        try:
            # A duplicate, because SSLSocket.shutdown() would drop TLS while paho's thread reads.
            with socket.socket(fileno=os.dup(sock.fileno())) as duplicate:
                duplicate.shutdown(socket.SHUT_RDWR)
        except (OSError, ValueError) as problem:
            log.debug("the connection was closed already: %s", problem)

    def _tell(self, what: Callable[..., object], *news: object) -> None:
        try:
            self._loop.call_soon_threadsafe(what, *news)
        except RuntimeError:
            log.debug("the program has ended before its connection")

    def _on_connect(self, _c: Client, _u: object, _f: ConnectFlags, reason: ReasonCode, _p: Properties | None) -> None:
        address = self._login.address
        self._answered_once = True
        if not reason.is_failure:
            self._tell(self._connected)
        elif reason.getName() == "Unsupported protocol version":
            self._tell(self._ended, f"{address}: the broker refuses MQTT {self.version}", VersionRefusedError)
        else:
            self._tell(self._ended, trouble.refused(reason.getName(), address), LinkError)

    def _on_disconnect(
        self, _c: Client, _u: object, _f: DisconnectFlags, reason: ReasonCode, _p: Properties | None
    ) -> None:
        why = reason.getName() if reason.getName() != "Unspecified error" else ""
        text = self._last_error or why or "the connection was closed by the other side"
        early = self._login.tls is not None and not self._answered_once
        sentence = trouble.closed_early if early else trouble.sentence
        self._tell(self._ended, sentence(text, self._login.address), LinkError)

    def _on_message(self, _c: Client, _u: object, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            log.warning("dropped a message whose topic is not UTF-8")
            return
        self._tell(self._receive, topic, bytes(message.payload))

    def _on_publish(self, _c: Client, _u: object, mid: int, reason: ReasonCode, _p: Properties | None) -> None:
        refusal = reason.getName() if reason.value >= failure_from else None
        self._tell(self._answered, self._waiting, mid, refusal, "the broker refuses a message")

    def _on_subscribe(self, _c: Client, _u: object, mid: int, reasons: list[ReasonCode], _p: Any) -> None:
        refusal = next((reason.getName() for reason in reasons if reason.value >= failure_from), None)
        self._tell(self._answered, self._subscribing, mid, refusal, "the broker refuses a subscription")

    def _on_log(self, _c: Client, _u: object, _level: int, text: str) -> None:
        # The only place where paho says why a connection was lost.
        if text.startswith("failed to receive on socket: "):
            self._last_error = text.removeprefix("failed to receive on socket: ")

    # Back on the loop ------------------------------------------------------------------------

    def _connected(self) -> None:
        if not self.opened.done():
            self.opened.set_result(None)

    def _answered(self, waiting: "dict[int, asyncio.Future[None]]", mid: int, refusal: str | None, what: str) -> None:
        future = waiting.pop(mid, None)
        if future is None or future.done():
            return
        if refusal is None:
            future.set_result(None)
        else:
            future.set_exception(LinkError(f"{self._login.address}: {what}: {refusal}; check its ACL"))

    def _ended(self, why: str, error: type[LinkError]) -> None:
        if self.lost.done():
            return
        self.lost.set_result(why)
        for future in (self.opened, *self._waiting.values(), *self._subscribing.values()):
            if not future.done():
                future.set_exception(error(why))
        self._waiting.clear()
        self._subscribing.clear()


def tls_context(secrets: Secrets) -> ssl.SSLContext:
    """Return the TLS settings: TLS 1.2 or better, the centre's CA only, our certificate. Raises LinkError."""
    try:
        for file in (secrets.ca, secrets.certificate, secrets.key):
            file.open("rb").close()  # the ssl module does not say which one it could not read
        context = ssl.create_default_context(cafile=str(secrets.ca))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(secrets.certificate, secrets.key)
    except OSError as problem:  # ssl.SSLError is one of them
        raise LinkError(trouble.unusable_files(problem)) from problem
    return context


def _give_up_early(_c: Client, _u: object, sock: Any) -> None:
    """Let the kernel end a connection whose data nobody confirms: half-open ones would cost an alarm half a minute."""
    if isinstance(sock, socket.socket):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, unacknowledged_data_seconds * 1000)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _quiet(future: "asyncio.Future[None]") -> "asyncio.Future[None]":
    """Mark a future whose failure nobody has to fetch: what is lost is sent again, whoever waits or not."""
    future.add_done_callback(lambda done: done.cancelled() or done.exception())
    return future
