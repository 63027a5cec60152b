"""A whole centre for tests: callpost-ingest and callpost-center as real processes on a real broker."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import httpx

from center.console import fleet
from center.console.__main__ import caller, offers_topic
from center.ingest.__main__ import topics
from support.broker import Broker, answers, free_port
from support.patience import deadline_seconds, until

replies = tuple(f"callpost/v1/+/reply/{name}" for name in (caller, fleet.caller))
heard_topics = (*(topic for topic, _ in topics), offers_topic, *replies)
template = """\
[ingest]
database = "{folder}/center.sqlite3"
poke = "{folder}/console.sock"
[ingest.mqtt]
port = {broker}
[console]
port = {port}
facts = "{folder}/center.sqlite3"
records = "{folder}/console.sqlite3"
clips = "{folder}/clips"
poke = "{folder}/{poke}"
demo = true
{console}[console.mqtt]
port = {broker}
[console.posts."school.gate"]
name = "第一小学东门"
address = "人民路 12 号"
"""


@dataclass
class Centre:
    """Two processes and where they are reached."""

    folder: Path
    port: int
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list, repr=False)

    @classmethod
    def start(cls, folder: Path, broker: Broker, *, poked: bool = True, console: str = "", extra: str = "") -> Self:
        """Start both; returns when they listen to the broker and the console answers.

        With `poked=False` ingest's datagrams go nowhere and the console must look by itself.
        `console` and `extra` are lines for the table [console] and for the end of the file.
        """
        centre = cls(folder, free_port())
        poke = "console.sock" if poked else "elsewhere.sock"
        text = template.format(folder=folder, broker=broker.port, port=centre.port, poke=poke, console=console) + extra
        (folder / "center.toml").write_text(text, encoding="utf-8")
        for program in ("center.ingest", "center.console"):
            centre.run(program)
        try:
            until(lambda: answers(centre.port) and broker.heard_by(*heard_topics))
        except AssertionError:
            centre.stop()
            raise
        return centre

    def run(self, program: str) -> None:
        """Start one of the programs."""
        command = [sys.executable, "-m", program, "--settings", str(self.folder / "center.toml")]
        self._processes.append(subprocess.Popen(command))

    def lives(self) -> bool:
        """Whether the processes that were started still run; nobody starts them again."""
        return all(process.poll() is None for process in self._processes)

    @property
    def url(self) -> str:
        """The address of the console."""
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def signed_in(self) -> Iterator[httpx.Client]:
        """Give a client with the demo operator's cookie, which sends the Origin that a page of ours would."""
        with httpx.Client(base_url=self.url, headers={"Origin": self.url}, timeout=deadline_seconds) as client:
            client.get("/demo-sign-in").raise_for_status()
            yield client

    def __enter__(self) -> Self:
        """Return the running centre."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()

    def stop(self) -> None:
        """End both processes."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(deadline_seconds)
