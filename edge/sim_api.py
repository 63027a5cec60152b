"""What the demo page needs of a program: to see its simulated parts and to act on them. Served only with demo = true."""

from collections.abc import Mapping
from typing import Any, Protocol

from fastapi import APIRouter, HTTPException


class Simulated(Protocol):
    """A part that is played by software."""

    def shows(self) -> Mapping[str, Any]:
        """Return what a person would see of it."""
        ...

    async def act(self, action: str, body: Mapping[str, Any]) -> None:
        """Do to it what a person would. Raises ValueError for an action it does not know."""
        ...


def sim_router(parts: Mapping[str, Simulated]) -> APIRouter:
    """Return `GET /v1/sim` and `POST /v1/sim/{part}/{action}` over these parts."""
    router = APIRouter()

    @router.get("/v1/sim")
    async def see() -> dict[str, Mapping[str, Any]]:
        """Show all simulated parts of this program."""
        return {name: part.shows() for name, part in parts.items()}

    @router.post("/v1/sim/{part}/{action}")
    async def act(part: str, action: str, body: dict[str, Any] | None = None) -> Mapping[str, Any]:
        """Do something to a part."""
        if part not in parts:
            raise HTTPException(404, f"no simulated part is called {part}; there are {', '.join(sorted(parts))}")
        await parts[part].act(action, body or {})
        return parts[part].shows()

    return router
