"""The head of desks and demos: it turns the view of callpost-sim-camera."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import httpx

from drivers.part import PartSettings
from drivers.ptz.kind import Position, PtzError

answer_seconds = 10.0  # a simulated head on a busy desk is slow, and not broken


class SimulatedSettings(PartSettings):
    """`make = "simulated"`: the unix socket of the simulated camera's control interface."""

    make: Literal["simulated"]
    control: Path


class SimulatedPtz:
    """A head that can be jammed."""

    def __init__(self, settings: SimulatedSettings) -> None:
        transport = httpx.AsyncHTTPTransport(uds=str(settings.control))
        self._control = httpx.AsyncClient(transport=transport, base_url="http://local", timeout=answer_seconds)
        self._jammed = False

    async def goto_preset(self, name: str) -> None:
        """Start towards a preset. Raises PtzError when it is jammed, unreachable, or knows no such preset."""
        await self._ask("POST", "/v1/ptz/preset", {"name": name})

    async def move(self, pan: float, tilt: float, zoom: float) -> None:
        """Move until told otherwise. Raises PtzError."""
        await self._ask("POST", "/v1/ptz/move", {"pan": pan, "tilt": tilt, "zoom": zoom})

    async def stop(self) -> None:
        """Stand still. Raises PtzError."""
        await self._ask("POST", "/v1/ptz/stop", {})

    async def position(self) -> Position | None:
        """Return where it looks. Raises PtzError."""
        view = await self._ask("GET", "/v1/view", None)
        return Position(view["pan"], view["tilt"], view["zoom"])

    async def close(self) -> None:
        """Let go of the control interface."""
        await self._control.aclose()

    def shows(self) -> Mapping[str, Any]:
        """Return {"jammed"}; where it looks is shown by the camera."""
        return {"jammed": self._jammed}

    async def act(self, action: str, body: Mapping[str, Any]) -> None:
        """Jam or mend it. Raises ValueError."""
        if action not in {"jam", "mend"} or body:
            raise ValueError(f"a head knows no {action} of that kind; it knows jam and mend, without a body")
        try:
            await self._ask("POST", f"/v1/fault/{action}", {"part": "ptz"} if action == "mend" else {})
        except PtzError as problem:
            raise ValueError(str(problem)) from problem
        self._jammed = action == "jam"

    async def _ask(self, method: str, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        try:
            reply = await self._control.request(method, path, json=body)
        except httpx.HTTPError as problem:
            raise PtzError("the pan-tilt head does not answer") from problem
        if reply.is_error:
            raise PtzError(str(reply.json().get("detail", reply.text)))
        return dict(reply.json()) if reply.content else {}
