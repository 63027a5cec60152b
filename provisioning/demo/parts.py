"""The simulated parts of one post as the demo page shows them: asked of the programs that own them."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx

from edge.sim_api import Simulated

deadline_seconds = 0.7
act_deadline_seconds = 3.0
lamps = ("lamp_called", "lamp_answered", "lamp_ready", "lamp_watched")
parts_of_media = frozenset({"camera", "ptz", "microphone", "speaker"})
parts_of_rating = frozenset({"keypad"})
# Every program has its own reading of the one clock, and its own file on the one disk.
shared_parts = frozenset({"clock", "disk"})
keys = frozenset({"button", "assist", "key_switch", "keypad"})
harmless: Mapping[str, tuple[str, ...]] = {"network": ("up",), "mains": ("on",)}
# Parts whose state says what is wrong with them; of the others the page remembers what was done.
tells_itself = frozenset({"network", "mains", "battery", "camera", "ptz", "keypad"})


class PartError(Exception):
    """A part cannot be acted on; `status` is HTTP's and the text a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        """Take what the page answers."""
        super().__init__(sentence)
        self.status = status


class Parts:
    """All parts of one post. What a stopped program showed last is kept, marked as not answering."""

    def __init__(self, clients: Mapping[str, httpx.AsyncClient], own: Mapping[str, Simulated]) -> None:
        """Take a client for each program that has parts, and the parts that are the page's own."""
        self._clients = clients
        self._own = own
        self._done: dict[str, str] = {}
        self._last: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in clients}

    async def show(self) -> dict[str, dict[str, Any]]:
        """Ask all programs at once and return every part within the deadline."""
        shown = await asyncio.gather(*(self._ask(name) for name in self._clients))
        merged = {part: shows for program in shown for part, shows in program.items()}
        merged.update({name: dict(part.shows()) for name, part in self._own.items()})
        return merged

    async def act(self, part: str, action: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Do something to a part, or with `lamp` to every lamp; return what these then show. Raises PartError."""
        shown = await self._act(part, action, body)
        if action in {"mend", *harmless.get(part, ())}:
            self._done.pop(part, None)
        elif part not in keys or action not in {"press", "release", "turn"}:
            self._done[part] = action
        return shown

    def faults(self, parts: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        """Return what was done to each part and not undone, by the page or by whoever used the same interface."""
        seen = {name: action for name, shows in parts.items() if (action := _fault_shown(name, shows)) is not None}
        return {**{part: action for part, action in self._done.items() if part not in tells_itself}, **seen}

    async def _act(self, part: str, action: str, body: Mapping[str, Any]) -> dict[str, Any]:
        if part in self._own:
            return {part: await self._act_on_own(part, action, body)}
        if part in shared_parts:
            owners = await self._owners(part)
            told = await asyncio.gather(*(self._tell(program, part, action, body) for program in owners))
            return {part: told[0]}
        names = lamps if part == "lamp" else (part,)
        told = await asyncio.gather(*(self._tell(self._owner(name), name, action, body) for name in names))
        return dict(zip(names, told, strict=True))

    async def _act_on_own(self, part: str, action: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            await self._own[part].act(action, body)
        except ValueError as problem:
            raise PartError(422, str(problem)) from problem
        return self._own[part].shows()

    async def _owners(self, part: str) -> list[str]:
        """Return every program that shows a shared part; one that has never shown anything is asked first."""
        if not all(self._last.values()):
            await self.show()
        return [program for program, parts in self._last.items() if part in parts] or [self._owner(part)]

    def _owner(self, part: str) -> str:
        for program, parts in self._last.items():
            if part in parts:
                return program
        if part in parts_of_rating:
            return "rating_terminal"
        return "media" if part in parts_of_media else "panic"

    async def _ask(self, program: str) -> dict[str, dict[str, Any]]:
        try:
            async with asyncio.timeout(deadline_seconds):
                answer = await self._clients[program].get("/v1/sim", timeout=deadline_seconds)
            answer.raise_for_status()
            self._last[program] = {part: dict(shows) for part, shows in answer.json().items()}
        except (httpx.HTTPError, TimeoutError, ValueError, TypeError, AttributeError):
            return {part: {**shows, "answering": False} for part, shows in self._last[program].items()}
        return self._last[program]

    async def _tell(self, program: str, part: str, action: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        path = f"/v1/sim/{part}/{action}"
        try:
            async with asyncio.timeout(act_deadline_seconds):
                answer = await self._clients[program].post(path, json=dict(body), timeout=act_deadline_seconds)
        except (httpx.HTTPError, TimeoutError) as problem:
            raise PartError(503, f"{program} does not answer, so {part} cannot be told to {action}") from problem
        if answer.is_error:
            raise PartError(_status(answer.status_code), _sentence(answer))
        return _object(answer)


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        shown = answer.json()
    except ValueError:
        return {}
    return shown if isinstance(shown, dict) else {}


def _status(code: int) -> int:
    return code if 400 <= code < 500 else 502


def _sentence(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the program answered with status {answer.status_code}"


def _fault_shown(part: str, shows: Mapping[str, Any]) -> str | None:
    match part:
        case "network":
            return None if shows.get("up", True) else "down"
        case "mains":
            return None if shows.get("on", True) else "off"
        case "battery":
            return "low" if shows.get("low") else None
        case "keypad":
            return None if shows.get("plugged", True) else "unplug"
        case "ptz":
            return "jam" if shows.get("jammed") else None
        case "camera":
            fault = shows.get("fault")
            return str(fault) if fault else None
        case _:
            return None
