"""The control interface: what hands and weather do to a camera."""

import asyncio
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import FastAPI, HTTPException
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from edge.local_api import local_app
from edge.program import version
from media.sim_camera.head import Aim, presets
from media.sim_camera.rtsp_server import RtspServer
from media.sim_camera.studio import Studio, View, aimed

Velocity = Annotated[float, Field(ge=-1, le=1)]


class Body(BaseModel):
    """A body that holds what we know, and nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ToPreset(Body):
    """Which preset to go to."""

    name: str


class Move(Body):
    """Velocities, as shares of the fastest."""

    pan: Velocity = 0.0
    tilt: Velocity = 0.0
    zoom: Velocity = 0.0


class ToAim(Body):
    """A direction in degrees and a zoom factor; what is not named stays."""

    pan: float | None = None
    tilt: float | None = None
    zoom: float | None = None


class Mend(Body):
    """What to mend; everything when not named."""

    part: Literal["camera", "ptz"] | None = None


def control_app(studio: Studio, server: RtspServer) -> FastAPI:
    """Return the control interface of one simulated camera."""
    app = local_app("sim-camera")
    _add_views(app, studio)
    _add_head(app, studio)
    _add_faults(app, studio, server)
    return app


def _shown(view: View) -> dict[str, Any]:
    at = view.head.at
    return {
        "pan": round(at.pan, 2), "tilt": round(at.tilt, 2), "zoom": round(at.zoom, 3),
        "frame": view.frame, "fault": view.fault, "jammed": view.jammed,
    }  # fmt: skip


def _add_views(app: FastAPI, studio: Studio) -> None:
    @app.get("/v1/health")
    async def health() -> dict[str, Any]:
        """Say that the program lives."""
        return {"program": "sim_camera", "version": version, "session": None, "faults": []}

    @app.get("/v1/view")
    async def see() -> dict[str, Any]:
        """Say where the camera looks and what ails it."""
        return _shown(studio.view)

    @app.get("/v1/snapshot.jpg")
    async def snapshot() -> Response:
        """Return the newest picture, 640 pixels wide."""
        return Response(await asyncio.to_thread(studio.snapshot), media_type="image/jpeg")

    @app.post("/v1/key_frame", status_code=202)
    async def key_frame() -> dict[str, Any]:
        """Make the next frame a key frame."""
        studio.ask_key_frame()
        return _shown(studio.view)


def _add_head(app: FastAPI, studio: Studio) -> None:
    def turn(aim: Aim) -> dict[str, Any]:
        _unless_jammed(studio)
        studio.change(lambda view: aimed(view, aim))
        return _shown(studio.view)

    @app.post("/v1/ptz/preset")
    async def preset(body: ToPreset) -> dict[str, Any]:
        """Start towards a preset."""
        if body.name not in presets:
            raise HTTPException(404, f"no preset is called {body.name}; there are {', '.join(presets)}")
        return turn(presets[body.name])

    @app.post("/v1/ptz/aim")
    async def aim(body: ToAim) -> dict[str, Any]:
        """Start towards a direction."""
        at = studio.view.head.at
        return turn(replace(at, **body.model_dump(exclude_none=True)))

    @app.post("/v1/ptz/move")
    async def move(body: Move) -> dict[str, Any]:
        """Move until told otherwise."""
        _unless_jammed(studio)
        velocity = Aim(body.pan, body.tilt, body.zoom)
        studio.change(lambda view: replace(view, head=view.head.move(velocity)))
        return _shown(studio.view)

    @app.post("/v1/ptz/stop")
    async def stop() -> dict[str, Any]:
        """Stand still."""
        _unless_jammed(studio)
        studio.change(lambda view: replace(view, head=view.head.move(Aim(0.0, 0.0, 0.0))))
        return _shown(studio.view)


def _unless_jammed(studio: Studio) -> None:
    if studio.view.jammed:
        raise HTTPException(409, "simulated: the pan-tilt head is jammed")


def _add_faults(app: FastAPI, studio: Studio, server: RtspServer) -> None:
    @app.post("/v1/fault/mend")
    async def mend(body: Mend | None = None) -> dict[str, Any]:
        """Undo the faults of a part, or all."""
        part = body.part if body else None
        if part in {None, "ptz"}:
            studio.change(lambda view: replace(view, jammed=False))
        if part in {None, "camera"}:
            studio.change(lambda view: replace(view, fault=None))
            await server.start()
        return _shown(studio.view)

    @app.post("/v1/fault/jam")
    async def jam() -> dict[str, Any]:
        """Jam the head where it is."""
        studio.change(lambda view: replace(view, jammed=True))
        return _shown(studio.view)

    @app.post("/v1/fault/{fault}")
    async def break_it(fault: Literal["unplug", "freeze", "blind"]) -> dict[str, Any]:
        """Pull the plug, hold the picture, or cover the lens; one at a time."""
        studio.change(lambda view: replace(view, fault=fault))
        if fault == "unplug":
            server.stop()
        else:
            await server.start()
        return _shown(studio.view)
