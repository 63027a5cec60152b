"""A real Chromium looks at the post, without the console: a page of its own hands offers and answers over."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.async_api import Page, async_playwright

from support.broker import free_port
from support.browser import flags, operator_tone_hz, tone
from support.media_post import MediaPost, media_post
from support.patience import deadline_seconds, until_async, until_told

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><video id="picture" autoplay playsinline muted></video><script>
const seen = window.seen = {frames: 0, width: 0, first: null, state: "", bytes: 0};
const video = document.getElementById("picture");
const watch = () => video.requestVideoFrameCallback((now) => {
  seen.first ??= now - window.begun; seen.frames += 1; seen.width = video.videoWidth; watch(); });
async function connection() {
  window.begun = performance.now();
  const voice = await navigator.mediaDevices.getUserMedia({audio: true});
  const peer = window.peer = new RTCPeerConnection({bundlePolicy: "max-bundle", iceServers: []});
  peer.onconnectionstatechange = () => { seen.state = peer.connectionState; };
  peer.ontrack = (event) => { if (event.track.kind === "video") { video.srcObject = new MediaStream([event.track]); watch(); } };
  return [peer, voice.getAudioTracks()[0]];
}
const post = async (path, body) => (await fetch(path, {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)})).json();
async function ask() {
  const [peer, voice] = await connection();
  peer.addTransceiver("video", {direction: "recvonly"});
  peer.addTransceiver(voice, {direction: "sendrecv"});
  await peer.setLocalDescription();
  const answer = await post("/offer", {sdp: peer.localDescription.sdp});
  await peer.setRemoteDescription({type: "answer", sdp: answer.sdp});
}
async function take(offer) {
  const [peer, voice] = await connection();
  await peer.setRemoteDescription({type: "offer", sdp: offer.sdp});
  peer.addTrack(voice);
  await peer.setLocalDescription();
  await post("/answer", {offer: offer.id, sdp: peer.localDescription.sdp});
}
async function received() {
  for (const one of (await window.peer.getStats()).values())
    if (one.type === "inbound-rtp" && one.kind === "video") return {frames: one.framesDecoded, freezes: one.freezeCount, lost: one.packetsLost, codec: one.codecId};
}
</script>"""


def page_app(post: MediaPost) -> FastAPI:
    """Serve the page, and hand its descriptions to the post as the console would."""
    app = FastAPI()

    @app.get("/")
    async def page() -> HTMLResponse:
        return HTMLResponse(PAGE)

    async def hand_over(name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        reply = await post.command(name, incident="I1", **body)
        assert reply["status"] == "done", reply
        return dict(reply["body"])

    @app.post("/offer")
    async def offer(body: dict[str, Any]) -> dict[str, Any]:
        return await hand_over("call.offer", body)

    @app.post("/answer")
    async def answer(body: dict[str, Any]) -> dict[str, Any]:
        return await hand_over("call.answer", body)

    return app


@asynccontextmanager
async def chromium_page(post: MediaPost, folder: Path, *more: str) -> AsyncIterator[Page]:
    """Open the page in the system's Chromium, whose microphone plays a tone."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(page_app(post), port=port, log_level="warning", lifespan="off"))
    serving = asyncio.ensure_future(server.serve())
    voice = f"--use-file-for-fake-audio-capture={tone(folder / 'voice.wav', operator_tone_hz)}"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*flags, voice, *more])
        try:
            page = await browser.new_page()
            await until_async(lambda: server.started)
            await page.goto(f"http://127.0.0.1:{port}/")
            yield page
        finally:
            await browser.close()
            server.should_exit = True
            await serving


async def seen(page: Page, frames: int) -> dict[str, Any]:
    """Wait for so many frames on the page while its connection stands, and return what it saw then."""
    there = f"window.seen.frames >= {frames} && window.seen.state === 'connected' && window.seen"
    found = await page.wait_for_function(there, timeout=1000 * deadline_seconds)
    return dict(await found.json_value())


@pytest.mark.parametrize("way", ["browser offers", "post offers"])
async def test_chromium_shows_the_camera_and_is_heard(tmp_path: Path, way: str) -> None:
    """Pictures of at least 1280 pixels advance, and the operator's tone comes out of the loudspeaker."""
    async with media_post(tmp_path, "720p15") as post:
        await post.incident("I1")
        await until_async(lambda: bool(post.offers()))
        async with chromium_page(post, tmp_path) as page:
            await page.evaluate("ask()" if way == "browser offers" else f"take({json.dumps(post.offers()[0])})")
            first = await seen(page, 1)
            later = await seen(page, first["frames"] + 30)
            assert later["width"] >= 1280
            assert later["state"] == "connected"
            await _tone_is_heard(post)
            print(way, later, await page.evaluate("received()"))


async def _tone_is_heard(post: MediaPost) -> None:
    async def plays() -> bool:
        heard = float((await post.shows())["speaker"]["tone_hz"] or 0)
        return abs(heard - operator_tone_hz) <= 10

    await until_told(plays, "the operator's tone out of the loudspeaker")
