"""kill -9 of a writer at any moment: events and the state that belongs to them are there together or not at all."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from support import outbox_writer

kills = 30


def check(path: Path, told: int) -> int:
    """Check what is on the disk after a kill against the last number that was told durable; returns the kept number."""
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT outbox, epoch, sequence, body FROM events ORDER BY position").fetchall()
        (kept,) = db.execute("SELECT value FROM kept WHERE key = 'number'").fetchone()
    parts = {"panic": list[int](), "panic-alarm": list[int]()}
    numbers: dict[tuple[str, str], list[int]] = {}
    for outbox, epoch, sequence, body in rows:
        parts[outbox].append(int(json.loads(body)["data"]["part"]))
        numbers.setdefault((outbox, epoch), []).append(sequence)
    assert parts["panic"] == parts["panic-alarm"] == list(range(1, int(kept) + 1)), "pairs, in order, and the state"
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values()), "gapless in each epoch"
    assert int(kept) >= told, "what was told durable is on the disk"
    return int(kept)


def test_killed_at_any_moment_neither_half_is_left(tmp_path: Path) -> None:
    """Thirty times, each writer going on where the last one stopped."""
    path = tmp_path / "panic.sqlite3"
    chance = random.Random(7)
    command = [sys.executable, "-P", outbox_writer.__file__, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as writer:
        assert writer.stdin
        assert writer.stdout
        kept = 0
        for _ in range(kills):
            print("go", file=writer.stdin, flush=True)
            child = int(writer.stdout.readline().removeprefix("pid "))
            told = int(writer.stdout.readline())
            time.sleep(chance.uniform(0, 0.03))  # the kill must come at no particular moment
            os.kill(child, signal.SIGKILL)
            while (line := writer.stdout.readline()) != "ended\n":
                told = int(line)
            before, kept = kept, check(path, told)
            assert kept > before
        writer.stdin.close()
