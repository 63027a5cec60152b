"""`callpost self-test`: a real media program is asked, and whoever stands at the post reads what came of it."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from media.sound_test import BUSY
from support.media_post import MediaPost, surroundings
from support.patience import deadline_seconds

callpost = Path(sys.executable).parent / "callpost"


@dataclass(frozen=True)
class Done:
    """How the command ended."""

    code: int
    out: str
    err: str


async def self_test(folder: Path, *words: str, language: str = "en_US.UTF-8") -> Done:
    """Run `callpost self-test` in a terminal of 80 columns, again as long as this machine is too busy to be judged."""
    while BUSY in " ".join((done := await _self_test(folder, *words, language=language)).out.split()):
        pass
    return done


async def _self_test(folder: Path, *words: str, language: str) -> Done:
    command = (str(callpost), "self-test", *words, "--settings", str(folder / "callpost.toml"))
    environment = {"COLUMNS": "80", "LINES": "24", "LANG": language, "PATH": "/usr/bin:/bin"}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=pipe, stderr=pipe)
    out, err = await asyncio.wait_for(process.communicate(), deadline_seconds)
    return Done(process.returncode or 0, out.decode(), err.decode())


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[MediaPost]:
    """Return a post whose media program runs."""
    async with surroundings(tmp_path) as post:
        await post.start()
        yield post


async def test_a_post_that_is_well(post: MediaPost) -> None:
    """Exit 0, for people in two languages and for programs."""
    english = await self_test(post.folder)
    assert english.code == 0, english
    assert "passed" in english.out
    assert "dB" in english.out
    assert all(len(line) <= 80 for line in english.out.splitlines())
    chinese = await self_test(post.folder, "sound", language="zh_CN.UTF-8")
    assert chinese.code == 0, chinese
    assert "合格" in chinese.out
    told = json.loads((await self_test(post.folder, "--json")).out)
    assert (told["device"], told["ok"]) == ("park.gate-1", True)
    assert told["parts"]["sound"]["result"] == "passed"
    assert told["parts"]["sound"]["tones_hz"] == [880, 1320]


async def test_what_is_broken_and_what_stands_in_the_way(post: MediaPost) -> None:
    """Exit 1 and the reason."""
    await post.sim("microphone", "mute")
    broken = await self_test(post.folder)
    assert broken.code == 1
    assert "failed" in broken.out
    assert "nothing but zeros" in " ".join(broken.out.split())
    await post.incident("I1")
    refused = await self_test(post.folder, "--json")
    assert refused.code == 1
    assert json.loads(refused.out)["parts"]["sound"] == {"result": "not_tested", "reason": "an incident is open"}


async def test_a_part_that_has_no_test_is_told_which_there_are(tmp_path: Path) -> None:
    """Exit 2, and nobody is asked."""
    (tmp_path / "callpost.toml").write_text('[device]\nid = "park.gate-1"\n')
    done = await self_test(tmp_path, "moon")
    assert (done.code, done.out) == (2, "")
    assert done.err == "moon: no self-test is called that; there are sound\n"


async def test_a_program_that_does_not_run_is_a_sentence(tmp_path: Path) -> None:
    """Exit 1, and where it was looked for."""
    (tmp_path / "callpost.toml").write_text(f'[device]\nid = "park.gate-1"\nrun = "{tmp_path}/run"\n')
    done = await self_test(tmp_path)
    assert done.code == 1
    assert "not tested" in done.out
    assert "media/api.sock" in "".join(done.out.split())
