"""The simulated camera's RTSP server: many clients, each frame packed once."""

import asyncio
import base64
import logging
from collections.abc import Callable

from drivers.camera.rtsp_messages import RtspError, largest_head
from drivers.camera.rtsp_wire import Wire
from media.sim_camera.encoder import Coded
from media.sim_camera.rtp_packets import nal_units, payloads
from media.sim_camera.viewer import Rules, Viewer

log = logging.getLogger(__name__)
most_viewers = 16
largest_unsent = 8 * 1024 * 1024


class RtspServer:
    """Listens, keeps the viewers, and hands them the frames. `stop` is the pulled plug, `start` puts it back."""

    def __init__(self, address: tuple[str, int], rules: Rules, ask_key_frame: Callable[[], None]) -> None:
        self._host, self._port = address
        self._rules = rules
        self._viewers: set[Viewer] = set()
        self._server: asyncio.Server | None = None
        self._sets: list[bytes] = []
        self.ask_key_frame = ask_key_frame

    @property
    def port(self) -> int:
        """The port it listens on, also when the settings left the choice (0)."""
        return self._port

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, self._host, self._port, limit=largest_head)
            self._port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Refuse new clients and drop those that are here."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for viewer in self._viewers:
            viewer.drop()

    def publish(self, coded: Coded) -> None:
        """Give a frame to all who play."""
        if coded.key:
            self._sets = [nal for nal in nal_units(coded.data) if nal[0] & 0x1F in {7, 8}]
        if self._viewers:
            parts = payloads(coded)
            for viewer in self._viewers:
                self._give(viewer, parts, coded)

    def describe(self) -> bytes:
        """Return the session description with the parameter sets of the newest key frame."""
        sets = ",".join(base64.b64encode(nal).decode() for nal in self._sets)
        known = f";sprop-parameter-sets={sets};profile-level-id={self._sets[0][1:4].hex()}" if self._sets else ""
        return (
            "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=callpost-sim-camera\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\n"
            "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
            f"a=fmtp:96 packetization-mode=1{known}\r\na=control:track1\r\n"
        ).encode()

    def _give(self, viewer: Viewer, parts: list[bytes], coded: Coded) -> None:
        try:
            viewer.take(parts, coded.pts, key=coded.key)
        except RtspError:
            viewer.drop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = Wire(reader, writer, largest_unsent)
        if len(self._viewers) >= most_viewers:
            wire.abort()
            return
        viewer = Viewer(wire, self, self._rules)
        self._viewers.add(viewer)
        try:
            await viewer.run()
        except (OSError, EOFError, ValueError) as problem:
            log.info("a viewer has gone: %s", problem or type(problem).__name__)
        finally:
            self._viewers.discard(viewer)
            await wire.close()
