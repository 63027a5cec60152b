"""One client of the simulated camera's RTSP server."""

import asyncio
import secrets
from dataclasses import dataclass
from typing import Protocol

from drivers.camera import digest
from drivers.camera.digest import Challenge, Login
from drivers.camera.rtsp_messages import Request, RtspError, asks_key_frame, channels, write_reply
from drivers.camera.rtsp_wire import Interleaved, Message, Wire
from media.sim_camera.rtp_packets import Numbering

most_unsent = 2 * 1024 * 1024  # bytes; a slower client gets no pictures until the next key frame after it has read
methods = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"


class Source(Protocol):
    """What a viewer needs of the camera."""

    def describe(self) -> bytes:
        """Return the session description."""
        ...

    def ask_key_frame(self) -> None:
        """Make the next frame a key frame."""
        ...


@dataclass(frozen=True, slots=True)
class Rules:
    """What the server asks of its clients."""

    login: Login | None
    session_seconds: int


class Viewer:
    """Answers requests, and takes frames once it plays."""

    def __init__(self, wire: Wire, source: Source, rules: Rules) -> None:
        self._wire = wire
        self._source = source
        self._rules = rules
        self._challenge = Challenge("digest", "callpost-sim-camera", secrets.token_hex(16), "MD5", qop=True)
        self._session = secrets.token_hex(8)
        self._channels: tuple[int, int] | None = None
        self._numbers = Numbering(secrets.randbits(32), secrets.randbits(16), secrets.randbits(32))
        self._playing = False
        self._waiting = True

    async def run(self) -> None:
        """Serve until the client goes. Raises TimeoutError when it is silent for longer than a session lasts."""
        ended = False
        while not ended:
            async with asyncio.timeout(self._rules.session_seconds):
                heard = await self._wire.read()
            match heard:
                case Interleaved(packet=packet):
                    if asks_key_frame(packet):
                        self._source.ask_key_frame()
                case Message(Request() as request):
                    self._wire.write(self._answer(request))
                    ended = request.method == "TEARDOWN"
                case Message():
                    pass  # a reply; nothing was asked

    def drop(self) -> None:
        """Cut the connection, as a pulled plug does."""
        self._wire.abort()

    def take(self, parts: list[bytes], pts: int, *, key: bool) -> None:
        """Send a frame, unless the client must wait for a key frame or does not read."""
        if not self._playing or self._channels is None:
            return
        if self._wire.unsent > most_unsent:
            self._waiting = True
        elif key or not self._waiting:
            self._waiting = False
            self._wire.write(self._numbers.interleaved(parts, pts, self._channels[0]))

    def _answer(self, request: Request) -> bytes:
        number = request.headers.number("CSeq", 0)
        if request.method != "OPTIONS" and not self._allowed(request):
            asks = f'Digest realm="{self._challenge.realm}", nonce="{self._challenge.nonce}", algorithm=MD5, qop="auth"'
            return write_reply(401, "Unauthorized", number, {"WWW-Authenticate": asks})
        match request.method:
            case "OPTIONS":
                return write_reply(200, "OK", number, {"Public": methods})
            case "DESCRIBE":
                fields = {"Content-Type": "application/sdp", "Content-Base": request.url.rstrip("/") + "/"}
                return write_reply(200, "OK", number, fields, self._source.describe())
            case "SETUP":
                return self._set_up(request, number)
            case "PLAY" | "GET_PARAMETER" | "TEARDOWN":
                return self._in_session(request, number)
            case _:
                return write_reply(501, "Not Implemented", number, {"Public": methods})

    def _set_up(self, request: Request, number: int) -> bytes:
        transport = request.headers.get("Transport")
        if "TCP" not in transport:
            return write_reply(461, "Unsupported Transport", number, {})
        try:
            self._channels = channels(transport)
        except RtspError:
            self._channels = (0, 1)
        chosen = f"RTP/AVP/TCP;unicast;interleaved={self._channels[0]}-{self._channels[1]}"
        session = f"{self._session};timeout={self._rules.session_seconds}"
        return write_reply(200, "OK", number, {"Transport": chosen, "Session": session})

    def _in_session(self, request: Request, number: int) -> bytes:
        if self._channels is None or request.headers.get("Session").partition(";")[0] != self._session:
            return write_reply(454, "Session Not Found", number, {})
        self._playing = self._playing or request.method == "PLAY"
        if request.method == "PLAY":
            self._source.ask_key_frame()
        return write_reply(200, "OK", number, {"Session": self._session})

    def _allowed(self, request: Request) -> bool:
        login = self._rules.login
        if login is None:
            return True
        given = digest.parameters(request.headers.get("Authorization").partition(" ")[2])
        extra = {name: value for name, value in given.items() if name in {"nc", "cnonce", "qop"}}
        known = given.get("nonce") == self._challenge.nonce and given.get("username") == login.user
        if not known or len(extra) not in {0, 3}:
            return False
        right = digest.response(self._challenge, login, request.method, given.get("uri", ""), extra)
        return secrets.compare_digest(right, given.get("response", ""))
