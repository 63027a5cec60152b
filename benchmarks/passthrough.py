"""The peer of first_frame, a process of its own: stock aiortc that opens the camera anew for each viewer.

`python -m benchmarks.passthrough RTSP_URL PORT` serves a page with one button and answers the page's offers.
"""

import asyncio
import sys

import uvicorn
from aiortc import RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.contrib.media import MediaPlayer
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

# The console's way of calling, without the rest of it: the same transceivers, gathering and frame callback.
page = """<!doctype html><meta charset="utf-8"><title>peer</title>
<button id="answer">Answer</button><button id="hang-up">Hang up</button><video id="video" autoplay playsinline muted></video>
<script>
const video = document.getElementById("video");
window.callpost = {clickedAt: null, firstFrameAt: null, trouble: null};
let peer = null;
document.getElementById("answer").onclick = () => start().catch((problem) => { callpost.trouble = String(problem); });
document.getElementById("hang-up").onclick = () => {
  peer?.close();
  video.srcObject = null;
  fetch("/hang-up", {method: "POST"});
};
async function start() {
  Object.assign(callpost, {clickedAt: performance.now(), firstFrameAt: null, trouble: null});
  peer = new RTCPeerConnection({bundlePolicy: "max-bundle"});
  peer.ontrack = (event) => {
    if (event.receiver.jitterBufferTarget !== undefined) event.receiver.jitterBufferTarget = 0;
    video.srcObject = new MediaStream([event.track]);
    video.requestVideoFrameCallback(() => { callpost.firstFrameAt = performance.now(); });
  };
  peer.addTransceiver("video", {direction: "recvonly"});
  await peer.setLocalDescription();
  await new Promise((done) => {
    peer.onicegatheringstatechange = () => peer.iceGatheringState === "complete" && done();
    setTimeout(done, 150);
  });
  const sdp = peer.localDescription.sdp;
  const reply = await fetch("/offer", {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({sdp})});
  if (!reply.ok) throw new Error(await reply.text());
  await peer.setRemoteDescription({type: "answer", sdp: (await reply.json()).sdp});
}
</script>
"""


class Offer(BaseModel):
    """The browser's offer."""

    sdp: str


def peer_app(url: str) -> FastAPI:
    """Return page and answering machine; one viewer at a time."""
    app = FastAPI()
    viewers: list[RTCPeerConnection] = []

    @app.get("/", response_class=HTMLResponse)
    async def show() -> str:
        return page

    @app.post("/offer")
    async def offer(body: Offer) -> dict[str, str]:
        player = await asyncio.to_thread(MediaPlayer, url, options={"rtsp_transport": "tcp"}, decode=False)
        viewer = RTCPeerConnection()
        viewers.append(viewer)
        return {"sdp": await _answered(viewer, player, body.sdp)}

    @app.post("/hang-up", status_code=204)
    async def hang_up() -> None:
        while viewers:
            await viewers.pop().close()

    return app


async def _answered(viewer: RTCPeerConnection, player: MediaPlayer, sdp: str) -> str:
    assert player.video is not None, "the camera has no H.264"
    sender = viewer.addTrack(player.video)
    transceiver = next(one for one in viewer.getTransceivers() if one.sender is sender)
    codecs = RTCRtpSender.getCapabilities("video").codecs
    transceiver.setCodecPreferences([codec for codec in codecs if codec.mimeType == "video/H264"])
    await viewer.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
    await viewer.setLocalDescription(await viewer.createAnswer())
    return str(viewer.localDescription.sdp)


if __name__ == "__main__":
    uvicorn.run(peer_app(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
