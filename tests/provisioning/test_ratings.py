"""`callpost ratings` on a real outbox file: what is counted, exported and verified, with the program running or not."""

import csv
import io
import json
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.outbox import Ack, Outbox
from edge.wake import Wake

callpost = Path(sys.executable).parent / "callpost"
served = {"window": "1", "service": "A001", "clerk": "=HYPERLINK(1)"}


class Window:
    """A rating window's file, written as the program writes it."""

    def __init__(self, outbox: Outbox) -> None:
        """Take the outbox, which counts the ratings."""
        self.outbox = outbox

    async def rate(self, level: int) -> None:
        """Record one rating and wait until it is durable."""
        data = {**served, "level": level, "reasons": ["waited_long", "rude"] if level < 3 else []}
        await self.outbox.record("rating.given", data).durable

    async def stored(self, upto: int) -> None:
        """Let the centre acknowledge up to a number, and wait until that is on the disk."""
        self.outbox.acknowledge(Ack("rating_terminal", self.outbox.epoch, upto))
        await self.outbox.keep({})


@asynccontextmanager
async def window(folder: Path) -> AsyncIterator[Window]:
    """Open the file of a post in a folder."""
    path = database(folder)
    wake = Wake(folder / "nobody", "demo.window")
    outbox = await Outbox.open(path, "rating_terminal", Clock(), wake, tally="rating.given")
    yield Window(outbox)
    await outbox.close()
    wake.close()


def database(folder: Path) -> Path:
    """Return where the file lies."""
    return folder / "state/rating_terminal/rating_terminal.sqlite3"


def ratings(
    folder: Path, *words: str, roles: str = '["rating"]', columns: str = "80"
) -> "subprocess.CompletedProcess[str]":
    """Run `callpost ratings`."""
    path = folder / "callpost.toml"
    path.write_text(f'[device]\nid = "demo.window"\nroles = {roles}\nstate = "{folder}/state"\n')
    return subprocess.run(
        [str(callpost), "ratings", *words, "--settings", str(path)], capture_output=True, text=True, check=False,
        env={"COLUMNS": columns, "LINES": "24", "LANG": "en_US.UTF-8", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip


async def test_every_rating_is_acknowledged_or_on_disk(tmp_path: Path) -> None:
    """While the program runs, and after it has ended."""
    async with window(tmp_path) as one:
        for level in (5, 1, 4, 4):
            await one.rate(level)
        await one.outbox.record("rating.unanswered", {**served, "seconds": 30.0}).durable
        await one.stored(upto=2)
        running = ratings(tmp_path, "verify", "--json")
    ended = ratings(tmp_path, "verify")
    assert running.returncode == ended.returncode == 0, running.stderr + ended.stderr
    told = json.loads(running.stdout)
    assert (told["ok"], told["recorded"], told["acknowledged"], told["waiting"]) == (True, 4, 2, 2)
    assert "4 = 2 acknowledged + 2 on disk" in ended.stdout
    assert json.loads(ratings(tmp_path, "count", "--json").stdout)["levels"] == {"5": 0, "4": 2, "3": 0, "2": 0, "1": 0}


@pytest.mark.parametrize("lost", ["sequence = 2", "sequence = 1", "sequence = 3"])
async def test_a_lost_rating_is_told(tmp_path: Path, lost: str) -> None:
    """In the middle, at the beginning and at the end: exit 1 and a sentence."""
    async with window(tmp_path) as one:
        for level in (5, 1, 4):
            await one.rate(level)
    with sqlite3.connect(database(tmp_path)) as db:
        db.execute(f"DELETE FROM events WHERE {lost}")  # noqa: S608 - one of ours
    db.close()
    done = ratings(tmp_path, "verify")
    assert done.returncode == 1
    assert "1 of 3 ratings are neither acknowledged nor on disk" in done.stdout
    told = json.loads(ratings(tmp_path, "verify", "--json").stdout)
    assert told["ok"] is False
    assert told["problems"]


async def test_export_is_a_table_that_no_spreadsheet_takes_for_formulas(tmp_path: Path) -> None:
    """RFC 4180 with a byte order mark; a clerk who is called =HYPERLINK stays a text."""
    async with window(tmp_path) as one:
        await one.rate(2)
        await one.outbox.record(
            "rating.excluded", {"window": "1", "cause": "outside_service", "level": 5, "evidence": "nothing open"}
        ).durable
    to = tmp_path / "ratings.csv"
    assert ratings(tmp_path, "export", "--to", str(to)).returncode == 0
    raw = to.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfid,time,")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert [row["kind"] for row in rows] == ["rating.given", "rating.excluded"]
    assert rows[0]["clerk"] == "'=HYPERLINK(1)"
    assert (rows[0]["level"], rows[0]["reasons"]) == ("2", "waited_long rude")
    assert rows[1]["cause"] == "outside_service"
    assert len(json.loads(ratings(tmp_path, "export", "--json").stdout)["events"]) == 2


async def test_it_fits_a_terminal_of_80_by_24(tmp_path: Path) -> None:
    """Also with something of everything."""
    async with window(tmp_path) as one:
        for level in range(1, 6):
            await one.rate(level)
        await one.outbox.record("rating.asked", served).durable
        await one.outbox.record("rating.blank", {"window": "1", "seconds": 9.0, "reason": "no screen"}).durable
    lines = ratings(tmp_path, "count").stdout.splitlines()
    assert len(lines) <= 24
    assert all(len(line) <= 80 for line in lines)
    assert any("very satisfied" in line for line in lines)


def test_a_window_that_has_never_run_has_no_ratings_and_no_problem(tmp_path: Path) -> None:
    """Before the first start there is no file."""
    assert ratings(tmp_path, "verify").returncode == 0
    assert json.loads(ratings(tmp_path, "count", "--json").stdout)["recorded"] == 0


def test_without_the_role_it_is_a_sentence(tmp_path: Path) -> None:
    """And a file that is none as well; never a traceback."""
    done = ratings(tmp_path, "count", roles='["panic"]')
    assert done.returncode == 78
    assert "is no rating window" in done.stderr
    database(tmp_path).parent.mkdir(parents=True)
    database(tmp_path).write_text("this is no database, and it is long enough to be read as one" * 20)
    broken = ratings(tmp_path, "verify")
    assert broken.returncode == 2
    assert "cannot be read" in broken.stderr
    assert "Traceback" not in done.stderr + broken.stderr
