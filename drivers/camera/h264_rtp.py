"""RTP packets in, whole H.264 pictures out (RFC 3550, RFC 6184); pure, bounded, and strict."""

import struct
from dataclasses import dataclass

from drivers.camera.h264 import Picture, start_code

largest_picture = 4 * 1024 * 1024  # bytes; an 8-megapixel key frame stays below 2 MiB
rtp_header_bytes = 12

stap_a, fu_a = 24, 28


class RtpError(ValueError):
    """The packet breaks the standard; the text says how."""


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """The parts of an RTP packet that a receiver of one stream needs."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


def parse_rtp(packet: bytes) -> RtpPacket:
    """Take one packet apart (RFC 3550 section 5.1). Raises RtpError."""
    if len(packet) < rtp_header_bytes:
        raise RtpError(f"an RTP packet has only {len(packet)} bytes")
    first, second, sequence, timestamp, ssrc = struct.unpack_from("!BBHII", packet)
    if first >> 6 != 2:
        raise RtpError(f"the RTP version is {first >> 6}, not 2")
    begin = _after_extension(packet, rtp_header_bytes + 4 * (first & 0x0F), extended=bool(first & 0x10))
    end = len(packet) - (packet[-1] if first & 0x20 else 0)
    if begin > end:
        raise RtpError("an RTP packet is shorter than its own header and padding")
    return RtpPacket(second & 0x7F, bool(second & 0x80), sequence, timestamp, ssrc, packet[begin:end])


def _after_extension(packet: bytes, begin: int, *, extended: bool) -> int:
    if not extended:
        return begin
    if len(packet) < begin + 4:
        raise RtpError("an RTP packet ends inside its header extension")
    return begin + 4 + 4 * int.from_bytes(packet[begin + 2 : begin + 4])


class Depacketiser:
    """Joins packets to pictures; the RTP marker or a new time stamp ends one. Memory is bounded by `largest`."""

    def __init__(self, largest: int = largest_picture) -> None:
        self._largest = largest
        self._expected: tuple[int, int] | None = None
        self._nals: list[bytes] = []
        self._bytes = 0
        self._fragment: bytearray | None = None
        self._whole = True
        self._timestamp = 0

    def feed(self, packet: RtpPacket) -> list[Picture]:
        """Take one packet; return the pictures that it completes (none, one or two). Raises RtpError."""
        leap = self._leaps(packet)
        if leap:
            self._lost()
        begun = bool(self._nals) or self._fragment is not None or not self._whole
        done = self._flush() if begun and packet.timestamp != self._timestamp else []
        if leap:
            self._lost()  # nobody knows which side of the gap the missing packets belong to
        self._timestamp = packet.timestamp
        if packet.payload:
            self._take(packet.payload)
        return done + self._flush() if packet.marker else done

    def _leaps(self, packet: RtpPacket) -> bool:
        """Whether packets are missing: over TCP nothing comes late, so every leap in the numbers is a loss."""
        expected = self._expected
        self._expected = (packet.ssrc, (packet.sequence + 1) & 0xFFFF)
        return expected is not None and expected != (packet.ssrc, packet.sequence)

    def _lost(self) -> None:
        self._whole = False
        self._fragment = None

    def _take(self, payload: bytes) -> None:
        match payload[0] & 0x1F:
            case kind if 1 <= kind < stap_a:
                self._add(payload)
            case kind if kind == stap_a:
                self._split(payload)
            case kind if kind == fu_a:
                self._join(payload)
            case kind:
                raise RtpError(f"the H.264 payload has the unknown type {kind}")

    def _split(self, payload: bytes) -> None:
        """Take several small NAL units out of one packet (RFC 6184 section 5.7.1)."""
        at = 1
        while at < len(payload):
            size = int.from_bytes(payload[at : at + 2])
            nal = payload[at + 2 : at + 2 + size]
            if size == 0 or len(nal) != size:
                raise RtpError("an aggregated H.264 packet ends inside a unit")
            self._add(nal)
            at += 2 + size

    def _join(self, payload: bytes) -> None:
        """Join a NAL unit from its fragments (RFC 6184 section 5.8)."""
        if len(payload) < 3:
            raise RtpError("an H.264 fragment is empty")
        begins, ends = payload[1] & 0x80, payload[1] & 0x40
        joined = bytearray([payload[0] & 0xE0 | payload[1] & 0x1F]) if begins else self._fragment
        if joined is None:
            self._whole = False
            return
        joined += payload[2:]
        self._check(len(joined))
        self._fragment = None if ends else joined
        if ends:
            self._add(bytes(joined))

    def _add(self, nal: bytes) -> None:
        self._bytes += len(nal) + len(start_code)
        self._check(0)
        self._nals.append(nal)

    def _check(self, more: int) -> None:
        if self._bytes + more > self._largest:
            raise RtpError(f"one picture has more than {self._largest} bytes")

    def _flush(self) -> list[Picture]:
        whole = self._whole and self._fragment is None
        done = [Picture(tuple(self._nals), self._timestamp, whole)] if self._nals or not whole else []
        self._nals, self._bytes, self._fragment, self._whole = [], 0, None, True
        return done
