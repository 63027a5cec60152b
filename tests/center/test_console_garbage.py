"""Garbage on every route of the console, signed in and not: never a 5xx, the same process, and it works afterwards."""

from collections.abc import Iterator
from typing import Any

import httpx
import hypothesis.strategies as st
import pytest
from fastapi.routing import APIRoute
from hypothesis import given

from center.console import routes_calls, routes_clips, routes_pages, routes_session
from edge.kinds import COMMANDS
from support.broker import Broker
from support.centre import Centre
from support.garbage import bodies, chunks, dumped, hurl, json_type, like, methods, paths, some, tcp
from support.patience import deadline_seconds, until
from support.post import Post

incident = "01INCIDENT"
raised = {"incident": incident, "level": "panic", "mode": "live", "trigger": "button"}
routers = [one.router for one in (routes_calls, routes_clips, routes_pages, routes_session)]
# Without the routes that end what the other examples need: signing out, and closing the one incident.
templates = sorted(
    {route.path for router in routers for route in router.routes if isinstance(route, APIRoute)} - {"/sign-out"}
)
commands = sorted(routes_calls.allowed - {"incident.close"})
words = {"incident": [incident], "name": commands, "clip": [incident]}
known = [incident, "sdp", "offer", "speak", "note", "team", "eta_minutes", "pan", "preset", "gate", "prompt", "called"]
header_text = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60)
kinds = st.sampled_from(
    ["application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "x"]
)


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """A running centre with a post that has an open incident and does whatever it is told."""
    folder = tmp_path_factory.mktemp("garbage")
    with Broker.start(folder) as broker, Centre.start(folder, broker) as centre, Post(broker.port) as post:
        post.birth(outboxes=[])
        post.say("incident.raised", raised)
        yield centre


@pytest.fixture(scope="module")
def operator(centre: Centre) -> Iterator[httpx.Client]:
    """The signed-in demo operator, who has the incident on the board."""
    with centre.signed_in() as client:
        until(lambda: client.get(f"/incidents/{incident}").status_code == 200)
        yield client


@pytest.fixture(scope="module")
def stranger(centre: Centre) -> Iterator[httpx.Client]:
    """Somebody who has not signed in."""
    with httpx.Client(base_url=centre.url, headers={"Origin": centre.url}, timeout=deadline_seconds) as client:
        yield client


def answered(client: httpx.Client, method: str, path: str, **how: Any) -> int:
    """Send it and return the status, which is no 5xx; what is pushed without end is not waited for."""
    with client.stream(method, path, **how) as answer:
        assert answer.status_code < 500, (method, path, how, answer.read())
        return answer.status_code


requests = st.sampled_from(templates).flatmap(
    lambda template: st.tuples(st.sampled_from(methods), paths(template, words), kinds, bodies(known))
)


@given(request=requests)
@some(120)
def test_signed_in(centre: Centre, operator: httpx.Client, request: tuple[str, str, str, bytes]) -> None:
    """Any method, path, type and body."""
    method, path, kind, body = request
    answered(operator, method, path, content=body, headers={"content-type": kind})


@given(request=requests, cookie=header_text)
@some(120)
def test_not_signed_in(stranger: httpx.Client, request: tuple[str, str, str, bytes], cookie: str) -> None:
    """The same with a cookie that nobody was given: nothing of an incident is shown or done."""
    method, path, kind, body = request
    headers = {"content-type": kind, "cookie": f"callpost={cookie}"}
    status = answered(stranger, method, path, content=body, headers=headers)
    assert status >= 300 or method == "HEAD" or path.startswith(("/sign-in", "/demo-sign-in")), (method, path)


@given(data=st.data(), name=st.sampled_from(commands))
@some(120)
def test_commands_that_nearly_fit(operator: httpx.Client, data: st.DataObject, name: str) -> None:
    """Bodies of the right shape with wrong values in them."""
    schema = COMMANDS[name].body.model_json_schema()
    body = data.draw(like(schema, schema, known))
    answered(operator, "POST", f"/incidents/{incident}/commands/{name}", content=dumped(body), headers=json_type)


@given(name=st.text(max_size=250), password=st.text(max_size=250), kind=kinds, raw=st.binary(max_size=100))
@some(12)
def test_signing_in_with_nonsense(stranger: httpx.Client, name: str, password: str, kind: str, raw: bytes) -> None:
    """Never lets anybody in."""
    assert answered(stranger, "POST", "/sign-in", data={"name": name, "password": password}) >= 400
    assert answered(stranger, "POST", "/sign-in", content=raw, headers={"content-type": kind}) >= 400


@given(token=header_text.filter(bool), span=header_text | st.sampled_from(["bytes */*", "bytes 0-1/2", "bytes 9-1/3"]))
@some(40)
def test_uploads_that_nobody_asked_for(stranger: httpx.Client, token: str, span: str) -> None:
    """A token that was never given."""
    headers = {"authorization": f"Bearer {token}", "content-range": span}
    assert answered(stranger, "PUT", f"/upload/{incident}", content=b"x", headers=headers) == 403


@given(sent=chunks)
@some(40)
def test_no_http_at_all(centre: Centre, sent: list[bytes]) -> None:
    """Random bytes are refused or hung up on."""
    assert not hurl(tcp(centre.port), sent).startswith(b"HTTP/1.1 5")


def test_it_works_after_all_of_it(centre: Centre, operator: httpx.Client) -> None:
    """A huge and a deep body too; then a note, by the same processes."""
    for body in (b"1" * 1_000_000, b"[" * 100_000, b'{"a":' * 20_000):
        answered(operator, "POST", f"/incidents/{incident}/notes", content=body, headers=json_type)
    assert centre.lives()
    assert operator.get(f"/incidents/{incident}").status_code == 200
    assert operator.post(f"/incidents/{incident}/notes", json={"note": "still here"}).json()["status"] == "done"
