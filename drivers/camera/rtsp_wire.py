"""One TCP connection that carries RTSP messages and, between them, RTP packets (RFC 2326 section 10.12)."""

import asyncio
from dataclasses import dataclass

from drivers.camera.rtsp_messages import Reply, Request, RtspError, largest_head, parse_head

most_unsent = 256 * 1024  # bytes; a peer that reads nothing is not fed for ever
close_seconds = 0.5


@dataclass(frozen=True, slots=True)
class Interleaved:
    """A packet on one of the interleaved channels."""

    channel: int
    packet: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A reply or a request, with its body."""

    head: Reply | Request
    body: bytes


class Wire:
    """Reads what comes next and writes what is given; every size is bounded."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, largest_unsent: int = most_unsent
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._largest_unsent = largest_unsent

    async def read(self) -> Interleaved | Message:
        """Return the next packet or message. Raises RtspError for other bytes, EOFError at the end, or OSError."""
        first = await self._reader.readexactly(1)
        if first == b"$":
            head = await self._reader.readexactly(3)
            return Interleaved(head[0], await self._reader.readexactly(int.from_bytes(head[1:])))
        try:
            rest = await self._reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError as problem:
            raise RtspError(f"a message head has more than {largest_head} bytes") from problem
        parsed = parse_head(first + rest)
        return Message(parsed, await self._reader.readexactly(parsed.headers.number("Content-Length", 0)))

    def write(self, data: bytes) -> None:
        """Send without waiting. Raises RtspError when the other side does not read."""
        if self.unsent > self._largest_unsent:
            raise RtspError("the other side does not read what it is sent")
        self._writer.write(data)

    def send_packet(self, channel: int, packet: bytes) -> None:
        """Send a packet on an interleaved channel."""
        self.write(b"$" + bytes([channel]) + len(packet).to_bytes(2) + packet)

    @property
    def unsent(self) -> int:
        """How many bytes wait for the other side to read."""
        return self._writer.transport.get_write_buffer_size()

    def abort(self) -> None:
        """Drop the connection and what is pending."""
        self._writer.transport.abort()

    async def close(self) -> None:
        """Send what is pending and hang up; a peer that does not read is not waited for."""
        self._writer.close()
        try:
            async with asyncio.timeout(close_seconds):
                await self._writer.wait_closed()
        except OSError:  # TimeoutError is one
            self.abort()


async def connect(host: str, port: int) -> Wire:
    """Connect. Raises OSError."""
    return Wire(*await asyncio.open_connection(host, port, limit=largest_head))
