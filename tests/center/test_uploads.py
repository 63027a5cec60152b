"""Recordings on their way from a post to a player: one-time tokens, resuming, hashes, ranges."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from support.broker import Broker
from support.centre import Centre
from support.patience import deadline_seconds, until
from support.post import Post

clip = os.urandom(300_000)
saved = {
    "incident": "01INCIDENT", "clip": "01CLIP", "seconds": 42.0, "before_seconds": 30.0,
    "bytes": len(clip), "sha256": hashlib.sha256(clip).hexdigest(),
}  # fmt: skip


@pytest.fixture
def operator(tmp_path: Path, broker: Broker) -> Iterator[httpx.Client]:
    """The demo operator of a running centre."""
    with Centre.start(tmp_path, broker) as centre, centre.signed_in() as client:
        yield client


@pytest.fixture
def upload(broker: Broker, operator: httpx.Client) -> Iterator[dict[str, str]]:
    """What the post was told when the operator asked for the recording."""
    with Post(broker.port) as post:
        post.birth(outboxes=[])
        post.say("incident.raised", {"incident": "01INCIDENT", "level": "panic", "mode": "live", "trigger": "button"})
        post.say("media.clip_saved", saved)
        until(lambda: 'data-state="ready"' in operator.get("/incidents/01INCIDENT/clip").text)
        assert operator.post("/incidents/01INCIDENT/clip", json={}).json()["status"] == "done"
        name, command = post.commands.get(timeout=deadline_seconds)
        assert name == "clip.request"
        yield command["body"]["upload"]


def put(upload: dict[str, str], body: bytes, piece: str | None = None, token: str | None = None) -> httpx.Response:
    """Send a piece as a post does."""
    headers = {"Authorization": f"Bearer {token or upload['token']}"}
    if piece:
        headers["Content-Range"] = f"bytes {piece}/{len(clip)}"
    return httpx.put(upload["url"], content=body, headers=headers, timeout=deadline_seconds)


def test_a_recording_resumes_and_is_played_in_ranges(operator: httpx.Client, upload: dict[str, str]) -> None:
    """After a break the post asks how much is there, sends the rest, and the player gets any range."""
    first = put(upload, clip[:100_000], f"0-{99_999}")
    assert (first.status_code, first.headers["range"]) == (308, "bytes=0-99999")
    asked = put(upload, b"", "*")
    assert (asked.status_code, asked.headers["range"]) == (308, "bytes=0-99999")
    assert put(upload, clip[100_000:], f"100000-{len(clip) - 1}").status_code == 201
    page = operator.get("/incidents/01INCIDENT/clip").text
    address = page.split('src="/clips/')[1].split('"')[0]
    ranged = operator.get(f"/clips/{address}", headers={"Range": "bytes=10-19"})
    assert (ranged.status_code, ranged.content) == (206, clip[10:20])
    assert operator.get(f"/clips/{address}").content == clip


def test_nothing_is_there_yet_when_asked_first(operator: httpx.Client, upload: dict[str, str]) -> None:
    """The question before the first byte is answered without a range."""
    asked = put(upload, b"", "*")
    assert asked.status_code == 308
    assert "range" not in asked.headers


def test_a_wrong_token_puts_nothing(operator: httpx.Client, upload: dict[str, str]) -> None:
    """Neither another token nor another clip's address is accepted."""
    assert put(upload, clip, token="x" * 43).status_code == 403
    other = {**upload, "url": upload["url"][:-4] + "0000"}
    assert put(other, clip).status_code == 403
    assert "range" not in put(upload, b"", "*").headers


def test_a_token_is_used_up_by_a_whole_recording(operator: httpx.Client, upload: dict[str, str]) -> None:
    """The second use is refused."""
    assert put(upload, clip).status_code == 201
    assert put(upload, clip).status_code == 403


def test_other_bytes_than_announced_are_thrown_away(operator: httpx.Client, upload: dict[str, str]) -> None:
    """A wrong hash is refused with a sentence, and the right bytes may follow."""
    wrong = put(upload, bytes(len(clip)))
    assert wrong.status_code == 422
    assert "SHA-256" in wrong.json()["detail"]
    assert put(upload, clip).status_code == 201


def test_a_range_that_does_not_fit_is_refused(operator: httpx.Client, upload: dict[str, str]) -> None:
    """Ranges outside the announced size, and nonsense, are answered with 400."""
    for piece in ("0-300000", "5-4", "0-99999999999999999999", "a-b", "0-1,5-6"):
        assert put(upload, b"x", piece).status_code == 400


def test_more_bytes_than_the_range_names_are_refused(operator: httpx.Client, upload: dict[str, str]) -> None:
    """The file never grows beyond what was announced."""
    assert put(upload, clip + b"more").status_code == 400
    asked = put(upload, b"", "*")
    assert int(asked.headers.get("range", "bytes=0-0").split("-")[1]) < len(clip)


def test_a_gap_is_answered_with_where_to_go_on(operator: httpx.Client, upload: dict[str, str]) -> None:
    """A piece that does not follow what is there is not written."""
    skipped = put(upload, clip[5:10], "5-9")
    assert skipped.status_code == 308
    assert "range" not in skipped.headers
