"""Garbage on every route of media's socket: never a 5xx, the same process afterwards, and a call works."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import hypothesis.strategies as st
import pytest
import pytest_asyncio
from hypothesis import given

from edge.kinds import COMMANDS
from support.garbage import awkward, body_of, chunks, dumped, hurl, json_type, like, methods, paths, some, unix
from support.media_post import MediaPost, media_post
from support.patience import deadline_seconds
from support.webrtc import Operator

pytestmark = pytest.mark.asyncio(loop_scope="module")
incident = "I1"
ours = sorted(name for name, kind in COMMANDS.items() if kind.program == "media")
known = [incident, "li", "gate", "home", "called", "drill", "panic", "media", "media-alarm", "x", "http://127.0.0.1:1/"]
sdp_lines = (
    "v=0", "o=- 1 2 IN IP4 0.0.0.0", "s=-", "t=0 0", "m=video 9 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 0.0.0.0", "m=", "a=mid:0",
    "a=group:BUNDLE 0", "a=ice-ufrag:abcd", "a=ice-pwd:0123456789012345678901", "a=setup:actpass", "a=setup:x", "m=audio 9",
    "a=fingerprint:sha-256 00:11", "a=fingerprint:x", "a=rtpmap:96 H264/90000", "a=rtpmap:96", "a=fmtp:96 x;y=", "a=sendrecv",
    "a=candidate:", "a=candidate:1 1 udp 1 127.0.0.1 x typ host", "a=rtcp-mux", "a=extmap:x", "a=rtcp-fb:", "a=ssrc:1 x",
    "m=video x UDP/TLS/RTP/SAVPF 96", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=sctp-port:x", "\x00", "é=",
)  # fmt: skip
sdps = st.lists(st.sampled_from(sdp_lines), max_size=12).map("\r\n".join)


class Running:
    """Media with an open incident, what its interface looks like, and a client of it."""

    def __init__(self, post: MediaPost, api: httpx.AsyncClient, openapi: dict[str, Any], offer: str) -> None:
        self.post, self.api, self.openapi, self.offer = post, api, openapi, offer
        self.pid = post.pid
        parts = ("camera", "ptz", "microphone", "speaker")
        actions = ("mend", "unplug", "freeze", "jam", "break", "say", "mute")
        self.words = {"name": ours, "part": parts, "action": actions}

    async def sent(self, method: str, path: str, body: bytes) -> None:
        """Send it; the answer must be no 5xx."""
        async with self.api.stream(method, path, content=body, headers=json_type) as answer:
            assert answer.status_code < 500, (method, path, body, await answer.aread())
        assert self.post.pid == self.pid


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def media(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """Run media for all of it."""
    operator = Operator(tone_hz=440)
    async with media_post(tmp_path_factory.mktemp("garbage")) as post, post.api() as api:
        yield Running(post, api, (await api.get("/openapi.json")).json(), await operator.offer())
    await operator.close()


async def works(media: Running) -> None:
    """Still the same process, and an operator sees pictures."""
    for part in ("camera", "ptz", "microphone", "speaker"):
        await media.post.sim(part, "mend")
    await media.post.incident(None, cause="closed")
    await media.post.incident("I2")
    operator = Operator()
    reply = await media.post.command("call.offer", incident="I2", sdp=await operator.offer())
    assert reply["status"] == "done", reply
    await operator.take_answer(reply["body"]["sdp"])
    await operator.seen(3)
    assert media.post.pid == media.pid
    await operator.close()


async def test_every_route(media: Running) -> None:
    """Whatever the interface says that it has, and methods that it does not have."""
    operations = sorted(media.openapi["paths"])

    @st.composite
    def requests(draw: st.DrawFn) -> tuple[str, str, bytes]:
        template = draw(st.sampled_from(operations))
        own = [method.upper() for method in media.openapi["paths"][template]]
        method = draw(st.sampled_from(own) | st.sampled_from(methods))
        return method, draw(paths(template, media.words)), draw(body_of(media.openapi, method, template, known))

    await each(requests(), 120, media)
    await works(media)


async def test_commands(media: Running) -> None:
    """Bodies that nearly fit, for the open incident."""

    @st.composite
    def requests(draw: st.DrawFn) -> tuple[str, str, bytes]:
        name = draw(st.sampled_from(ours))
        schema = COMMANDS[name].body.model_json_schema()
        body = draw(like(schema, schema, known))
        if draw(st.booleans()):
            body["incident"] = incident
        envelope = {"id": "1", "operator": draw(st.sampled_from(["li", "wu"]) | awkward), "body": body}
        return "POST", f"/v1/commands/{name}", dumped(envelope)

    await each(requests(), 120, media)
    await works(media)


async def test_session_descriptions(media: Running) -> None:
    """SDP in pieces, and a good offer with lines missing, doubled or cut."""
    lines = media.offer.split("\r\n")

    @st.composite
    def bent(draw: st.DrawFn) -> str:
        given = list(lines)
        for at in draw(st.lists(st.integers(0, len(lines) - 1), max_size=4)):
            how = draw(st.sampled_from(["drop", "cut", "twice", "swap"]))
            line = given[at % len(given)]
            new = {"drop": [], "cut": [line[: draw(st.integers(0, 20))]], "twice": [line, line]}
            given[at % len(given) : at % len(given) + 1] = new.get(how, [draw(st.sampled_from(sdp_lines))])
        return "\r\n".join(given) + "\r\n"

    def requested(sdp: str) -> tuple[str, str, bytes]:
        body = {"incident": incident, "sdp": sdp, "speak": True}
        return "POST", "/v1/commands/call.offer", dumped({"id": "1", "operator": "li", "body": body})

    await each((sdps | bent()).map(requested), 120, media)
    await works(media)


async def each(requests: st.SearchStrategy[tuple[str, str, bytes]], examples: int, media: Running) -> None:
    """Send that many, with the incident open before each; Hypothesis is not async, so it runs on a thread."""
    loop = asyncio.get_running_loop()

    async def one(method: str, path: str, body: bytes) -> None:
        await media.post.incident(incident)
        await media.sent(method, path, body)

    @given(requests)
    @some(examples)
    def check(request: tuple[str, str, bytes]) -> None:
        asyncio.run_coroutine_threadsafe(one(*request), loop).result(2 * deadline_seconds)  # two requests

    await asyncio.to_thread(check)


async def test_no_http_at_all(media: Running) -> None:
    """Random bytes are refused or hung up on."""

    @given(chunks)
    @some(40)
    def check(sent: list[bytes]) -> None:
        assert not hurl(unix(media.post.socket), sent).startswith(b"HTTP/1.1 5")

    await asyncio.to_thread(check)
    await media.sent("POST", "/v1/acks", b"1" * 1_000_000)
    for body in (b"[" * 100_000, b'{"a":' * 20_000):
        await media.sent("PUT", "/v1/incident", body)
    await works(media)
