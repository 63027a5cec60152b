"""The plug between post and broker, with a real server behind it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest

from provisioning.demo.relay import Relay
from support.broker import free_port


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    """A relay that is up, in front of an echo."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(1000):
                writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    made = Relay(free_port(), server.sockets[0].getsockname()[1])
    await made.up()
    yield made
    await made.close()
    server.close()


async def _said(relay: Relay, text: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
    writer.write(text)
    assert await reader.readexactly(len(text)) == text
    return reader, writer


async def test_bytes_pass_both_ways(relay: Relay) -> None:
    """More than one connection at once."""
    pairs = [await _said(relay, f"hello {number}".encode()) for number in range(3)]
    for _, writer in pairs:
        writer.close()


async def test_pulling_the_plug_ends_connections_and_refuses_new_ones(relay: Relay) -> None:
    """And nobody else can take the port meanwhile."""
    reader, writer = await _said(relay, b"x")
    await relay.down()
    with contextlib.suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", relay.port)
    with socket.socket() as thief, pytest.raises(OSError, match="in use"):
        thief.bind(("127.0.0.1", relay.port))
    await relay.up()
    (await _said(relay, b"back"))[1].close()


async def test_up_and_down_may_be_repeated(relay: Relay) -> None:
    """A plug that is in can be put in."""
    for _ in range(2):
        await relay.up()
    for _ in range(2):
        await relay.down()
    await relay.up()
    (await _said(relay, b"y"))[1].close()


async def test_an_absent_broker_is_a_dead_line() -> None:
    """The post connects and is cut, as behind a switch without uplink."""
    relay = Relay(free_port(), free_port())
    await relay.up()
    reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
    with contextlib.suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()
    await relay.close()
