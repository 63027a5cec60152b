"""Sends a clip to the centre: one HTTP PUT after another with Content-Range, going on where it was interrupted.

The server's part: `PUT` with `Content-Range: bytes */N` asks how much it has; 308 with `Range: bytes=0-K` is the
answer (no Range: nothing yet), 200, 201 or 204 means that it has everything. The same for each piece.
"""

import asyncio
import logging
import random
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from edge.backoff import Backoff

log = logging.getLogger(__name__)
PIECE_BYTES = 1_048_576
PIECE_SECONDS = 30.0
MOST_FAILURES = 12
DONE = frozenset({200, 201, 204})
GOING_ON = 308


class UploadFailed(Exception):
    """The clip could not be sent; the text says why."""


@dataclass(frozen=True)
class Clip:
    """What is sent; the one-time token is bound to device, size and SHA-256."""

    path: Path
    size: int
    sha256: str


@dataclass(frozen=True)
class Target:
    """Where it goes and the right to put it there."""

    url: str
    token: str


async def upload(clip: Clip, target: Target, client: httpx.AsyncClient) -> None:
    """Send the clip, piece by piece. Raises UploadFailed when the server refuses or stays away too long."""
    backoff = Backoff(first_seconds=1.0, ceiling_seconds=60.0)
    begin: int | None = None
    while begin != clip.size:
        try:
            begin = await _put(clip, target, client, begin)
            backoff = Backoff(first_seconds=1.0, ceiling_seconds=60.0)
        except httpx.TransportError as problem:
            begin = None  # what arrived is not known: ask
            backoff = backoff.failed()
            if backoff.failures >= MOST_FAILURES:
                raise UploadFailed(f"the server does not answer: {problem}") from problem
            await asyncio.sleep(backoff.wait_seconds(random.random()))  # noqa: S311 - spreads load


async def _put(clip: Clip, target: Target, client: httpx.AsyncClient, begin: int | None) -> int:
    """Ask (begin is None) or send one piece; returns how many bytes the server has."""
    piece = b"" if begin is None else await asyncio.to_thread(_piece, clip.path, begin)
    span = "*" if begin is None else f"{begin}-{begin + len(piece) - 1}"
    headers = {
        "Authorization": f"Bearer {target.token}",
        "Content-Range": f"bytes {span}/{clip.size}",
        "Content-Type": "video/mp4",
        "X-Content-SHA256": clip.sha256,
    }
    answer = await client.put(target.url, content=piece, headers=headers)
    return _has(answer, clip.size)


def _has(answer: httpx.Response, size: int) -> int:
    if answer.status_code in DONE:
        return size
    if answer.status_code == GOING_ON:
        return _after(answer.headers.get("Range", ""), size)
    if answer.is_server_error:
        raise httpx.RemoteProtocolError(f"the server says {answer.status_code}")
    raise UploadFailed(f"the server refused the clip with {answer.status_code}: {answer.text[:200]}")


def _after(given: str, size: int) -> int:
    """Return the byte after the range that the server has."""
    if not given:
        return 0
    last = given.removeprefix("bytes=0-")
    if not last.isdigit() or int(last) >= size:
        raise UploadFailed(f"the server has a range that this clip does not have: {given[:60]}")
    return int(last) + 1


def _piece(path: Path, begin: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(begin)
            return file.read(PIECE_BYTES)
    except OSError as problem:
        raise UploadFailed(f"the clip cannot be read: {problem.strerror}") from problem


def client_factory(
    authority: Path | None, certificate: Path | None, key: Path | None
) -> Callable[[], httpx.AsyncClient]:
    """Return a maker of clients that trust the centre's authority and show the device's certificate; both optional."""

    def make() -> httpx.AsyncClient:
        context = ssl.create_default_context(cafile=authority)
        if certificate is not None:
            context.load_cert_chain(certificate, key)
        return httpx.AsyncClient(verify=context, timeout=PIECE_SECONDS, trust_env=False)

    return make
