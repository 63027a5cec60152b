"""The sender's private ground in aiortc, and what it does there."""

import asyncio
import inspect
import time
from importlib.metadata import version

from aiortc import RTCPeerConnection, RTCRtpSender, RTCRtpTransceiver, codecs
from aiortc.codecs.h264 import H264Encoder

from media.hub import Hub
from media.sender import PROFILES, REPLAY_EVERY_SECONDS, Packetizer, VideoSender, offer_profiles
from support.webrtc import film

PRIVATE = (
    "__mid",
    "__rtp_started",
    "__rtp_exited",
    "__rtp_header_extensions_map",
    "__rtx_payload_type",
    "__rtx_sequence_number",
    "__ntp_timestamp",
    "__rtp_timestamp",
    "__octet_count",
    "__packet_count",
)


async def test_aiortc_is_what_the_sender_was_written_for() -> None:
    """Whoever moves the pin has to look at media/sender.py first."""
    assert version("aiortc") == "1.16.0"
    peer = RTCPeerConnection()
    transceiver = peer.addTransceiver("video", direction="sendonly")
    for name in PRIVATE:
        assert hasattr(transceiver.sender, f"_RTCRtpSender{name}"), name
    assert hasattr(transceiver, "_RTCRtpTransceiver__sender")
    for name in ("_ssrc", "_rtx_ssrc", "_stream_id", "_track_id"):
        assert hasattr(transceiver.sender, name), name
    assert hasattr(transceiver.sender.transport, "_send_rtp")
    await peer.close()


def test_aiortc_still_calls_what_the_sender_replaces() -> None:
    """The three methods, and stop() that waits for the two events."""
    source = inspect.getsource(RTCRtpSender)
    for called in ("self._run_rtp(", "self._retransmit(", "self._send_keyframe(", "__rtp_exited.wait()"):
        assert called in source, called
    for name in ("_run_rtp", "_retransmit", "_send_keyframe"):
        assert name in vars(VideoSender)
    assert "__sender" in inspect.getsource(RTCRtpTransceiver)
    assert callable(H264Encoder._split_bitstream)
    assert callable(H264Encoder._packetize)


async def test_a_picture_is_begun_again_at_most_every_400_ms() -> None:
    """A browser that cannot go on asks again and again; each answer is a burst that may be what it lacks the room for."""
    peer, asked = RTCPeerConnection(), list[float]()
    transport = peer.addTransceiver("video", direction="sendonly").sender.transport
    sender = VideoSender(transport, Hub().subscribe, Packetizer(), lambda: asked.append(time.monotonic()), 25e6)
    begun = time.monotonic()
    while len(asked) < 2:
        sender._send_keyframe()
        await asyncio.sleep(0)
    assert asked[1] - begun >= REPLAY_EVERY_SECONDS
    await peer.close()


def test_all_profiles_of_chromium_are_offered_once() -> None:
    """Main and High streams must not be refused; payload types stay distinct and dynamic."""
    offer_profiles()
    offer_profiles()
    video = codecs.CODECS["video"]
    profiles = [codec.parameters["profile-level-id"] for codec in video if codec.name == "H264"]
    assert len(profiles) == len(set(profiles))
    assert set(profiles) == {"42001f", "42e01f", *PROFILES}
    types = [codec.payloadType or 0 for codec in (*video, *codecs.CODECS["audio"])]
    assert len(types) == len(set(types))
    assert max(types) < 128


def test_a_picture_is_split_once_for_all_viewers() -> None:
    """Into payloads of at most 1300 bytes that fit any path."""
    packetizer = Packetizer()
    picture = film()[0][0]
    payloads = packetizer.payloads(picture)
    assert packetizer.payloads(picture) is payloads
    assert max(len(payload) for payload in payloads) <= 1300
    assert sum(len(payload) for payload in payloads) > 0.9 * len(picture)
