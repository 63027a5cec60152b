"""H.264 into RTP packets (RFC 6184, packetization mode 1); pure."""

import re
import struct
from dataclasses import dataclass

from media.sim_camera.encoder import Coded

largest_payload = 1400  # bytes: within an Ethernet frame with everything around it
fu_a = 28


def nal_units(data: bytes) -> list[bytes]:
    """Split Annex B bytes into NAL units."""
    return [nal.rstrip(b"\x00") for nal in re.split(b"\x00\x00\x01", data)[1:]]


def payloads(coded: Coded) -> list[bytes]:
    """Return the RTP payloads of a frame, in order."""
    return [part for nal in nal_units(coded.data) for part in _parts(nal)]


def _parts(nal: bytes) -> list[bytes]:
    if len(nal) <= largest_payload:
        return [nal]
    indicator, kind, size = nal[0] & 0xE0 | fu_a, nal[0] & 0x1F, largest_payload - 2
    begins = range(1, len(nal), size)
    return [
        bytes([indicator, kind | (0x80 if at == 1 else 0) | (0x40 if at + size >= len(nal) else 0)])
        + nal[at : at + size]
        for at in begins
    ]


@dataclass(slots=True)
class Numbering:
    """One receiver's sequence numbers and time stamps."""

    ssrc: int
    sequence: int
    offset: int
    payload_type: int = 96

    def interleaved(self, parts: list[bytes], pts: int, channel: int) -> bytes:
        """Return a frame's packets as they go over TCP (RFC 2326 section 10.12); the last carries the marker."""
        return b"".join(self._packet(part, pts, channel, last=at == len(parts)) for at, part in enumerate(parts, 1))

    def _packet(self, part: bytes, pts: int, channel: int, *, last: bool) -> bytes:
        self.sequence = (self.sequence + 1) & 0xFFFF
        kind = self.payload_type | (0x80 if last else 0)
        stamp = (pts + self.offset) & 0xFFFF_FFFF
        return (
            struct.pack("!cBHBBHII", b"$", channel, 12 + len(part), 0x80, kind, self.sequence, stamp, self.ssrc) + part
        )
