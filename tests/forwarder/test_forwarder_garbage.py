"""Garbage at the forwarder's two sockets: never a 5xx, the same process, and an offer still reaches the centre."""

import asyncio
import json
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import hypothesis.strategies as st
import pytest
from hypothesis import given

from support.broker import Broker
from support.garbage import bodies, chunks, dumped, hurl, json_type, methods, paths, some, unix, values
from support.panic_process import listens
from support.patience import deadline_seconds, until_async
from support.uplink import Ingester, centre, forwarder_process, settings_file

templates = ("/v1/health", "/v1/sim", "/v1/sim/{part}/{action}", "/v1/acks", "/v1/{part}", "/openapi.json", "/{action}")
words = {"part": ["clock", "commands"], "action": ["set", "mend", "jump"]}
known = ["wall", "seconds", "2026-11-21T08:00:00Z", "event", "topic", "payload", "call/offer", "id", "sdp", "incident"]
fields = (
    "specversion", "id", "source", "type", "time", "datacontenttype", "data", "outbox", "epoch", "severity", "boot", "mono",
)  # fmt: skip
events = st.dictionaries(st.sampled_from(fields), values(known)).map(lambda event: {"event": event})
messages = st.fixed_dictionaries({"topic": st.just("call/offer"), "payload": values(known)})
datagrams = st.binary(max_size=300) | (values(known) | events | messages).map(dumped)


@dataclass(frozen=True)
class Running:
    """The forwarder, its sockets, and the centre's end."""

    process: "subprocess.Popen[bytes]"
    api: Path
    wake: Path
    http: httpx.Client
    ingester: Ingester


@pytest.fixture(scope="module")
def forwarder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run the forwarder with a broker and a small centre."""
    folder = tmp_path_factory.mktemp("garbage")
    (folder / "run" / "forwarder").mkdir(parents=True)
    api, wake = folder / "run" / "forwarder" / "api.sock", folder / "run" / "wake" / "forwarder.sock"
    with Broker.start(folder) as broker, Ingester(broker.port) as ingester:
        process = forwarder_process(settings_file(folder, centre(broker.port)))
        try:
            asyncio.run(until_async(lambda: ingester.states and listens(api), "the birth"))
            with httpx.Client(
                transport=httpx.HTTPTransport(uds=str(api)), base_url="http://local", timeout=deadline_seconds
            ) as http:
                yield Running(process, api, wake, http, ingester)
        finally:
            process.terminate()
            process.wait(deadline_seconds)


@given(data=st.data(), method=st.sampled_from(methods), template=st.sampled_from(templates))
@some(120)
def test_every_route(forwarder: Running, data: st.DataObject, method: str, template: str) -> None:
    """Any method, path and body."""
    path, body = data.draw(paths(template, words)), data.draw(bodies(known))
    answer = forwarder.http.request(method, path, content=body, headers=json_type)
    assert answer.status_code < 500, answer.text


@given(sent=chunks)
@some(40)
def test_no_http_at_all(forwarder: Running, sent: list[bytes]) -> None:
    """Random bytes are refused or hung up on."""
    assert not hurl(unix(forwarder.api), sent).startswith(b"HTTP/1.1 5")


@given(sent=st.lists(datagrams, min_size=1, max_size=5))
@some(60)
def test_datagrams(forwarder: Running, sent: list[bytes]) -> None:
    """Bytes, JSON, and events and offers with anything in them."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        for one in sent:
            sender.sendto(one, str(forwarder.wake))
    assert forwarder.http.get("/v1/health").status_code == 200


def test_it_works_after_all_of_it(forwarder: Running) -> None:
    """A huge and a deep body too; then a good offer passes, in the same process."""
    for body in (b"1" * 1_000_000, b"[" * 100_000, b'{"a":' * 20_000):
        assert forwarder.http.post("/v1/sim/clock/set", content=body, headers=json_type).status_code < 500
    offer = {"id": "GOOD", "incident": "I1", "sdp": "v=0"}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(json.dumps({"topic": "call/offer", "payload": offer}).encode(), str(forwarder.wake))
    asyncio.run(until_async(lambda: offer in forwarder.ingester.offers, "the offer"))
    assert forwarder.process.poll() is None
