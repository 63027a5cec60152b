"""The demo's page and wires, as one program under the demo's supervisord: everything it is made of, top to bottom."""

import argparse
import asyncio
import logging
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI

from edge.local_api import QuietServer
from edge.local_client import client
from edge.program import until_signalled
from provisioning.demo.history import History
from provisioning.demo.page import build_app
from provisioning.demo.parts import Parts
from provisioning.demo.plan import Plan, Post
from provisioning.demo.relay import NetworkPart, Relay, loopback
from provisioning.demo.show import Show
from provisioning.render import ends_with_parent, programs_of

calm_seconds = 3.0


def main() -> None:
    """Run the page of a demo that `callpost demo` has laid out."""
    parser = argparse.ArgumentParser(prog="python -m provisioning.demo", description=main.__doc__)
    parser.add_argument("--plan", type=Path, required=True, help="the plan.json of the demo")
    path = parser.parse_args().plan
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    asyncio.run(until_signalled(run(Plan.model_validate_json(path.read_text(encoding="utf-8")))))


async def run(plan: Plan) -> None:
    """Serve until cancelled."""
    async with AsyncExitStack() as stack:
        relays = [await _plugged_in(stack, post, plan.broker_port) for post in plan.posts]
        shows = {post.number: _show(stack, plan, post, relay) for post, relay in zip(plan.posts, relays, strict=True)}
        cameras = {post.number: _client(stack, post.camera_socket) for post in plan.posts}
        async with asyncio.TaskGroup() as tasks:
            for show in shows.values():
                tasks.create_task(show.watch())
            tasks.create_task(_serve(build_app(plan, shows, cameras), plan.page_port))
            for post in plan.posts:
                if post.window is not None:
                    tasks.create_task(_furnish(post.device.socket("rating_terminal")))


async def _plugged_in(stack: AsyncExitStack, post: Post, broker_port: int) -> Relay:
    relay = Relay(post.relay_port, broker_port)
    stack.push_async_callback(relay.close)
    await relay.up()
    return relay


def _show(stack: AsyncExitStack, plan: Plan, post: Post, relay: Relay) -> Show:
    clients = {name: _client(stack, post.device.socket(name)) for name in programs_of(post.device)}
    outboxes = [post.device.state_dir(name) / f"{name}.sqlite3" for name in programs_of(post.device)]
    history = History(post.device.id, outboxes, plan.center_database)
    return Show(Parts(clients, {"network": NetworkPart(relay)}), history, clients["media"])


def _client(stack: AsyncExitStack, socket: Path) -> httpx.AsyncClient:
    made = client(socket, calm_seconds)
    stack.push_async_callback(made.aclose)
    return made


async def _furnish(socket: Path) -> None:
    """Let the rating window have its clerks and notices; a demo without them is a demo all the same."""
    process = await asyncio.create_subprocess_exec(
        *ends_with_parent, sys.executable, "-m", "provisioning.demo.preset", str(socket), stdin=subprocess.DEVNULL
    )
    await process.wait()


async def _serve(app: FastAPI, port: int) -> None:
    config = uvicorn.Config(app, host=loopback, port=port, log_level="warning", lifespan="off", access_log=False)
    await QuietServer(config).serve()
    raise OSError("the page's server has ended by itself")


if __name__ == "__main__":
    main()
