"""The one extension of aiortc's RTP sender: camera pictures pass through as they are.

aiortc 1.16.0 keeps 128 packets for retransmission (one 1080p key frame has more) and ignores PLI and FIR when pictures
are not encoded by itself. This sender keeps 2,048 packets, answers PLI and FIR with the hub's cached GOP, paces such
bursts, and takes H.264 access units instead of frames. `tests/media/test_sender.py` pins every private name used here.
"""

import asyncio
import copy
import time
from collections.abc import Callable, Iterable
from functools import lru_cache

from aiortc import RTCRtpCodecParameters, RTCRtpSender, RTCRtpTransceiver, clock, codecs
from aiortc.codecs.h264 import H264Encoder
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtp import HeaderExtensionsMap, RtpPacket, wrap_rtx
from aiortc.utils import random16, random32, uint16_add, uint32_add

from drivers.camera import AccessUnit
from media import pace, stamps
from media.hub import Subscription

HISTORY = 2048
REPLAY_EVERY_SECONDS = 0.4
LATE_NS = 150_000_000
"""A picture that waited longer than this belongs to a burst."""

PROFILES = ("4d001f", "64001f", "640c1f")
"""Main, High and Constrained High: with aiortc's own two Baselines, every profile that Chromium offers in mode 1."""


class Packetizer:
    """Splits an access unit into RTP payloads once for all viewers; remembers the last GOP or so."""

    def __init__(self) -> None:
        self.payloads: Callable[[bytes], tuple[bytes, ...]] = lru_cache(maxsize=128)(_split)


def _split(data: bytes) -> tuple[bytes, ...]:
    units: Iterable[bytes] = H264Encoder._split_bitstream(data)  # noqa: SLF001 - pinned by a test
    return tuple(H264Encoder._packetize(iter(units)))  # noqa: SLF001 - pinned by a test


def offer_profiles() -> None:
    """Let SDP name the Main and High profiles, which most cameras send; calling it again changes nothing."""
    known = {str(codec.parameters.get("profile-level-id")) for codec in codecs.CODECS["video"]}
    model = next(codec for codec in codecs.CODECS["video"] if codec.name == "H264")
    for profile in PROFILES:
        if profile not in known:
            codecs.CODECS["video"] += _with_retransmission(model, profile)


def _with_retransmission(model: RTCRtpCodecParameters, profile: str) -> list[RTCRtpCodecParameters]:
    free = max(codec.payloadType or 0 for codec in codecs.CODECS["video"]) + 1
    codec = copy.deepcopy(model)
    codec.payloadType = free
    codec.parameters["profile-level-id"] = profile
    rtx = RTCRtpCodecParameters(
        mimeType="video/rtx", clockRate=stamps.CLOCK_RATE, payloadType=free + 1, parameters={"apt": free}
    )
    return [codec, rtx]


class VideoSender(RTCRtpSender):
    """Sends what the hub gives, until stopped."""

    # aiortc's own, private to its class; this module alone may know them.
    _RTCRtpSender__mid: str | None
    _RTCRtpSender__rtp_started: asyncio.Event
    _RTCRtpSender__rtp_exited: asyncio.Event
    _RTCRtpSender__rtp_header_extensions_map: HeaderExtensionsMap
    _RTCRtpSender__rtx_payload_type: int | None
    _RTCRtpSender__rtx_sequence_number: int
    _RTCRtpSender__ntp_timestamp: int
    _RTCRtpSender__rtp_timestamp: int
    _RTCRtpSender__octet_count: int
    _RTCRtpSender__packet_count: int

    def __init__(
        self,
        transport: RTCDtlsTransport,
        subscribe: Callable[[], Subscription],
        packetizer: Packetizer,
        ask_key_frame: Callable[[], None],
        burst_bits_per_second: float,
    ) -> None:
        super().__init__("video", transport)
        self._subscribe = subscribe
        self._pictures: Subscription | None = None
        self._packetizer = packetizer
        self._ask_key_frame = ask_key_frame
        self._bucket = pace.Bucket(burst_bits_per_second / 8)
        self._stamper = stamps.Stamper()
        self._sequence = random16() % 32768
        self._origin = random32()
        self._kept: dict[int, RtpPacket] = {}
        self._replayed = 0.0
        self._bursting = False
        self._payload_type = 0
        self.sent = 0
        """Pictures sent so far."""

    def put_into(self, transceiver: RTCRtpTransceiver) -> None:
        """Take the place of the sender that aiortc made for this transceiver."""
        made = transceiver.sender
        self._ssrc, self._stream_id, self._track_id = made._ssrc, made._stream_id, made._track_id  # noqa: SLF001
        transceiver._RTCRtpTransceiver__sender = self  # type: ignore[attr-defined]  # noqa: SLF001 - pinned by a test

    def _send_keyframe(self) -> None:
        """PLI or FIR: the browser cannot go on. Begin again with the cached GOP and ask the camera for a key frame."""
        now = time.monotonic()
        if now - self._replayed < REPLAY_EVERY_SECONDS:
            return
        self._replayed = now
        if self._pictures is not None:
            self._pictures.replay()
        self._ask_key_frame()

    async def _retransmit(self, sequence_number: int) -> None:
        packet = self._kept.get(sequence_number % HISTORY)
        if packet is None or packet.sequence_number != sequence_number:
            return
        payload_type = self._RTCRtpSender__rtx_payload_type
        await self._put_on_wire(packet if payload_type is None else self._wrapped(packet, payload_type))

    def _wrapped(self, packet: RtpPacket, payload_type: int) -> RtpPacket:
        number = self._RTCRtpSender__rtx_sequence_number
        self._RTCRtpSender__rtx_sequence_number = uint16_add(number, 1)
        return wrap_rtx(packet, payload_type=payload_type, sequence_number=number, ssrc=self._rtx_ssrc)

    async def _run_rtp(self, codec: RTCRtpCodecParameters) -> None:
        """Send pictures in place of aiortc's loop. The two events are what its stop() waits for."""
        self._payload_type = codec.payloadType or 0
        self._RTCRtpSender__rtp_started.set()
        try:
            # Only now: an offer may wait for its answer while the cached GOP grows old.
            with self._subscribe() as self._pictures:
                async for unit in self._pictures:
                    await self._send_picture(unit)
        except (asyncio.CancelledError, ConnectionError):
            # The connection is being closed, or has gone: its state change tells the desk.
            pass
        finally:
            self._RTCRtpSender__rtp_exited.set()

    async def _send_picture(self, unit: AccessUnit) -> None:
        burst = self._in_burst(unit)
        self._stamper, ticks = stamps.stamp(self._stamper, unit.pts)
        payloads = self._packetizer.payloads(unit.data)
        for index, payload in enumerate(payloads):
            if burst:
                await self._wait_for_pace(len(payload))
            await self._send_payload(payload, ticks, last=index == len(payloads) - 1)
        self.sent += 1

    def _in_burst(self, unit: AccessUnit) -> bool:
        """Tell whether this belongs to a burst: it begins with an old key frame and ends with the first new picture."""
        now_ns = time.monotonic_ns()
        late = now_ns - unit.arrived_ns > LATE_NS
        if late and unit.key:
            self._stamper = stamps.begin(self._stamper, unit.pts, now_ns - unit.arrived_ns)
            self._bursting = True
        self._bursting = self._bursting and late
        return self._bursting

    async def _wait_for_pace(self, size: int) -> None:
        self._bucket, wait = pace.spend(self._bucket, size, time.monotonic())
        if wait > 0.002:
            await asyncio.sleep(wait)

    async def _send_payload(self, payload: bytes, ticks: int, *, last: bool) -> None:
        packet = RtpPacket(
            payload_type=self._payload_type,
            sequence_number=self._sequence,
            timestamp=uint32_add(self._origin, ticks & 0xFFFFFFFF),
            marker=int(last),
        )
        packet.ssrc = self._ssrc
        packet.payload = payload
        packet.extensions.mid = self._RTCRtpSender__mid
        self._kept[self._sequence % HISTORY] = packet
        self._sequence = uint16_add(self._sequence, 1)
        await self._put_on_wire(packet)
        self._count(packet)

    async def _put_on_wire(self, packet: RtpPacket) -> None:
        packet.extensions.abs_send_time = (clock.current_ntp_time() >> 14) & 0x00FFFFFF
        await self.transport._send_rtp(packet.serialize(self._RTCRtpSender__rtp_header_extensions_map))  # noqa: SLF001

    def _count(self, packet: RtpPacket) -> None:
        """Count what aiortc's RTCP sender reports are made of."""
        self._RTCRtpSender__ntp_timestamp = clock.current_ntp_time()
        self._RTCRtpSender__rtp_timestamp = packet.timestamp
        self._RTCRtpSender__octet_count += len(packet.payload)
        self._RTCRtpSender__packet_count += 1
