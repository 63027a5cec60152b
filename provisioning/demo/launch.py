"""`callpost demo`: starts everything, says when it is ready, and leaves nothing behind.

The launcher does for the demo what systemd does for a post: it starts supervisord again when it has ended.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from edge.program import until_signalled
from media.sim_camera.profiles import ProfileName
from provisioning.demo.place import DemoError, Place, empty, port_source, require_free, take
from provisioning.demo.plan import Plan, make_plan
from provisioning.demo.ready import all_answer, questions, surroundings
from provisioning.demo.write import binaries, write

ready_seconds = 180.0
stop_seconds = 40.0
begin_again_seconds = 1.0
most_posts = 9
ending = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass(frozen=True)
class Wish:
    """What the visitor asked for."""

    folder: Path
    posts: int
    page_port: int
    broker_port: int
    keep: bool
    picture: ProfileName | None = None


def launch(wish: Wish) -> None:
    """Run a demo until a signal comes. Raises DemoError with a sentence when it cannot."""
    if not 1 <= wish.posts <= most_posts:
        raise DemoError(f"POSTS={wish.posts} is not possible; choose 1 to {most_posts}")
    place = take(wish.folder)
    try:
        require_free(wish.page_port, "DEMO_PORT")
        require_free(wish.broker_port, "DEMO_MQTT_PORT")
        if not wish.keep:
            empty(wish.folder)
        _run_in(place, wish)
    finally:
        place.close()


def _run_in(place: Place, wish: Wish) -> None:
    run = Path(tempfile.mkdtemp(prefix="callpost-"))
    try:
        with _janitor(run, place) as janitor, port_source({wish.page_port, wish.broker_port}) as free_port:
            plan = make_plan(
                wish.folder, run, posts=wish.posts, page_port=wish.page_port, broker_port=wish.broker_port,
                free_port=free_port, picture=wish.picture,
            )  # fmt: skip
            write(plan)
            asyncio.run(until_signalled(Demo(plan, janitor.stdin).run(), ending))
    finally:
        shutil.rmtree(run, ignore_errors=True)  # the janitor has done it, if it could be started


def _janitor(run: Path, place: Place) -> "subprocess.Popen[str]":
    """Start who clears up when this process cannot; it outlives us and holds the lock until it is done."""
    command = [sys.executable, "-m", "provisioning.demo.janitor", str(run)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, bufsize=1, start_new_session=True,
        pass_fds=[place.cleaning], env={**os.environ, "PYTHONSAFEPATH": "1"},
    )  # fmt: skip


class Demo:
    """The supervisors of one demo: the desk's, and one for each post."""

    def __init__(self, plan: Plan, register: IO[str] | None) -> None:
        """Take the plan, and where process ids are told to the janitor."""
        self._plan = plan
        self._register = register
        self._running: dict[str, Process] = {}

    async def run(self) -> None:
        """Start all, say when all answer, and keep them running until cancelled. Raises DemoError."""
        tell(f"starting {len(self._plan.posts)} post(s) and a centre; logs are in {self._plan.logs}")
        keeping = [self._keeping("desk", self._plan.folder / "desk.conf")]
        try:
            async with asyncio.timeout(ready_seconds):
                await all_answer(surroundings(self._plan), _tell_waiting)
                keeping += [
                    self._keeping(f"post{post.number}", post.folder / "supervisord.conf") for post in self._plan.posts
                ]
                await all_answer(questions(self._plan), _tell_waiting)
            with suppress(BrokenPipeError):  # nobody reads us: the demo runs all the same
                print(f"demo ready: {self._plan.page_url}", flush=True)  # noqa: T201 - the contract's line
            await asyncio.gather(*keeping)
        except TimeoutError:
            raise DemoError(f"not every program answered in {ready_seconds:.0f} s; see {self._plan.logs}") from None
        finally:
            await _unhurried(self._stop(keeping))

    def _keeping(self, name: str, configuration: Path) -> "asyncio.Future[None]":
        return asyncio.ensure_future(self._keep(name, configuration))

    async def _keep(self, name: str, configuration: Path) -> None:
        while True:
            process = await self._start(name, configuration)
            code = await process.wait()
            tell(f"the supervisor of {name} has ended ({code}) and is started again, as systemd does on a post")
            await asyncio.sleep(begin_again_seconds)

    async def _start(self, name: str, configuration: Path) -> Process:
        with (self._plan.logs / f"{name}-supervisord.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                "setpriv", "--pdeathsig", "TERM", "--", str(binaries / "supervisord"), "-c", str(configuration),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, "PYTHONSAFEPATH": "1"},
            )  # fmt: skip
        self._running[name] = process
        if self._register is not None:
            self._register.write(f"{process.pid}\n")
        return process

    async def _stop(self, keeping: "list[asyncio.Future[None]]") -> None:
        tell("stopping")
        for task in keeping:
            task.cancel()
        await asyncio.gather(*keeping, return_exceptions=True)
        # The posts first, so that their last words still find a broker.
        await asyncio.gather(*(_end(process) for name, process in self._running.items() if name != "desk"))
        await asyncio.gather(*(_end(process) for process in self._running.values()))


async def _end(process: Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(stop_seconds):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def _unhurried(work: Coroutine[None, None, None]) -> None:
    """Do this to its end, however often the visitor asks to stop."""
    task = asyncio.ensure_future(work)
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.shield(task)
    task.result()


def _tell_waiting(names: list[str]) -> None:
    tell(f"waiting for {', '.join(names)}")


def tell(sentence: str) -> None:
    """Say how things go, on standard error: standard output has one line only."""
    print(f"callpost: {sentence}", file=sys.stderr, flush=True)  # noqa: T201 - for the person at the terminal
