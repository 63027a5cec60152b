"""The camera of desks and demos: the real RTSP client in front of callpost-sim-camera, with its faults in reach."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any, Literal

import httpx

from drivers.camera.kind import AccessUnit
from drivers.camera.rtsp import RtspCamera, StreamSettings

faults = ("unplug", "freeze", "blind")
answer_seconds = 10.0  # a simulated camera on a busy desk is slow, and not broken


class SimulatedSettings(StreamSettings):
    """`make = "simulated"`: the simulated camera's stream and the unix socket of its control interface."""

    make: Literal["simulated"]
    control: Path


class SimulatedCamera:
    """A camera whose plug can be pulled and whose lens can be covered."""

    def __init__(self, settings: SimulatedSettings) -> None:
        self._camera = RtspCamera(settings)
        transport = httpx.AsyncHTTPTransport(uds=str(settings.control))
        self._control = httpx.AsyncClient(transport=transport, base_url="http://local", timeout=answer_seconds)
        self._seen: Mapping[str, Any] = {"pan": 0.0, "tilt": 0.0, "zoom": 1.0, "fault": None}
        self._looking: asyncio.Task[None] | None = None

    def units(self) -> AsyncGenerator[AccessUnit, None]:
        """Yield the pictures of one session. Raises CameraError."""
        return self._camera.units()

    async def ask_key_frame(self) -> None:
        """Ask for a key frame over RTSP, as a real camera is asked."""
        await self._camera.ask_key_frame()

    async def close(self) -> None:
        """End the session and let go of the control interface."""
        if self._looking is not None:
            self._looking.cancel()
        await self._camera.close()
        await self._control.aclose()

    def shows(self) -> Mapping[str, Any]:
        """Return {"pan", "tilt", "zoom", "fault"} as last heard, and look again behind it: nobody waits here."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.get_running_loop().create_task(self._look())
        return self._seen

    async def act(self, action: str, body: Mapping[str, Any]) -> None:
        """Unplug, freeze, blind or mend it, or aim it by {"pan", "tilt", "zoom"}. Raises ValueError."""
        match action:
            case "unplug" | "freeze" | "blind":
                await self._post(f"/v1/fault/{action}", {})
            case "mend":
                await self._post("/v1/fault/mend", {"part": "camera"})
            case "aim":
                await self._post("/v1/ptz/aim", dict(body))
            case _:
                raise ValueError(f"a camera knows no {action}; it knows {', '.join(faults)}, aim and mend")
        await self._look()

    async def _post(self, path: str, body: Mapping[str, Any]) -> None:
        try:
            reply = await self._control.post(path, json=body)
        except httpx.HTTPError as problem:
            raise ValueError("the simulated camera does not answer at its control socket") from problem
        if reply.is_error:
            raise ValueError(str(reply.json().get("detail", reply.text)))

    async def _look(self) -> None:
        try:
            view = (await self._control.get("/v1/view")).raise_for_status().json()
        except httpx.HTTPError:
            self._seen = {**self._seen, "fault": "unreachable"}
        else:
            self._seen = {key: view[key] for key in ("pan", "tilt", "zoom", "fault")}
