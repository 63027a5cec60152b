"""The demo's counter: the page hands on what a counter's own software would send, with the token of the window."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx
from fastapi import APIRouter, HTTPException
from fastapi.responses import Response
from pydantic import Field

from edge.local_api import problem_json
from edge.settings import Table
from provisioning.demo.plan import Window

deadline_seconds = 3.0


class Service(Table):
    """What the clerk types in."""

    service: str = Field(min_length=1, max_length=80)
    clerk: str = Field(default="", max_length=80)


def token_of(window: Window) -> str:
    """Read the token of the window. Raises OSError."""
    return window.token_file.read_text(encoding="ascii").strip()


def counter_routes(windows: Mapping[int, Window]) -> APIRouter:
    """Return the routes that stand for the counter's software; a browser may not call another origin."""
    router = APIRouter(prefix="/counter/{number:int}/services")

    @router.post("")
    async def open_service(number: int, service: Service) -> Response:
        """Open a service at the window."""
        window = _window_of(windows, number)
        body = {"service": service.service, "window": window.name, "clerk": service.clerk, "subject": service.service}
        return await _told(window, "POST", "/v1/services", body)

    @router.delete("/{service}")
    async def cancel_service(number: int, service: str) -> Response:
        """Cancel an open service."""
        return await _told(_window_of(windows, number), "DELETE", f"/v1/services/{quote(service, safe='')}", None)

    return router


def _window_of(windows: Mapping[int, Window], number: int) -> Window:
    if number not in windows:
        raise HTTPException(404, f"post {number} has no rating window")
    return windows[number]


async def _told(window: Window, method: str, path: str, body: Mapping[str, Any] | None) -> Response:
    plain = httpx.AsyncHTTPTransport(verify=False)  # loopback: nothing is encrypted
    headers = {"Authorization": f"Bearer {token_of(window)}"}
    async with httpx.AsyncClient(
        transport=plain, base_url=window.counter_url, timeout=deadline_seconds, headers=headers, trust_env=False
    ) as counter:
        try:
            answer = await counter.request(method, path, json=body)
        except httpx.HTTPError as wrong:
            raise HTTPException(503, "the rating window does not answer") from wrong
    return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type", problem_json))
