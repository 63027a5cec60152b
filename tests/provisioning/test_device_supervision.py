"""The generated device configuration with the real Unix users: who may do what, and what comes back."""

import asyncio
import grp
import os
import pwd
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
import pytest

from support.other_users import as_root, binaries, in_reach
from support.panic_process import listens
from support.patience import deadline_seconds
from support.supervision import Supervised, supervisord, until

repository = Path(__file__).parents[2]
programs = ("panic", "forwarder", "media", "rating_terminal")

pytestmark = [as_root, in_reach]


@dataclass
class Machine:
    """A post's folders, laid out by systemd/tmpfiles.conf below one temporary folder."""

    folder: Path

    @property
    def run(self) -> Path:
        """The sockets."""
        return self.folder / "run"

    @property
    def state(self) -> Path:
        """What survives."""
        return self.folder / "state"

    @property
    def configuration(self) -> Path:
        """The generated configuration."""
        return self.run / "supervisor" / "supervisord.conf"

    def moved(self, text: str) -> str:
        """Return a file of systemd/ with the post's paths put below the folder."""
        for real, here in (("/var/lib", "state"), ("/run", "run"), ("/etc", "etc")):
            text = text.replace(f"{real}/callpost", str(self.folder / here))
        return text

    @asynccontextmanager
    async def supervised(self, environment: dict[str, str] | None = None) -> AsyncIterator[Supervised]:
        """Run the post."""
        command = [str(binaries / "supervisord"), "-c", str(self.configuration)]
        control = self.run / "supervisor" / "control.sock"
        async with supervisord(command, control, self.folder / "supervisord.out", environment) as running:
            await until("all programs run", lambda: all(running.pid(name) for name in programs))
            await until("all answer", lambda: all(listens(self.run / name / "api.sock") for name in programs))
            yield running


@pytest.fixture(scope="module")
def users() -> Iterator[None]:
    """The users of systemd/sysusers.conf; those that were not there before are removed again."""
    before = {user.pw_name for user in pwd.getpwall()}, {group.gr_name for group in grp.getgrall()}
    subprocess.run(["systemd-sysusers", str(repository / "systemd/sysusers.conf")], check=True)
    yield
    for user in {user.pw_name for user in pwd.getpwall()} - before[0]:
        subprocess.run(["userdel", user], check=True, capture_output=True)
    for group in {group.gr_name for group in grp.getgrall()} - before[1]:
        subprocess.run(["groupdel", group], check=True, capture_output=True)


@pytest.fixture
def machine(users: None) -> Iterator[Machine]:
    """A post that is set up and not started."""
    del users
    made = Machine(Path(tempfile.mkdtemp(prefix="callpost-device-")))
    made.folder.chmod(0o755)
    tmpfiles = made.folder / "tmpfiles.conf"
    tmpfiles.write_text(made.moved((repository / "systemd/tmpfiles.conf").read_text()))
    subprocess.run(["systemd-tmpfiles", "--create", str(tmpfiles)], check=True)
    _write_settings(made)
    subprocess.run(
        [
            str(binaries / "callpost"), "supervisor", "render", "--settings", str(made.folder / "callpost.toml"),
            "--to", str(made.configuration.parent), "--logs", str(made.folder), "--stuck-seconds", "10",
        ],
        check=True,
    )  # fmt: skip
    yield made
    shutil.rmtree(made.folder)


def _write_settings(machine: Machine) -> None:
    off = "\n".join(f'{part} = {{ make = "off" }}' for part in ("camera", "ptz", "speaker", "microphone"))
    simulated = "\n".join(f'{part} = {{ make = "simulated" }}' for part in ("button", "light", "siren", "lamp_called"))
    token = machine.folder / "etc/secrets/rating_terminal/counter-token"
    token.write_text("token-of-the-window-of-this-test\n")
    shutil.chown(token, "root", "callpost-rating_terminal")
    token.chmod(0o440)
    rating = (
        '[rating_terminal]\nwindow = "1"\ngpio = { factory = "none" }\nkeypad = { make = "simulated" }\n'
        f'screen = {{ port = 0 }}\ncounter = {{ port = 0, token_file = "{token}" }}\n'
    )
    (machine.folder / "callpost.toml").write_text(
        f'[device]\nid = "demo.device"\nroles = ["panic", "rating"]\ndemo = true\nstate = "{machine.state}"\nrun = "{machine.run}"\n'
        f'[panic]\ngpio = {{ factory = "none" }}\n{simulated}\n'
        f'[forwarder]\n[[forwarder.centres]]\nname = "none"\naddresses = ["127.0.0.1:9"]\n[media]\n{off}\n{rating}'
    )


async def _as_user(user: str, code: str) -> int:
    """Run Python as a user with all of that user's groups, and return the exit code."""
    process = await asyncio.create_subprocess_exec(
        "setpriv", "--reuid", user, "--regid", user if user != "nobody" else "nogroup", "--init-groups", "--",
        "/usr/bin/python3", "-c", code, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return await process.wait()


async def _may_connect(user: str, path: Path) -> bool:
    code = f"import socket; socket.socket(socket.AF_UNIX).connect({str(path)!r})"
    return await _as_user(user, code) == 0


async def _may_send(user: str, path: Path) -> bool:
    code = f"import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'{{}}', {str(path)!r})"
    return await _as_user(user, code) == 0


async def test_each_program_has_its_own_user_and_only_callers_reach_it(machine: Machine) -> None:
    """Users, OOM scores, working directories, and the sockets that each user may open."""
    async with machine.supervised() as running:
        for name in programs:
            process = psutil.Process(running.pid(name))
            assert process.username() == f"callpost-{name}"
            assert Path(process.cwd()) == machine.run / name
            score = int(Path(f"/proc/{process.pid}/oom_score_adj").read_text())
            inherited = int(Path(f"/proc/{running.process.pid}/oom_score_adj").read_text())
            assert score == (inherited if name == "panic" else 200)
        allowed = {
            "panic": {"callpost-panic", "callpost-forwarder", "callpost-media"},
            "media": {"callpost-media", "callpost-forwarder", "callpost-panic", "callpost-rating_terminal"},
            "rating_terminal": {"callpost-rating_terminal", "callpost-forwarder"},
            "forwarder": {"callpost-forwarder"},
        }
        for name, callers in allowed.items():
            for user in (*(f"callpost-{program}" for program in programs), "nobody"):
                assert await _may_connect(user, machine.run / name / "api.sock") == (user in callers), (name, user)
        for user in ("callpost-panic", "callpost-media", "callpost-rating_terminal", "nobody"):
            assert await _may_send(user, machine.run / "wake/forwarder.sock") == (user != "nobody"), user
            assert not await _may_connect(user, machine.run / "supervisor/control.sock")


async def test_the_forwarder_reads_the_outboxes_and_writes_none(machine: Machine) -> None:
    """A reader that could write would lock the owner out of its own file."""
    async with machine.supervised():
        outbox = machine.state / "panic/panic.sqlite3"
        await until("panic has an outbox", outbox.exists)
        read = f"import sqlite3; sqlite3.connect('file:{outbox}?mode=ro', uri=True).execute('SELECT 1 FROM events')"  # noqa: S608 - our own path
        assert await _as_user("callpost-forwarder", read) == 0
        assert await _as_user("callpost-forwarder", f"open('{outbox.parent}/x', 'w')") != 0
        assert await _as_user("callpost-media", read) != 0
        assert await _as_user("callpost-rating_terminal", read) != 0
        ratings = machine.state / "rating_terminal"
        await until("the window has an outbox", (ratings / "rating_terminal.sqlite3").exists)
        assert await _as_user("callpost-forwarder", f"open('{ratings}/rating_terminal.sqlite3')") == 0
        assert await _as_user("callpost-media", f"open('{ratings}/rating_terminal.sqlite3')") != 0
        for secret in (path for path in ratings.rglob("*key*") if path.is_file()):
            assert await _as_user("callpost-forwarder", f"open('{secret}')") != 0, secret
    with sqlite3.connect(outbox) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_killed_program_comes_back_and_a_hung_panic_is_killed_alone(machine: Machine) -> None:
    """SIGKILL on media; then SIGSTOP on panic, which the listener ends while the others go on."""
    async with machine.supervised() as running:
        first = {name: running.pid(name) for name in programs}
        os.kill(first["media"], signal.SIGKILL)
        await until("media is back", lambda: running.pid("media") not in {0, first["media"]})
        second = running.pid("media")
        os.kill(first["panic"], signal.SIGSTOP)
        await until("panic is back", lambda: running.pid("panic") not in {0, first["panic"]})
        assert (running.pid("media"), running.pid("forwarder")) == (second, first["forwarder"])


async def test_the_panic_path_stops_last(machine: Machine) -> None:
    """The rating window first, panic last of the programs."""
    async with machine.supervised() as running:
        pass
    assert running.stopped() == ["rating_terminal", "media", "forwarder", "panic", "listener"]


async def test_a_panic_that_cannot_start_ends_supervisord(machine: Machine) -> None:
    """FATAL of panic ends all, so that systemd begins anew; with fewer tries than on a post, to save time."""
    text = machine.configuration.read_text().replace("startretries=12", "startretries=0")
    machine.configuration.write_text(re.sub(r"command=\S+/callpost-panic .*", "command=/bin/false", text))
    command = [str(binaries / "supervisord"), "-c", str(machine.configuration)]
    control = machine.run / "supervisor" / "control.sock"
    async with supervisord(command, control, machine.folder / "supervisord.out") as running:
        async with asyncio.timeout(deadline_seconds):
            assert await running.process.wait() == 0
        assert "panic entered FATAL state" in running.output.read_text()


async def test_systemd_hears_when_the_post_works_and_as_long_as_it_does(machine: Machine) -> None:
    """READY with panic's first sign of life, then the watchdog's food."""
    async with AsyncExitStack() as stack:
        notify = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        notify.bind(str(machine.folder / "notify"))
        notify.setblocking(False)
        environment = {**os.environ, "NOTIFY_SOCKET": str(machine.folder / "notify")}
        await stack.enter_async_context(machine.supervised(environment))
        async with asyncio.timeout(deadline_seconds):
            hear = partial(asyncio.get_running_loop().sock_recv, notify, 100)
            assert await hear() == b"READY=1\nSTATUS=The post works\nWATCHDOG=1"
            assert (await hear()).endswith(b"WATCHDOG=1")
