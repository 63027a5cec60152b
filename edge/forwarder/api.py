"""The forwarder's own local interface: whether the way to the centres is open."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI

from edge.local_api import local_app
from edge.sim_api import Simulated, sim_router


def forwarder_app(health: Callable[[], Mapping[str, Any]], simulated: Mapping[str, Simulated]) -> FastAPI:
    """Return the application; it only answers questions, and in the demo its clock can be moved."""
    app = local_app("forwarder")
    if simulated:
        app.include_router(sim_router(simulated))

    @app.get("/v1/health")
    async def show_health() -> Mapping[str, Any]:
        """Tell what is wrong with the way to the centres."""
        return health()

    return app
