"""Clips go to the centre piece by piece and go on where they were interrupted."""

import hashlib
import re
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from media.upload import PIECE_BYTES, Clip, Target, UploadFailed, upload
from support.patience import deadline_seconds
from support.unix_app import serving

TARGET = Target("http://centre/clips/1", "secret-token")


class Centre:
    """The receiving side: keeps what it got, and may lose a piece's answer or its mind."""

    def __init__(self) -> None:
        self.got = bytearray()
        self.asked = 0
        self.breaks = 0
        self.app = FastAPI()
        self.app.add_api_route("/clips/1", self.put, methods=["PUT"])

    async def put(self, request: Request) -> Response:
        """Take a piece, or tell what is there."""
        if request.headers["Authorization"] != f"Bearer {TARGET.token}":
            return Response("the token is not for this clip", 403)
        span = re.fullmatch(r"bytes (?:\*|(\d+)-(\d+))/(\d+)", request.headers["Content-Range"])
        assert span is not None
        body = await request.body()
        if span[1] is None:
            self.asked += 1
        else:
            assert int(span[1]) == len(self.got)
            assert int(span[2]) - int(span[1]) + 1 == len(body)
            self.got += body
        if self.breaks:
            self.breaks -= 1
            return Response(status_code=503)
        return self._state(int(span[3]))

    def _state(self, size: int) -> Response:
        if len(self.got) == size:
            return Response(status_code=201)
        return Response(status_code=308, headers={"Range": f"bytes=0-{len(self.got) - 1}"} if self.got else {})


def clip(folder: Path, size: int) -> Clip:
    """Write a clip of so many bytes."""
    path = folder / "clip.mp4"
    data = bytes(number % 251 for number in range(size))
    path.write_bytes(data)
    return Clip(path, size, hashlib.sha256(data).hexdigest())


async def sent(centre: Centre, what: Clip, folder: Path, target: Target = TARGET) -> None:
    """Upload to this centre."""
    transport = httpx.AsyncHTTPTransport(uds=str(folder / "centre"))
    patient = httpx.AsyncClient(transport=transport, timeout=deadline_seconds)
    async with serving(centre.app, folder / "centre"), patient as client:
        await upload(what, target, client)


async def test_a_clip_arrives_whole(tmp_path: Path) -> None:
    """In pieces of a mebibyte, after one question."""
    centre, what = Centre(), clip(tmp_path, 2 * PIECE_BYTES + 77)
    await sent(centre, what, tmp_path)
    assert hashlib.sha256(centre.got).hexdigest() == what.sha256
    assert centre.asked == 1


async def test_an_upload_goes_on_where_it_was(tmp_path: Path) -> None:
    """Nothing is sent twice after a restart of the post."""
    centre, what = Centre(), clip(tmp_path, 2 * PIECE_BYTES)
    centre.got += what.path.read_bytes()[: PIECE_BYTES + 5]
    await sent(centre, what, tmp_path)
    assert hashlib.sha256(centre.got).hexdigest() == what.sha256


async def test_after_trouble_it_asks_what_arrived(tmp_path: Path) -> None:
    """The piece was stored although the answer said otherwise."""
    centre, what = Centre(), clip(tmp_path, PIECE_BYTES + 9)
    centre.breaks = 1
    await sent(centre, what, tmp_path)
    assert hashlib.sha256(centre.got).hexdigest() == what.sha256
    assert centre.asked == 2


async def test_a_refusal_is_final(tmp_path: Path) -> None:
    """A wrong token does not get better by trying."""
    with pytest.raises(UploadFailed, match=r"403.*token"):
        await sent(Centre(), clip(tmp_path, 10), tmp_path, Target(TARGET.url, "other-token"))


async def test_a_server_that_has_more_than_there_is(tmp_path: Path) -> None:
    """It holds another clip under this address."""
    centre = Centre()
    centre.got += bytes(100)
    with pytest.raises(UploadFailed, match="range"):
        await sent(centre, clip(tmp_path, 10), tmp_path)
