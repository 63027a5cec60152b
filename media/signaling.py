"""One WebRTC connection of the post: offer, answer, tracks and its end (aiortc)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpCapabilities,
    RTCRtpCodecCapability,
    RTCRtpSender,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.exceptions import InvalidAccessError, InvalidStateError, OperationError
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, AudioResampler

from drivers.audio import BLOCK_BYTES, BLOCK_SAMPLES, RATE_HZ
from media import ice
from media.call import Role
from media.ear import Ear, VoiceTrack
from media.hub import Subscription
from media.sender import Packetizer, VideoSender

RANK = ("64001f", "640c1f", "4d001f", "42e01f", "42001f")
"""The highest profile first: who decodes High decodes the others too, and most cameras send Main or High."""

BAD_SDP = (
    ValueError, LookupError, AttributeError, TypeError, AssertionError, RuntimeError,
    InvalidAccessError, InvalidStateError, OperationError,
)  # fmt: skip
"""What aiortc raises: its parser whatever a line that is cut short or out of place leads to, then its own three."""

T = TypeVar("T")
ENDED = "the connection has ended"
Voice = Callable[[str, bytes], None]


class BadDescription(Exception):
    """The other side's SDP cannot be used; the text says why."""


@dataclass(frozen=True)
class Studio:
    """What every connection of this post is made of."""

    pictures: Callable[[], Subscription]
    packetizer: Packetizer
    ask_key_frame: Callable[[], None]
    ear: Ear
    burst_bits_per_second: float
    loopback: bool


@dataclass(frozen=True)
class Told:
    """Whom a connection tells what happens to it; the first argument is the call."""

    connected: Callable[[str], None]
    lost: Callable[[str, str], None]
    voice: Voice


class Peer:
    """One connection, used for one call only."""

    def __init__(self, call: str, studio: Studio, servers: Sequence[RTCIceServer], told: Told) -> None:
        self.call = call
        self._studio = studio
        self._told = told
        # An empty list, never None: None means a public STUN server to aiortc, and seconds of waiting without internet.
        self._servers = list(servers)
        self._peer: RTCPeerConnection | None = None
        self._reading: asyncio.Task[None] | None = None
        self._ended = False

    async def answer(self, sdp: str, role: Role) -> str:
        """Answer an operator's offer. Raises BadDescription."""
        return await _usable(self._answer(sdp, role))

    async def offer(self) -> str:
        """Make the post's own offer, with all candidates in it."""
        peer = self._build(RTCBundlePolicy.MAX_BUNDLE, "sendrecv", sound=True)
        await peer.setLocalDescription(await peer.createOffer())
        return str(peer.localDescription.sdp)

    async def accept(self, sdp: str) -> None:
        """Take an operator's answer to the post's own offer. Raises BadDescription."""
        if self._peer is None:
            raise BadDescription("nothing was offered")
        await _usable(self._accept(self._peer, sdp))

    async def close(self) -> None:
        """End the connection; nothing is told after this."""
        self._ended = True
        if self._peer is not None:
            await self._peer.close()
        if self._reading is not None:
            self._reading.cancel()

    async def _answer(self, sdp: str, role: Role) -> str:
        # Balanced, because a browser that offers may gather for each of its media and bundle them only afterwards.
        peer = self._build(
            RTCBundlePolicy.BALANCED, "sendrecv" if role is Role.TALK else "inactive", sound="m=audio" in sdp
        )
        await peer.setRemoteDescription(ice.without_names(RTCSessionDescription(sdp, "offer")))
        await peer.setLocalDescription(await peer.createAnswer())
        return str(peer.localDescription.sdp)

    async def _accept(self, peer: RTCPeerConnection, sdp: str) -> None:
        await peer.setRemoteDescription(ice.without_names(RTCSessionDescription(sdp, "answer")))

    def _build(self, bundle: RTCBundlePolicy, audio: str, *, sound: bool) -> RTCPeerConnection:
        peer = RTCPeerConnection(RTCConfiguration(iceServers=self._servers, bundlePolicy=bundle))
        self._peer = peer
        self._add_picture(peer.addTransceiver("video", direction="sendonly"))
        if sound:  # aiortc cannot answer an offer that has fewer media than it has itself
            self._add_sound(peer, audio)
        ice.tune(peer, loopback=self._studio.loopback)
        peer.on("connectionstatechange", self._state_changed)
        peer.on("track", self._track_came)
        return peer

    def _add_picture(self, transceiver: RTCRtpTransceiver) -> None:
        studio = self._studio
        sender = VideoSender(
            transceiver.sender.transport,
            studio.pictures,
            studio.packetizer,
            studio.ask_key_frame,
            studio.burst_bits_per_second,
        )
        sender.put_into(transceiver)
        # Before the remote description: afterwards VP8 stays chosen, and H.264 sent as VP8 shows nothing.
        transceiver.setCodecPreferences(_h264(RTCRtpSender.getCapabilities("video")))

    def _add_sound(self, peer: RTCPeerConnection, direction: str) -> None:
        source = VoiceTrack(self._studio.ear) if direction == "sendrecv" else "audio"
        transceiver = peer.addTransceiver(source, direction=direction)
        everything = RTCRtpSender.getCapabilities("audio").codecs
        transceiver.setCodecPreferences([codec for codec in everything if codec.mimeType == "audio/opus"])

    def _state_changed(self) -> None:
        if self._ended or self._peer is None:
            return
        match self._peer.connectionState:
            case "connected":
                self._told.connected(self.call)
            case "failed" | "closed":
                # aiortc closes by itself when the other side vanishes, so the two cannot be told apart.
                self._ended = True
                self._told.lost(self.call, ENDED)

    def _track_came(self, track: MediaStreamTrack) -> None:
        if track.kind == "audio":
            self._reading = asyncio.ensure_future(self._read(track))

    async def _read(self, track: MediaStreamTrack) -> None:
        """Return the operator's voice as blocks of 20 ms, mono, 48 kHz."""
        resampler = AudioResampler(format="s16", layout="mono", rate=RATE_HZ, frame_size=BLOCK_SAMPLES)
        try:
            while True:
                frame = await track.recv()
                if isinstance(frame, AudioFrame):
                    self._hand_on(resampler, frame)
        except MediaStreamError:
            # The track has ended with its connection, whose state change is told separately.
            return

    def _hand_on(self, resampler: AudioResampler, frame: AudioFrame) -> None:
        frame.pts = None  # gaps are for the loudspeaker's clock to fill, not for the resampler
        for block in resampler.resample(frame):
            self._told.voice(self.call, bytes(block.planes[0])[:BLOCK_BYTES])


async def _usable(negotiation: Awaitable[T]) -> T:
    try:
        return await negotiation
    except BAD_SDP as problem:
        raise BadDescription(
            f"the session description cannot be used: {problem or type(problem).__name__}"
        ) from problem


def _h264(capabilities: RTCRtpCapabilities) -> list[RTCRtpCodecCapability]:
    """H.264 alone, with retransmission: the post has no other picture to send."""
    chosen = [codec for codec in capabilities.codecs if codec.mimeType == "video/H264"]
    chosen.sort(key=lambda codec: RANK.index(str(codec.parameters["profile-level-id"])))
    return [*chosen, *(codec for codec in capabilities.codecs if codec.mimeType == "video/rtx")]
