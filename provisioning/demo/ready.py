"""When a demo is ready: every program of it has answered."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from pathlib import Path

import httpx

from provisioning.demo.plan import Plan, Post
from provisioning.render import programs_of

ask_seconds = 1.0
again_seconds = 0.25
Question = Callable[[], Awaitable[bool]]


def questions(plan: Plan) -> dict[str, Question]:
    """Return a question for each program; its name is what is shown while it has no answer."""
    asked: dict[str, Question] = {
        "page": lambda: _answers(plan.page_port, "/static/post.css"),
        "center": lambda: _answers(plan.console_port, "/sign-in"),
        **surroundings(plan),
    }
    for post in plan.posts:
        asked.update(_of_post(plan, post))
    return asked


def surroundings(plan: Plan) -> dict[str, Question]:
    """Return what must work before a post starts, so that it does not begin with faults: wires and cameras."""
    wires = {f"wire of post {post.number}": _connects(post.relay_port) for post in plan.posts}
    cameras = {f"camera of post {post.number}": _answers_at(post.camera_socket, "/v1/view") for post in plan.posts}
    return {**wires, **cameras}


def _of_post(plan: Plan, post: Post) -> dict[str, Question]:
    asked = {
        f"{name} of post {post.number}": _answers_at(post.device.socket(name), "/v1/health")
        for name in programs_of(post.device)
    }
    # The centre knows the post: broker, wire, forwarder and ingester all work.
    online = f"ingest for post {post.number}"
    asked[online] = lambda: asyncio.to_thread(_is_online, plan.center_database, post.device.id)
    return asked


async def all_answer(asked: Mapping[str, Question], tell: Callable[[list[str]], None]) -> None:
    """Wait until each has answered; `tell` hears of every change in who is missing."""
    waiting = list(asked)
    while waiting:
        answers = await asyncio.gather(*(asked[name]() for name in waiting))
        still = [name for name, answered in zip(waiting, answers, strict=True) if not answered]
        if still and still != waiting:
            tell(still)
        waiting = still
        if waiting:
            await asyncio.sleep(again_seconds)


def _answers_at(socket: Path, path: str) -> Question:
    async def question() -> bool:
        return await _is_success(httpx.AsyncHTTPTransport(uds=str(socket), verify=False), f"http://local{path}")

    return question


async def _answers(port: int, path: str) -> bool:
    return await _is_success(httpx.AsyncHTTPTransport(verify=False), f"http://127.0.0.1:{port}{path}")


async def _is_success(plain: httpx.AsyncHTTPTransport, url: str) -> bool:
    """Ask once. Nothing is encrypted here: a transport that reads the machine's certificates each time costs a core."""
    async with httpx.AsyncClient(transport=plain, timeout=ask_seconds, trust_env=False) as asking:
        try:
            return not (await asking.get(url)).is_error
        except httpx.HTTPError:
            return False


def _connects(port: int) -> Question:
    async def question() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        await writer.wait_closed()
        return True

    return question


def _is_online(database: Path, device: str) -> bool:
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=0.2)) as db:
            return db.execute("SELECT 1 FROM post WHERE device = ? AND online = 1", (device,)).fetchone() is not None
    except sqlite3.Error:
        return False
