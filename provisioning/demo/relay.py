"""The wire between a simulated post and the broker: the plug that the demo's visitor pulls."""

import asyncio
import socket
from collections.abc import Mapping
from typing import Any

loopback = "127.0.0.1"
chunk_bytes = 65536


class Relay:
    """Carries TCP from a port of its own to the broker while it is up; refuses and cuts while it is down."""

    def __init__(self, port: int, broker_port: int) -> None:
        """Take the port for good: while the relay is down, nobody else can listen there. Raises OSError."""
        self._port = port
        self._broker_port = broker_port
        self._reserved = _bound(port)
        self._server: asyncio.Server | None = None
        self._carrying: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """Where the post's forwarder connects."""
        return self._port

    @property
    def is_up(self) -> bool:
        """Whether the plug is in."""
        return self._server is not None

    async def up(self) -> None:
        """Put the plug in; nothing happens when it is."""
        if self._server is None:
            self._server = await asyncio.start_server(self._connected, loopback, self._port, reuse_address=True)

    async def down(self) -> None:
        """Pull the plug: every connection ends at once, and new ones are refused."""
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._cut()

    async def close(self) -> None:
        """Pull the plug for good and give the port back."""
        await self.down()
        self._reserved.close()

    async def _cut(self) -> None:
        carrying = list(self._carrying)
        for task in carrying:
            task.cancel()
        await asyncio.gather(*carrying, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or self._server is None:
            writer.transport.abort()
            return
        self._carrying.add(task)
        try:
            await self._carry(reader, writer)
        except OSError:
            pass  # the broker is away or one side has gone: to the other side the line is simply dead
        finally:
            self._carrying.discard(task)
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_broker, to_broker = await asyncio.open_connection(loopback, self._broker_port)
        try:
            ways = {asyncio.ensure_future(_pump(reader, to_broker)), asyncio.ensure_future(_pump(from_broker, writer))}
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        finally:
            to_broker.transport.abort()


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(chunk_bytes):
        target.write(data)
        await target.drain()


def _bound(port: int) -> socket.socket:
    """Bind without listening: connects are refused, and the port stays ours."""
    reserved = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind((loopback, port))
    except OSError:
        reserved.close()
        raise
    return reserved


class NetworkPart:
    """The part `network` of a post on the demo page."""

    def __init__(self, relay: Relay) -> None:
        """Take the wire that it switches."""
        self._relay = relay

    def shows(self) -> Mapping[str, Any]:
        """Return whether the plug is in."""
        return {"up": self._relay.is_up}

    async def act(self, action: str, body: Mapping[str, Any]) -> None:
        """Do `down`, `up` or `mend`. Raises ValueError for anything else."""
        del body
        match action:
            case "down":
                await self._relay.down()
            case "up" | "mend":
                await self._relay.up()
            case _:
                raise ValueError(f"the network can be put down, up or mend, not {action}")
