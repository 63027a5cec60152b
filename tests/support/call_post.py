"""The media side of a post for browser tests: a real aiortc peer behind the MQTT commands, with a moving picture."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, Self

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

from support.patience import deadline_seconds
from support.post import Post


class CallPost(Post):
    """A post that answers `call.offer` and can offer a call itself, as media does."""

    def __init__(self, port: int, device: str = "school.gate") -> None:
        """Connect, and run the peer connections on a loop of their own."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._peers: list[RTCPeerConnection] = []
        self.refuse_answers = False
        super().__init__(port, device)
        self.answer = self._answered

    def __exit__(self, *given: object) -> None:
        """End the calls, then say goodbye."""
        super().__exit__(*given)
        self.hang_up()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        """Return the connected post."""
        return self

    def hang_up(self) -> None:
        """Close every peer connection, as when media is restarted."""
        self._do(self._close()).result(deadline_seconds)

    def offer(self, incident: str, identifier: str) -> None:
        """Send the post's own offer."""
        sdp = self._do(self._offer()).result(deadline_seconds)
        self.publish("call/offer", {"id": identifier, "incident": incident, "sdp": sdp})

    def heard_tracks(self) -> list[str]:
        """Return the kinds of the tracks that the operator sends."""
        return [one.receiver.track.kind for peer in self._peers for one in peer.getTransceivers() if one.receiver.track]

    def _answered(self, name: str, command: dict[str, Any]) -> dict[str, Any] | None:
        body = command["body"]
        if name == "call.offer":
            return {"body": {"sdp": self._do(self._answer(body["sdp"])).result(deadline_seconds)}}
        if name == "call.answer" and self.refuse_answers:
            return {"status": "refused", "reason": "this offer is no longer open"}
        if name == "call.answer":
            self._do(self._accept(body["sdp"])).result(deadline_seconds)
        return {}

    def _do(self, work: Coroutine[Any, Any, Any]) -> "Future[Any]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _peer(self) -> RTCPeerConnection:
        # An empty list: without one aiortc asks a public STUN server, and waits for it where there is no internet.
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        peer.addTrack(AudioStreamTrack())
        peer.addTrack(VideoStreamTrack())
        self._peers.append(peer)
        return peer

    async def _offer(self) -> str:
        peer = self._peer()
        await peer.setLocalDescription(await peer.createOffer())
        return str(peer.localDescription.sdp)

    async def _answer(self, sdp: str) -> str:
        peer = self._peer()
        await peer.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        await peer.setLocalDescription(await peer.createAnswer())
        return str(peer.localDescription.sdp)

    async def _accept(self, sdp: str) -> None:
        await self._peers[-1].setRemoteDescription(RTCSessionDescription(sdp, "answer"))

    async def _close(self) -> None:
        for peer in self._peers:
            await peer.close()
        self._peers.clear()
