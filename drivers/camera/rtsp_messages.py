"""RTSP 1.0 messages (RFC 2326), written and read; pure."""

import re
from dataclasses import dataclass
from typing import Literal

largest_head = 16 * 1024  # bytes
largest_body = 64 * 1024  # bytes


class RtspError(ValueError):
    """The other side does not speak RTSP; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Headers:
    """Header fields; names in any case, and several of one name in their order."""

    fields: tuple[tuple[str, str], ...]

    def all(self, name: str) -> list[str]:
        """Return the values of a field."""
        return [value for key, value in self.fields if key == name.lower()]

    def get(self, name: str, otherwise: str = "") -> str:
        """Return the first value of a field."""
        return next(iter(self.all(name)), otherwise)

    def number(self, name: str, otherwise: int) -> int:
        """Return a field that is a whole number. Raises RtspError when it is not."""
        text = self.get(name).strip()
        if not text:
            return otherwise
        if not re.fullmatch(r"[0-9]{1,9}", text):
            raise RtspError(f"the header {name} is {text[:40]!r}, not a number")
        return int(text)


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer, its body not yet read."""

    status: int
    reason: str
    headers: Headers


@dataclass(frozen=True, slots=True)
class Request:
    """A request, its body not yet read."""

    method: str
    url: str
    headers: Headers


def write_request(method: str, url: str, number: int, fields: dict[str, str]) -> bytes:
    """Return the bytes of a request without a body."""
    lines = [f"{method} {url} RTSP/1.0", f"CSeq: {number}", *(f"{name}: {value}" for name, value in fields.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def write_reply(status: int, reason: str, number: int, fields: dict[str, str], body: bytes = b"") -> bytes:
    """Return the bytes of a reply."""
    lines = [f"RTSP/1.0 {status} {reason}", f"CSeq: {number}", *(f"{name}: {value}" for name, value in fields.items())]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def parse_head(head: bytes) -> Reply | Request:
    """Read a message up to its empty line. Raises RtspError."""
    if len(head) > largest_head:
        raise RtspError(f"a message head has more than {largest_head} bytes")
    first, *lines = head.decode("utf-8", "replace").rstrip("\r\n").split("\r\n")
    headers = Headers(tuple(_field(line) for line in lines if line))
    if headers.number("Content-Length", 0) > largest_body:
        raise RtspError(f"a message body has more than {largest_body} bytes")
    reply = re.fullmatch(r"RTSP/1\.\d ([1-5][0-9]{2}) ?([^\r\n]*)", first)
    if reply:
        return Reply(int(reply[1]), reply[2], headers)
    request = re.fullmatch(r"([A-Z_]{3,20}) (\S{1,2000}) RTSP/1\.\d", first)
    if request:
        return Request(request[1], request[2], headers)
    raise RtspError(f"{first[:40]!r} is no line of RTSP")


def _field(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise RtspError(f"{line[:40]!r} is no header field")
    return name.strip().lower(), value.strip()


def channels(transport: str) -> tuple[int, int]:
    """Return the interleaved channels that the server chose. Raises RtspError."""
    found = re.search(r"interleaved=(\d{1,3})(?:-(\d{1,3}))?", transport)
    first = int(found[1]) if found else 256
    second = int(found[2]) if found and found[2] else first + 1
    if max(first, second) > 255 or first == second:
        raise RtspError(f"the transport {transport[:60]!r} names no interleaved channels")
    return first, second


def session(value: str) -> tuple[str, int]:
    """Return the session's name and its time-out in seconds (RFC 2326 section 12.37: 60 when not said)."""
    name = value.partition(";")[0].strip()
    if not re.fullmatch(r"[\x21-\x7e]{1,200}", name):
        raise RtspError("the session has no usable name")
    found = re.search(r";\s*timeout=([0-9]{1,6})", value)
    return name, max(1, int(found[1])) if found else 60


Kind = Literal["receiver report", "key frame"]


def rtcp(kind: Kind, ours: int, theirs: int) -> bytes:
    """Return an empty receiver report (RFC 3550), and with it the request for a key frame (PLI, RFC 4585)."""
    report = b"\x80\xc9\x00\x01" + ours.to_bytes(4)
    if kind == "receiver report":
        return report
    return report + b"\x81\xce\x00\x02" + ours.to_bytes(4) + theirs.to_bytes(4)


def asks_key_frame(packet: bytes) -> bool:
    """Whether an RTCP packet contains a PLI (payload-specific feedback, format 1)."""
    at = 0
    while at + 4 <= len(packet):
        if packet[at + 1] == 206 and packet[at] & 0x1F == 1:
            return True
        at += 4 * (int.from_bytes(packet[at + 2 : at + 4]) + 1)
    return False
