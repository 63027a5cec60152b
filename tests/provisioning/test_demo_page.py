"""The demo page in front of small real programs on unix sockets: what it merges, refuses and never waits for."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request, Response

from edge.kinds import check_command
from edge.local_api import QuietServer, local_app, problem, serve
from edge.local_client import client
from edge.sim_api import sim_router
from provisioning.demo import parts as demo_parts
from provisioning.demo.clerks import clerks
from provisioning.demo.guard import json_type
from provisioning.demo.history import History
from provisioning.demo.page import build_app
from provisioning.demo.parts import Parts, lamps
from provisioning.demo.place import is_free
from provisioning.demo.plan import Plan, Window, make_plan
from provisioning.demo.preset import commands
from provisioning.demo.relay import NetworkPart, Relay
from provisioning.demo.show import Show
from support.broker import free_port
from support.patience import deadline_seconds, until_async, until_told
from support.unix_app import accepts

ask_seconds = demo_parts.deadline_seconds


class Toggle:
    """A simulated part that remembers what was done to it."""

    def __init__(self, **shown: object) -> None:
        """Show this at first."""
        self.shown: dict[str, object] = dict(shown)
        self.done: list[tuple[str, Mapping[str, Any]]] = []

    def shows(self) -> Mapping[str, Any]:
        """Return what it shows."""
        return self.shown

    async def act(self, action: str, body: Mapping[str, Any]) -> None:
        """Take anything but `explode`."""
        if action == "explode":
            raise ValueError("a toggle knows no explode")
        self.done.append((action, body))


class Slow:
    """An application that does not answer, as a program that is stopped with SIGSTOP."""

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        """Take the request and keep it."""
        await asyncio.Event().wait()


class Stage:
    """The page under test and the parts behind it."""

    def __init__(
        self, http: httpx.AsyncClient, panic: dict[str, Toggle], media: dict[str, Toggle], relay: Relay, window: Window
    ) -> None:
        """Keep them for the test."""
        self.http, self.panic, self.media, self.relay, self.window = http, panic, media, relay, window
        self.stop_media: Any = None


@pytest.fixture
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """One post whose programs are small applications with simulated parts, which a busy machine does not make silent."""
    monkeypatch.setattr(demo_parts, "deadline_seconds", deadline_seconds)
    monkeypatch.setattr(demo_parts, "act_deadline_seconds", deadline_seconds)
    plan = make_plan(tmp_path, tmp_path, posts=1, page_port=8600, broker_port=free_port(), free_port=free_port)
    window = plan.windows[1]
    window.token_file.parent.mkdir()
    window.token_file.write_text("a-token\n")
    panic = {
        "light": Toggle(on=False),
        "button": Toggle(reading="open"),
        **{lamp: Toggle(pattern="off") for lamp in lamps},
    }
    media = {"camera": Toggle(pan=1.5, tilt=0.0, zoom=1.0, fault=None)}
    relay = Relay(plan.posts[0].relay_port, plan.broker_port)
    await relay.up()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(relay.close)
        clients = {}
        servers = {}
        for name, parts in (("panic", panic), ("media", media)):
            socket = tmp_path / f"{name}.sock"
            servers[name] = asyncio.create_task(serve(_program(parts), socket))
            stack.push_async_callback(_ended, servers[name])
            clients[name] = await stack.enter_async_context(client(socket, deadline_seconds))
            await _appears(socket)
        show = Show(
            Parts(clients, {"network": NetworkPart(relay)}),
            History("demo.post1", [], plan.center_database),
            clients["media"],
        )
        app = build_app(plan, {1: show}, {1: clients["media"]})
        transport = httpx.ASGITransport(app)
        http = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8600"))
        made = Stage(http, panic, media, relay, window)

        async def stop_media() -> None:
            await _ended(servers["media"])
            servers["media"] = asyncio.create_task(serve(Slow(), tmp_path / "media.sock"))
            stack.push_async_callback(_ended, servers["media"])
            await _appears(tmp_path / "media.sock")

        made.stop_media = stop_media
        yield made


def _program(parts: Mapping[str, Toggle]) -> FastAPI:
    app = local_app("program")
    app.include_router(sim_router(parts))
    return app


async def _appears(socket: Path) -> None:
    await accepts(socket)


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_all_parts_are_merged_with_the_links(stage: Stage) -> None:
    """Panic's, media's and the page's own."""
    told = (await stage.http.get("/sim")).json()
    assert told["parts"]["light"] == {"on": False}
    assert told["parts"]["camera"]["pan"] == 1.5
    assert told["parts"]["network"] == {"up": True}
    assert told["links"]["console"].endswith("/demo-sign-in")
    assert told["links"]["rating"] == stage.window.screen_url
    assert told["links"]["counter"] == {"url": stage.window.counter_url, "token": "a-token"}
    assert told["links"]["portal"] is None
    assert (await stage.http.get("/sim/1")).json()["parts"] == told["parts"]
    assert (await stage.http.get("/sim/2")).status_code == 404


async def test_actions_reach_the_owner_with_their_body(stage: Stage) -> None:
    """With and without a body, by the bare path and by the post's number."""
    assert (await stage.http.post("/sim/button/press", json={"hold": True})).is_success
    empty = {"content-type": "application/json"}
    assert (await stage.http.post("/sim/1/camera/unplug", headers=empty)).is_success
    assert stage.panic["button"].done == [("press", {"hold": True})]
    assert stage.media["camera"].done == [("unplug", {})]


async def test_lamp_means_every_lamp(stage: Stage) -> None:
    """`lamp break` of the contract."""
    assert (await stage.http.post("/sim/lamp/break", json={})).is_success
    assert all(stage.panic[lamp].done == [("break", {})] for lamp in lamps)


async def test_a_refusal_of_the_part_reaches_the_visitor(stage: Stage) -> None:
    """As a sentence."""
    answer = await stage.http.post("/sim/light/explode", json={})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert "no explode" in answer.json()["detail"]
    assert (await stage.http.post("/sim/nothing/break", json={})).status_code == 404


async def test_a_stopped_program_keeps_its_last_values_and_is_no_wait(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`answering` is false, and the press still works."""
    await stage.http.get("/sim")
    await stage.stop_media()
    monkeypatch.setattr(demo_parts, "deadline_seconds", ask_seconds)

    async def others_answer() -> bool:
        parts = (await stage.http.get("/sim")).json()["parts"]
        assert parts["camera"] == {"pan": 1.5, "tilt": 0.0, "zoom": 1.0, "fault": None, "answering": False}
        return bool(parts["light"] == {"on": False})

    await until_told(others_answer, "panic's parts, beside those of media that is stopped")
    async with asyncio.timeout(deadline_seconds):
        assert (await stage.http.post("/sim/button/press", json={})).is_success


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 403),
        ({"host": "127.0.0.1.evil.example"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
    ],
)
async def test_only_this_machines_own_json_is_heard(stage: Stage, headers: dict[str, str], status: int) -> None:
    """A page of another site can neither read nor act."""
    sent = {"content-type": "application/json", **headers}
    answer = await stage.http.post("/sim/button/press", content=b"{}", headers=sent)
    assert answer.status_code == status
    assert answer.json()["detail"]
    assert stage.panic["button"].done == []


@pytest.mark.parametrize("body", [b"{", b"[]", b"1", b"\xff", b"[" * 60_000, b"{" + b" " * 70_000 + b"}"])
async def test_a_body_that_is_no_small_object_is_refused(stage: Stage, body: bytes) -> None:
    """With a sentence, never a crash."""
    answer = await stage.http.post("/sim/button/press", content=body, headers={"content-type": "application/json"})
    assert 400 <= answer.status_code < 500
    assert answer.json()["detail"]


async def test_the_network_is_put_down_and_up(stage: Stage) -> None:
    """The page's own part, and the page remembers what is pulled."""
    assert (await stage.http.post("/sim/network/down", json={})).json()["parts"] == {"network": {"up": False}}
    assert not stage.relay.is_up
    assert (await stage.http.post("/sim/network/mend", json={})).is_success
    assert stage.relay.is_up
    assert (await stage.http.post("/sim/network/dance", json={})).status_code == 422


async def test_the_start_page_speaks_both_languages_and_has_its_banner(stage: Stage) -> None:
    """Chinese first; nothing from elsewhere, no script inside the page."""
    answer = await stage.http.get("/")
    assert answer.is_success
    assert "演示:一切均为模拟" in answer.text
    assert "everything here is simulated" in answer.text
    assert 'aria-label="报警 / ALARM"' in answer.text
    assert "https://" not in answer.text
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    for name in ("post.css", "post.js", "icon.svg"):
        assert (await stage.http.get(f"/static/{name}")).is_success
    assert (await stage.http.get("/?post=7")).status_code == 404


async def test_a_missing_camera_is_a_sentence(stage: Stage) -> None:
    """Its picture is not there; the page is."""
    answer = await stage.http.get("/posts/1/view.jpg")
    assert answer.status_code == 503
    assert "camera" in answer.json()["detail"]


def test_a_plan_survives_its_file(tmp_path: Path) -> None:
    """The page reads what the launcher wrote."""
    plan = make_plan(tmp_path, tmp_path, posts=3, page_port=1, broker_port=2, free_port=free_port)
    assert Plan.model_validate_json(plan.model_dump_json()) == plan


async def test_the_counter_sends_what_a_counters_software_would(stage: Stage) -> None:
    """With the token of the window; refusals come back as they are, and a window that is away is a sentence."""
    heard: list[tuple[str, str, str | None, object]] = []
    counter = FastAPI()

    @counter.post("/v1/services", status_code=201)
    async def opened(request: Request) -> dict[str, str]:
        heard.append(("POST", "", request.headers.get("authorization"), await request.json()))
        return {"service": "A 1"}

    @counter.delete("/v1/services/{service}")
    async def cancelled(service: str) -> Response:
        heard.append(("DELETE", service, None, None))
        return problem(409, "it has been rated")

    away = await stage.http.post("/counter/1/services", json={"service": "A 1", "clerk": "li"})
    assert (away.status_code, away.json()["detail"]) == (503, "the rating window does not answer")
    config = uvicorn.Config(counter, port=stage.window.counter_port, log_level="warning", lifespan="off")
    server = QuietServer(config)
    task = asyncio.create_task(server.serve())
    await _accepts(stage.window.counter_port)
    assert (await stage.http.post("/counter/1/services", json={"service": "A 1", "clerk": "li"})).status_code == 201
    refused = await stage.http.request("DELETE", "/counter/1/services/A%201", headers={"content-type": json_type})
    assert (refused.status_code, refused.json()["detail"]) == (409, "it has been rated")
    sent = {"service": "A 1", "window": stage.window.name, "clerk": "li", "subject": "A 1"}
    assert heard == [("POST", "", "Bearer a-token", sent), ("DELETE", "A 1", None, None)]
    assert (await stage.http.post("/counter/2/services", json={"service": "A 1"})).status_code == 404
    assert (await stage.http.post("/counter/1/services", json={"service": ""})).status_code == 422
    server.should_exit = True
    await task


async def _accepts(port: int) -> None:
    """Wait until somebody listens."""
    await until_async(lambda: not is_free(port))


async def test_only_a_post_with_a_window_has_a_counter(stage: Stage) -> None:
    """The door to the window's screen, the counter, and the keypad among what can be broken."""
    page = (await stage.http.get("/")).text
    assert stage.window.screen_url in page
    assert 'id="counter"' in page
    assert 'data-part="keypad"' in page


def test_pictures_are_drawn_small_enough_for_a_command() -> None:
    """Every clerk has a face and every notice a picture; both are commands that the contract knows."""
    for name, body in commands():
        check_command(name, body)
    faces = [entry["photo"] for entry in commands()[0][1]["entries"]]
    assert len(set(faces)) == len(faces) == len(clerks)
