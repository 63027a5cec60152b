"""The link to the broker: TLS with a real authority, sentences for what goes wrong, the access list, MQTT 3.1.1."""

import asyncio
import contextlib
import gc
import getpass
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from edge.forwarder import trouble
from edge.forwarder.mqtt import Link, LinkError, Login, Secrets, mqtt5, mqtt311, open_link
from support.broker import Broker, free_port
from support.certificates import Authority, Pair
from support.patience import deadline_seconds

docs = Path(__file__).parents[2] / "docs" / "uplink.md"
# paho leaves the socket of a failed TLS handshake to the garbage collector, which calls that unclosed.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
Heard = asyncio.Queue[tuple[str, bytes]]


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """Collect paho's garbage within the test that made it."""
    yield
    gc.collect()


@contextlib.asynccontextmanager
async def linked(login: Login, heard: Heard | None = None) -> AsyncIterator[Link]:
    """Open a link and close it again."""
    link = await open_link(login, lambda topic, payload: heard.put_nowait((topic, payload)) if heard else None)
    try:
        yield link
    finally:
        await link.close()


def tls_lines(authority: Authority, server: Pair) -> str:
    """Return the lines that make the broker's only listener ask for certificates."""
    return (
        f"cafile {authority.file}\ncertfile {server.certificate}\nkeyfile {server.key}\n"
        "require_certificate true\nuse_identity_as_username true\n"
        # Started by root, mosquitto would become a user who cannot enter our folder.
        f"user {getpass.getuser()}\n"
    )


def secrets(authority: Authority, pair: Pair) -> Secrets:
    """Return the device's side."""
    return Secrets(authority.file, pair.certificate, pair.key)


async def test_publish_and_subscribe_over_tls(tmp_path: Path) -> None:
    """With the right certificates messages pass, by MQTT 5."""
    authority = Authority.make(tmp_path / "ca")
    server = authority.issue("broker", host="127.0.0.1")
    with Broker.start(tmp_path, tls_lines(authority, server)) as broker:
        heard: Heard = asyncio.Queue()
        tls = secrets(authority, authority.issue("school.gate"))
        async with linked(Login(f"127.0.0.1:{broker.port}", "school.gate", tls), heard) as link:
            assert link.version == mqtt5
            await link.subscribe("a/+")
            await link.publish("a/b", b"hello", content_type="text/plain")
            assert await heard.get() == ("a/b", b"hello")


async def refusal(broker: Broker, tls: Secrets, host: str = "127.0.0.1") -> str:
    """Return the sentence of a connection that must fail, now or at the first message (TLS 1.3 tells late)."""
    with pytest.raises(LinkError) as caught:
        async with linked(Login(f"{host}:{broker.port}", "school.gate", tls)) as link:
            await link.publish("a", b"")
    return str(caught.value)


async def test_sentences_about_the_centres_certificate(tmp_path: Path) -> None:
    """Expired, unknown issuer, wrong name: each says what to do."""
    authority = Authority.make(tmp_path / "ca")
    device = authority.issue("school.gate")
    old = authority.issue("old", host="127.0.0.1", valid=timedelta(days=-1))
    with Broker.start(tmp_path / "1", tls_lines(authority, old)) as broker:
        assert "the centre's certificate has expired; renew it" in await refusal(broker, secrets(authority, device))
    other = authority.issue("other", host="mqtt.example.cn")
    with Broker.start(tmp_path / "2", tls_lines(authority, other)) as broker:
        assert "certificate is for another name" in await refusal(broker, secrets(authority, device))
        stranger = Authority.make(tmp_path / "stranger", "stranger")
        assert "unknown issuer; put the centre's CA" in await refusal(broker, secrets(stranger, device))


async def test_sentences_about_the_devices_certificate(tmp_path: Path) -> None:
    """A device whose own certificate has expired or was issued by a stranger learns it from the broker."""
    authority = Authority.make(tmp_path / "ca")
    server = authority.issue("broker", host="127.0.0.1")
    with Broker.start(tmp_path, tls_lines(authority, server)) as broker:
        old = authority.issue("school.gate", valid=timedelta(days=-1))
        assert "run callpost enrol with a new token" in await refusal(broker, secrets(authority, old))
        stranger = Authority.make(tmp_path / "stranger", "stranger").issue("school.gate")
        assert "run callpost enrol" in await refusal(broker, secrets(authority, stranger))
        missing = Secrets(authority.file, tmp_path / "none.crt", tmp_path / "none.key")
        assert "none.crt cannot be read" in await refusal(broker, missing)


@pytest.mark.parametrize(
    ("alert", "sentence"),
    [
        (
            "[SSL: SSLV3_ALERT_CERTIFICATE_EXPIRED] sslv3 alert certificate expired (_ssl.c:2580)",
            "certificate has expired",
        ),
        ("[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required", "name certificate and key"),
        ("[SSL: TLSV1_ALERT_UNKNOWN_CA] tlsv1 alert unknown ca (_ssl.c:2580)", "does not know the issuer"),
        ("EOF occurred in violation of protocol (_ssl.c:2393)", "most often it refuses this device's certificate"),
    ],
)
def test_sentences_about_alerts(alert: str, sentence: str) -> None:
    """What the broker's TLS says about our certificate is put into words; so is its silence."""
    assert sentence in trouble.closed_early(alert, "a:1")


async def test_sentences_about_the_network() -> None:
    """A closed port and an unknown name say what to check."""
    for address, sentence in ((f"127.0.0.1:{free_port()}", "nobody listens"), ("no.such.invalid:1883", "not known")):
        with pytest.raises(LinkError, match=sentence):
            await open_link(Login(address, "a", connect_seconds=deadline_seconds), lambda *_: None)


async def test_silent_server_ends_at_the_deadline() -> None:
    """A server that accepts and says nothing costs no more than the deadline."""
    server = await asyncio.start_server(lambda *_: asyncio.sleep(30), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(LinkError, match="no answer"):
        await open_link(Login(f"127.0.0.1:{port}", "a", connect_seconds=0.3), lambda *_: None)
    server.close()


async def test_access_list_of_the_documentation(tmp_path: Path) -> None:
    """A device may write and read its own topics and nobody else's."""
    authority = Authority.make(tmp_path / "ca")
    server = authority.issue("broker", host="127.0.0.1")
    acl = docs.read_text(encoding="utf-8").split("```mosquitto-acl\n")[1].split("```")[0]
    (tmp_path / "acl").write_text(acl, encoding="utf-8")
    with Broker.start(tmp_path, tls_lines(authority, server) + f"acl_file {tmp_path}/acl\n") as broker:
        tls = secrets(authority, authority.issue("school.gate"))
        ingest = secrets(authority, authority.issue("callpost-ingest"))
        heard: Heard = asyncio.Queue()
        own, foreign = "callpost/v1/school.gate/", "callpost/v1/school.yard/"
        login = Login(f"127.0.0.1:{broker.port}", "school.gate", tls)
        async with linked(login, heard) as link:
            await link.subscribe(own + "ack", own + "command/+")
            for channel in ("alarm", "event", "state", "heartbeat", "reply/console", "call/offer"):
                await link.publish(own + channel, b"{}")
                with pytest.raises(LinkError, match="Not authorized; check its ACL"):
                    await link.publish(foreign + channel, b"{}")
            for channel in ("ack", "command/ptz.stop"):
                with pytest.raises(LinkError, match="Not authorized"):
                    await link.publish(own + channel, b"{}")
            async with linked(Login(f"127.0.0.1:{broker.port}", "callpost-ingest", ingest)) as centre:
                await centre.publish(own + "ack", b"stored")
                with pytest.raises(LinkError, match="Not authorized"):
                    await centre.publish(own + "command/ptz.stop", b"{}")
            assert await heard.get() == (own + "ack", b"stored")


@contextlib.asynccontextmanager
async def old_broker(port: int) -> AsyncIterator[int]:
    """Stand in for a broker without MQTT 5: refuse protocol level 5 as 3.1.1 says, pass everything else on."""
    tasks: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(4096):
                writer.write(data)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connect = await reader.read(4096)
        if connect[8] == 5:  # fixed header 2, "MQTT" 6, then the level
            writer.write(b"\x20\x02\x00\x01")
            writer.close()
            return
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)
        up_writer.write(connect)
        tasks.update(asyncio.create_task(pump(*ends)) for ends in ((reader, up_writer), (up_reader, writer)))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_falls_back_to_3_1_1(tmp_path: Path) -> None:
    """A broker that refuses MQTT 5 gets 3.1.1 at once, and messages pass."""
    with Broker.start(tmp_path) as broker:
        async with old_broker(broker.port) as port:
            heard: Heard = asyncio.Queue()
            async with linked(Login(f"127.0.0.1:{port}", "school.gate"), heard) as link:
                assert link.version == mqtt311
                await link.subscribe("a")
                await link.publish("a", b"hello", content_type="text/plain")
                assert await heard.get() == ("a", b"hello")


async def test_loss_fails_what_is_under_way(tmp_path: Path) -> None:
    """When the broker dies, the link says so and no future stays open."""
    with Broker.start(tmp_path) as broker:
        link = await open_link(Login(f"127.0.0.1:{broker.port}", "a"), lambda *_: None)
        await link.publish("a", b"")
        broker.kill()
        assert "closed by the other side" in await link.lost
        with pytest.raises(LinkError):
            await link.publish("a", b"")
