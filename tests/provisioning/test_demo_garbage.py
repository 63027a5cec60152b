"""Garbage on the demo page as a process of its own: never a 5xx (503 where a program is away), and it lives."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import hypothesis.strategies as st
import pytest
from hypothesis import given

from provisioning.demo.parts import lamps
from provisioning.demo.plan import make_plan
from support.broker import answers, free_port
from support.garbage import bodies, chunks, hurl, json_type, methods, paths, some, tcp
from support.patience import deadline_seconds, until

templates = (
    "/", "/?post={number}", "/sim", "/sim/{number}", "/sim/{part}/{action}", "/sim/{number}/{part}/{action}",
    "/posts/{number}/changes", "/posts/{number}/view.jpg", "/posts/{number}/sound", "/static/{part}", "/openapi.json",
)  # fmt: skip
words = {
    "number": ["1", "2", "1e3", "99999999999999999999", "٣"],
    "part": ["network", "button", "camera", "speaker", "clock", "lamp", *lamps],
    "action": ["down", "up", "mend", "press", "set", "dance"],
}
known = ["hold", "wall", "tone_hz", "milliseconds", "name"]
header_text = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40).map(str.strip)
kinds = st.sampled_from(["application/json", "application/json; charset=x", "text/plain", "", "multipart/form-data"])
requests = st.sampled_from(templates).flatmap(
    lambda template: st.tuples(st.sampled_from(methods), paths(template, words), bodies(known))
)


@dataclass(frozen=True)
class Page:
    """The page's process, whose programs are all away, and a client."""

    process: "subprocess.Popen[bytes]"
    port: int
    http: httpx.Client


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Run the page alone."""
    folder = tmp_path_factory.mktemp("garbage")
    port = free_port()
    plan = make_plan(folder, folder, posts=1, page_port=port, broker_port=free_port(), free_port=free_port)
    plan.file.write_text(plan.model_dump_json(), encoding="utf-8")
    for window in (post.window for post in plan.posts if post.window is not None):
        window.token_file.parent.mkdir(parents=True, exist_ok=True)
        window.token_file.write_text("a-token\n", encoding="ascii")
    process = subprocess.Popen([sys.executable, "-m", "provisioning.demo", "--plan", str(plan.file)])
    try:
        until(lambda: answers(port), "the page answers")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=deadline_seconds) as http:
            yield Page(process, port, http)
    finally:
        process.terminate()
        process.wait(deadline_seconds)


def answered(page: Page, method: str, path: str, body: bytes, headers: dict[str, str]) -> int:
    """Send it and return the status: no 5xx but 503, which says that a program is away."""
    with page.http.stream(method, path, content=body, headers=headers) as answer:
        assert answer.status_code < 500 or answer.status_code == 503, (method, path, body, answer.read())
        return answer.status_code


def works(page: Page) -> None:
    """The same process, whose own part still obeys."""
    assert page.process.poll() is None
    for action, is_up in (("down", False), ("up", True)):
        assert page.http.post(f"/sim/network/{action}", json={}).json()["parts"] == {"network": {"up": is_up}}
    assert page.http.get("/").status_code == 200


@given(request=requests)
@some(120)
def test_every_route(page: Page, request: tuple[str, str, bytes]) -> None:
    """Any method, path and body."""
    method, path, body = request
    answered(page, method, path, body, json_type)


@given(request=requests, host=header_text, origin=header_text | st.none(), kind=kinds)
@some(100)
def test_headers(page: Page, request: tuple[str, str, bytes], host: str, origin: str | None, kind: str) -> None:
    """A Host that is not this machine is never served, whatever else is sent."""
    method, path, body = request
    headers = {"host": host, "content-type": kind} | ({"origin": origin} if origin is not None else {})
    assert answered(page, method, path, body, headers) in {400, 403, 405, 413}
    headers["host"] = f"127.0.0.1:{page.port}"
    answered(page, method, path, body, headers)


@given(sent=chunks)
@some(40)
def test_no_http_at_all(page: Page, sent: list[bytes]) -> None:
    """Random bytes are refused or hung up on."""
    assert not hurl(tcp(page.port), sent).startswith(b"HTTP/1.1 5")


def test_it_works_after_all_of_it(page: Page) -> None:
    """Huge and deep bodies too."""
    for body in (b"1" * 1_000_000, b"[" * 60_000, b'{"a":' * 10_000, b"\xff" * 1000):
        assert 400 <= answered(page, "POST", "/sim/button/press", body, json_type) < 500
    works(page)
