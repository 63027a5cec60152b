"""Reading another program's outbox: what the reader sees, and that it can never lock the owner out."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.outbox import Outbox
from edge.outbox_reader import LaneReader, Span
from edge.wake import Wake
from support.other_users import as_root, in_reach
from support.patience import deadline_seconds

owner, reader, forwarders = 61001, 61003, 61002

writing = """
import asyncio, sys
from pathlib import Path
from edge.clock import Clock
from edge.outbox import Outbox
from edge.wake import Wake

async def main():
    path = Path(sys.argv[1])
    outbox = await Outbox.open(path, "panic", Clock(), Wake(path.parent / "nobody", "a.b"))
    await outbox._first_try
    await outbox.record("device.part_proved", {"part": "light"}).durable
    print("written", outbox.trouble, flush=True)
    sys.stdin.readline()
    await outbox.close()
    await outbox.watch()

asyncio.run(main())
"""
reading = """
import sys
from pathlib import Path
from edge.outbox_reader import LaneReader
lane = LaneReader(Path(sys.argv[1]))
print(len(lane.rows(0, 100)), len(lane.spans()))
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Make panic's state folder as the post has it: 2750, its own user, the forwarder's group."""
    top = Path(tempfile.mkdtemp(prefix="callpost-reader-"))
    top.chmod(0o755)
    state = top / "panic"
    state.mkdir()
    os.chown(state, owner, forwarders)
    state.chmod(0o2750)
    yield state
    shutil.rmtree(top)


def python(program: str, path: Path, user: int) -> "subprocess.Popen[str]":
    """Run a program under another user."""
    return subprocess.Popen(
        [sys.executable, "-P", "-c", program, str(path)],
        user=user,
        group=forwarders,
        extra_groups=[],
        cwd="/",
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def write(path: Path) -> "subprocess.Popen[str]":
    """Start the owner; returns once it has written an event."""
    process = python(writing, path, owner)
    assert process.stdout
    assert process.stdout.readline() == "written None\n"
    return process


def stop(process: "subprocess.Popen[str]") -> None:
    """End the owner in an orderly way."""
    process.communicate("stop\n", timeout=deadline_seconds)
    assert process.returncode == 0


def read(path: Path) -> str:
    """Return how many rows and spans the forwarder's user sees."""
    process = python(reading, path, reader)
    out, _ = process.communicate(timeout=deadline_seconds)
    assert process.returncode == 0
    return out.strip()


@as_root
@in_reach
def test_a_reader_under_another_user_never_locks_the_owner_out(folder: Path) -> None:
    """While it runs, after a clean stop and after a crash; the next start writes each time."""
    path = folder / "panic.sqlite3"
    first = write(path)
    assert read(path) == "1 1"
    stop(first)
    assert not path.with_name(path.name + "-wal").exists()
    assert read(path) == "1 1", "after a clean stop the file is read as it is"
    assert [file.name for file in folder.iterdir()] == [path.name], "and the reader leaves nothing behind"
    second = write(path)
    second.kill()
    second.communicate()
    assert read(path) == "2 2", "after a crash the last words are in the WAL"
    stop(write(path))
    assert read(path) == "3 3"
    assert {file.stat().st_uid for file in folder.iterdir()} == {owner}


def test_a_file_that_is_not_there_yet_has_nothing(tmp_path: Path) -> None:
    """The owner may start later, or be just creating it."""
    lane = LaneReader(tmp_path / "panic.sqlite3")
    assert (lane.rows(0, 10), lane.spans()) == ([], [])
    (tmp_path / "panic.sqlite3").touch()
    assert (lane.rows(0, 10), lane.spans()) == ([], [])


async def test_rows_come_in_the_order_of_the_file_and_by_lane(tmp_path: Path) -> None:
    """Behind a position, up to a limit, all lanes or one."""
    wake = Wake(tmp_path / "nobody", "a.b")
    outbox = await Outbox.open(tmp_path / "panic.sqlite3", "panic", Clock(), wake)
    for _ in range(3):
        outbox.record("device.part_proved", {"part": "light"})
        outbox.record("device.tampered", {"part": "enclosure", "reason": "opened"})
    await outbox.keep({})
    lane = LaneReader(tmp_path / "panic.sqlite3")
    rows = lane.rows(0, 4)
    assert [(row.outbox, row.sequence, row.severity) for row in rows] == [
        ("panic", 1, "diagnostic"),
        ("panic-alarm", 1, "alarm"),
        ("panic", 2, "diagnostic"),
        ("panic-alarm", 2, "alarm"),
    ]
    assert [row.sequence for row in lane.rows(rows[-1].position, 10)] == [3, 3]
    assert [row.sequence for row in lane.rows(0, 10, "panic-alarm")] == [1, 2, 3]
    assert lane.spans() == [Span("panic", outbox.epoch, 1, 3), Span("panic-alarm", outbox.epoch, 1, 3)]
    await outbox.close()
    wake.close()
