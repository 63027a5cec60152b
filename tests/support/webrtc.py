"""An operator's side of a call (an aiortc peer) and a prerecorded H.264 camera."""

import asyncio
import fractions
import functools
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

import av
import numpy as np
from aioice import Connection
from aiortc import (
    AudioStreamTrack,
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, VideoFrame

from drivers.audio import BLOCK_SAMPLES, RATE_HZ
from drivers.camera import AccessUnit
from drivers.spectrum import sine, tone_hz
from media import ice
from support.patience import deadline_seconds

FPS = 25
GOP = 25
TICKS = 90_000 // FPS


@functools.cache
def film(
    width: int = 640, height: int = 360, pictures: int = 50, profile: str = "high"
) -> tuple[tuple[bytes, bool], ...]:
    """Encode a short film, one key frame a second; each picture's brightness tells its number."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.framerate, encoder.time_base = fractions.Fraction(FPS), fractions.Fraction(1, FPS)
    encoder.gop_size, encoder.bit_rate = GOP, 1_500_000
    encoder.options = {"tune": "zerolatency", "preset": "ultrafast", "sc_threshold": "0"}
    encoder.profile = profile.capitalize()
    coded = [packet for number in range(pictures) for packet in encoder.encode(_frame(number, width, height))]
    return tuple((bytes(packet), packet.is_keyframe) for packet in coded)


def _frame(number: int, width: int, height: int) -> VideoFrame:
    noise = np.random.default_rng(number).integers(0, 40, (height, width), np.uint8)
    picture = np.stack([noise + np.uint8(40 + number % 100)] * 3, axis=2)
    frame = VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
    frame.pts = number
    return frame


def unit(number: int, arrived_ns: int, coded: Sequence[tuple[bytes, bool]]) -> AccessUnit:
    """Return picture `number` of the film as a camera would give it."""
    data, key = coded[number % len(coded)]
    return AccessUnit(data, number * TICKS, key, arrived_ns)


class FilmCamera:
    """A camera that plays the film for ever, in real time.

    Held up, it goes on from where it was: what it had slept through would come as one burst, and overflow the socket of an
    operator who lives in the same process.
    """

    def __init__(self, coded: Sequence[tuple[bytes, bool]] | None = None) -> None:
        self._coded = coded or film()
        self._number = 0
        self.asked = 0
        """How often it was asked for a key frame."""

    async def units(self) -> AsyncIterator[AccessUnit]:
        """Yield pictures at their pace."""
        due = time.monotonic()
        while True:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            yield unit(self._number, time.monotonic_ns(), self._coded)
            self._number += 1
            due = max(due + 1 / FPS, time.monotonic())

    async def ask_key_frame(self) -> None:
        """Count."""
        self.asked += 1

    async def close(self) -> None:
        """Nothing to close."""


class ToneTrack(AudioStreamTrack):
    """The operator's microphone: a steady tone."""

    def __init__(self, hertz: float) -> None:
        super().__init__()
        self._hertz = hertz
        self._sent = 0
        self._begun = time.monotonic()

    async def recv(self) -> AudioFrame:
        """Return the next 20 ms."""
        await asyncio.sleep(max(0.0, self._begun + self._sent / RATE_HZ - time.monotonic()))
        frame = AudioFrame(format="s16", layout="mono", samples=BLOCK_SAMPLES)
        frame.planes[0].update(sine(self._hertz, 0.3, self._sent, BLOCK_SAMPLES))
        frame.sample_rate, frame.time_base, frame.pts = RATE_HZ, fractions.Fraction(1, RATE_HZ), self._sent
        self._sent += BLOCK_SAMPLES
        return frame


def is_tone(sound: bytes, hertz: float) -> bool:
    """Whether this is what a sound (16 bit mono 48 kHz) consists of."""
    return abs((tone_hz(sound) or 0) - hertz) <= 5


@dataclass(frozen=True)
class Loss:
    """Which share of the datagrams towards the operator is lost, at random but repeatable."""

    share: float
    seed: int = 1


class Operator:
    """An operator who watches, listens and, with a tone, speaks."""

    def __init__(self, tone_hz: float | None = None, *, loss: Loss | None = None, sound: bool = True) -> None:
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._tone_hz = tone_hz
        self._sound = sound
        self._loss = loss
        self._tasks: list[asyncio.Task[None]] = []
        self._changed = asyncio.Condition()
        self.lost = 0
        """Datagrams that were lost on purpose."""
        self.pictures: list[VideoFrame] = []
        self.heard = bytearray()
        self.peer.on("track", self._track_came)

    async def offer(self) -> str:
        """Return an offer that asks for picture and sound."""
        self.peer.addTransceiver("video", direction="recvonly")
        if self._sound:
            self.peer.addTransceiver(self._voice() or "audio", direction="sendrecv" if self._tone_hz else "recvonly")
        self._tune()
        await self.peer.setLocalDescription(await self.peer.createOffer())
        return str(self.peer.localDescription.sdp)

    async def take_answer(self, sdp: str) -> None:
        """Take the post's answer."""
        await self.peer.setRemoteDescription(RTCSessionDescription(sdp, "answer"))

    async def answer(self, sdp: str) -> str:
        """Answer the post's own offer."""
        await self.peer.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        if (voice := self._voice()) is not None:
            self.peer.addTrack(voice)
        self._tune()
        await self.peer.setLocalDescription(await self.peer.createAnswer())
        return str(self.peer.localDescription.sdp)

    async def seen(self, pictures: int, within: float = deadline_seconds) -> None:
        """Wait until that many pictures have been decoded. Raises TimeoutError."""
        await self._until(lambda: len(self.pictures) >= pictures, within)

    async def listened(self, seconds: float, within: float = deadline_seconds) -> bytes:
        """Wait for so much new sound and return the last of it (16 bit mono 48 kHz). Raises TimeoutError."""
        size = round(seconds * RATE_HZ) * 2
        wanted = len(self.heard) + size
        await self._until(lambda: len(self.heard) >= wanted, within)
        return bytes(self.heard[-size:])

    async def hears(self, hertz: float, within: float = deadline_seconds) -> None:
        """Wait until the last half second that was heard is this tone. Raises TimeoutError."""
        size = RATE_HZ // 2 * 2
        begun = len(self.heard)
        await self._until(lambda: len(self.heard) >= begun + size and is_tone(bytes(self.heard[-size:]), hertz), within)

    async def ask_for_picture(self) -> None:
        """Send a picture loss indication, as a browser does that cannot decode."""
        receiver = next(one for one in self.peer.getReceivers() if one.track and one.track.kind == "video")
        (source,) = {source.source for source in receiver.getSynchronizationSources()}
        await receiver._send_rtcp_pli(source)

    def vanish(self) -> set[bytes]:
        """Answer nothing more, as a machine whose network was cut; return the checks that come, by their transaction."""
        asked: set[bytes] = set()
        for connection in self._connections():
            connection.request_received = lambda message, *_: asked.add(message.transaction_id)  # type: ignore[method-assign]
            connection.data_received = lambda *_: None  # type: ignore[method-assign]
            if connection._query_consent_task is not None:
                connection._query_consent_task.cancel()
        return asked

    def answer_late(self, seconds: float) -> None:
        """Answer checks so much later, as behind the filled buffers of a mobile uplink."""
        loop = asyncio.get_running_loop()
        for connection in self._connections():
            at_once = connection.request_received
            connection.request_received = lambda *request, at_once=at_once: loop.call_later(  # type: ignore[method-assign, assignment]
                seconds, functools.partial(at_once, *request)
            )

    async def close(self) -> None:
        """Hang up."""
        await self.peer.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _until(self, true: Callable[[], bool], within: float) -> None:
        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(true)

    def _voice(self) -> ToneTrack | None:
        return ToneTrack(self._tone_hz) if self._tone_hz is not None else None

    def _tune(self) -> None:
        ice.tune(self.peer, loopback=True)
        if self._loss is not None:
            self._lose(self._loss)

    def _track_came(self, track: MediaStreamTrack) -> None:
        self._tasks.append(asyncio.ensure_future(self._take(track)))

    async def _take(self, track: MediaStreamTrack) -> None:
        try:
            while True:
                await self._keep(await track.recv())
        except MediaStreamError:
            return

    async def _keep(self, frame: object) -> None:
        match frame:
            case VideoFrame():
                self.pictures.append(frame)
            case AudioFrame():
                self.heard += frame.to_ndarray().reshape(-1)[::2].astype(np.int16).tobytes()
        async with self._changed:
            self._changed.notify_all()

    def _lose(self, loss: Loss) -> None:
        """Lose datagrams on their way in: media and feedback, but not the handshake."""
        chance = np.random.default_rng(loss.seed)
        for connection in self._connections():
            connection.data_received = self._sometimes(connection.data_received, chance, loss.share)  # type: ignore[method-assign, assignment]

    def _sometimes(
        self, take: Callable[[bytes, int], None], chance: np.random.Generator, share: float
    ) -> Callable[[bytes, int], None]:
        def taken(data: bytes, component: int) -> None:
            # RFC 7983: the first byte of RTP and RTCP is 128 to 191, that of DTLS 20 to 63.
            if data[0] > 127 and chance.random() < share:
                self.lost += 1
            else:
                take(data, component)

        return taken

    def _connections(self) -> list[Connection]:
        transports = {transceiver.receiver.transport.transport for transceiver in self.peer.getTransceivers()}
        return [transport._connection for transport in transports]
