"""One RTSP session as a client: from OPTIONS to TEARDOWN, with login and keep-alive."""

import asyncio
import secrets
import time
from dataclasses import dataclass

from drivers.camera import digest
from drivers.camera.digest import Challenge, Login
from drivers.camera.h264 import Picture
from drivers.camera.h264_rtp import Depacketiser, parse_rtp
from drivers.camera.kind import CameraError, CameraRefused
from drivers.camera.rtsp_messages import Reply, RtspError, channels, rtcp, session, write_reply, write_request
from drivers.camera.rtsp_wire import Interleaved, Message, Wire
from drivers.camera.sdp import VideoTrack, video_track

longest_keep_alive_seconds = 25.0
most_other_messages = 100  # while one reply is awaited
most_packets_ahead = 10_000


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply with its body."""

    head: Reply
    body: bytes


class Session:
    """Asks in order, remembers what the camera said, and hands out its pictures."""

    def __init__(self, wire: Wire, url: str, login: Login | None) -> None:
        self._wire = wire
        self._url = url
        self._login = login
        self._number = 0
        self._challenge: Challenge | None = None
        self._uses = 0
        self._name = ""
        self._keep_alive_method = "OPTIONS"
        self._keep_alive_every = longest_keep_alive_seconds
        self._keep_alive_at = 0.0
        self._media, self._control = 0, 1
        self._ours = secrets.randbits(32)
        self._theirs = 0
        self._depacketiser = Depacketiser()
        self._ready: list[Picture] = []

    async def play(self) -> VideoTrack:
        """Bring the camera to send its H.264 track. Raises CameraError, CameraRefused, ValueError or OSError."""
        options = await self._ask("OPTIONS", self._url)
        if "GET_PARAMETER" in options.head.headers.get("Public"):
            self._keep_alive_method = "GET_PARAMETER"
        self._track = track = await self._describe()
        await self._set_up(track)
        await self._ask("PLAY", self._url, {"Session": self._name, "Range": "npt=0.000-"})
        self._plan_keep_alive()
        return track

    async def _describe(self) -> VideoTrack:
        said = await self._ask("DESCRIBE", self._url, {"Accept": "application/sdp"})
        base = said.head.headers.get("Content-Base") or said.head.headers.get("Content-Location") or self._url
        return video_track(said.body.decode("utf-8", "replace"), base)

    async def _set_up(self, track: VideoTrack) -> None:
        said = await self._ask("SETUP", track.url, {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"})
        self._media, self._control = channels(said.head.headers.get("Transport"))
        self._name, timeout = session(said.head.headers.get("Session"))
        # Half of the time-out, so that one lost answer does not end the session.
        self._keep_alive_every = min(timeout / 2, longest_keep_alive_seconds)

    async def next_picture(self) -> Picture:
        """Wait for the next picture. Raises CameraError, ValueError, EOFError or OSError."""
        for _ in range(most_packets_ahead):
            if self._ready:
                return self._ready.pop(0)
            await self._turn()
        raise CameraError("the camera sends packets that never become a picture")

    async def _turn(self) -> None:
        self._keep_alive()
        match await self._wire.read():
            case Interleaved(channel, packet) if channel == self._media:
                self._take(packet)
            case Interleaved():
                pass  # the camera's own reports
            case Message() as message:
                self._hear(message)

    def _take(self, packet: bytes) -> None:
        parsed = parse_rtp(packet)
        if parsed.payload_type == self._track.payload_type:
            self._theirs = parsed.ssrc
            self._ready += self._depacketiser.feed(parsed)

    def _hear(self, message: Message) -> None:
        """Judge an answer to a keep-alive, or decline what the camera asks of us."""
        match message.head:
            case Reply(status=401):
                self._learn(message.head)
                self._send(self._keep_alive_method, self._url, {"Session": self._name})
            case Reply(status=454):
                raise CameraError("the camera has ended the session")
            case Reply(status=status) if status >= 400:
                self._keep_alive_method = "OPTIONS"  # said to know GET_PARAMETER, and does not
            case Reply():
                pass
            case request:
                self._wire.write(write_reply(501, "Not Implemented", request.headers.number("CSeq", 0), {}))

    def ask_key_frame(self) -> None:
        """Send a picture loss indication; cameras that do not know it ignore it."""
        self._wire.send_packet(self._control, rtcp("key frame", self._ours, self._theirs))

    async def hang_up(self) -> None:
        """Take leave without waiting for the answer."""
        try:
            if self._name:
                self._send("TEARDOWN", self._url, {"Session": self._name})
        except RtspError:
            self._wire.abort()  # it does not read; it will see the end
        await self._wire.close()

    def _keep_alive(self) -> None:
        if time.monotonic() >= self._keep_alive_at:
            self._plan_keep_alive()
            self._send(self._keep_alive_method, self._url, {"Session": self._name})
            self._wire.send_packet(self._control, rtcp("receiver report", self._ours, self._theirs))

    def _plan_keep_alive(self) -> None:
        self._keep_alive_at = time.monotonic() + self._keep_alive_every

    async def _ask(self, method: str, url: str, fields: dict[str, str] | None = None) -> Answer:
        """Send a request and return its reply; logs in when the camera asks, once."""
        said = await self._ask_once(method, url, fields or {})
        if said.head.status == 401:
            self._learn(said.head)
            said = await self._ask_once(method, url, fields or {})
        return self._checked(method, said)

    def _checked(self, method: str, said: Answer) -> Answer:
        match said.head:
            case Reply(status=401 | 403):
                raise CameraRefused("the camera does not accept the user or the password")
            case Reply(status=status, reason=reason) if status != 200:
                raise CameraError(f"the camera answers {method} with {status} {reason[:60]}".rstrip())
            case _:
                return said

    async def _ask_once(self, method: str, url: str, fields: dict[str, str]) -> Answer:
        number = self._send(method, url, fields)
        for _ in range(most_other_messages):
            match await self._wire.read():
                case Message(Reply() as head, body) if head.headers.number("CSeq", number) == number:
                    return Answer(head, body)
                case _:
                    pass
        raise RtspError(f"{method} is not answered")

    def _send(self, method: str, url: str, fields: dict[str, str]) -> int:
        self._number += 1
        self._wire.write(write_request(method, url, self._number, fields | self._authorization(method, url)))
        return self._number

    def _authorization(self, method: str, url: str) -> dict[str, str]:
        if self._challenge is None or self._login is None:
            return {}
        self._uses += 1
        text = digest.authorization(
            self._challenge, self._login, method, url, count=self._uses, cnonce=secrets.token_hex(8)
        )
        return {"Authorization": text}

    def _learn(self, said: Reply) -> None:
        """Take up a challenge. Raises CameraRefused when there is nothing to answer it with."""
        if self._login is None:
            raise CameraRefused("the camera asks for a user and a password; write user and password_file")
        self._challenge, self._uses = digest.choose(said.headers.all("WWW-Authenticate")), 0
        if self._challenge is None:
            raise CameraRefused("the camera asks for a login that is neither Basic nor Digest with MD5 or SHA-256")


async def open_session(wire: Wire, url: str, login: Login | None, seconds: float) -> tuple[Session, VideoTrack]:
    """Start to play within the given seconds; the wire is closed when that fails."""
    opened = Session(wire, url, login)
    try:
        async with asyncio.timeout(seconds):
            return opened, await opened.play()
    except BaseException:
        wire.abort()
        raise
