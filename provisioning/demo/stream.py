"""Pass on what a simulated part streams: the camera's picture, the loudspeaker's sound."""

import contextlib
from collections.abc import AsyncIterator

import httpx
from fastapi import HTTPException
from fastapi.responses import Response, StreamingResponse


async def fetched(source: httpx.AsyncClient, path: str) -> Response:
    """Return a picture. Raises HTTPException 503 when its source is away."""
    try:
        answer = await source.get(path)
        answer.raise_for_status()
    except httpx.HTTPError as wrong:
        raise HTTPException(503, "the simulated camera does not answer") from wrong
    return Response(answer.content, media_type=answer.headers.get("content-type", "image/jpeg"))


async def streamed(source: httpx.AsyncClient, path: str) -> StreamingResponse:
    """Return a stream that lasts as long as both sides do. Raises HTTPException 503 when its source is away."""
    request = source.build_request("GET", path, timeout=httpx.Timeout(5, read=None))
    try:
        answer = await source.send(request, stream=True)
    except httpx.HTTPError as wrong:
        raise HTTPException(503, "media does not answer") from wrong
    if answer.is_error:
        await answer.aclose()
        raise HTTPException(503, "media has no sound to stream")
    kept = {name: value for name, value in answer.headers.items() if name.startswith("x-")}
    return StreamingResponse(_bytes_of(answer), headers=kept, media_type=answer.headers.get("content-type"))


async def _bytes_of(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        with contextlib.suppress(httpx.HTTPError):  # media has ended: so does the sound, and the page asks again
            async for block in answer.aiter_raw():
                yield block
    finally:
        await answer.aclose()
