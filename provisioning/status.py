"""`callpost status`: asks every program of the post at its own socket how it is."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from edge.local_client import client
from edge.settings import Device
from provisioning.render import programs_of

ask_seconds = 2.0


@dataclass(frozen=True)
class Fault:
    """One part that does not work, and why."""

    part: str
    reason: str


@dataclass(frozen=True)
class ProgramStatus:
    """What one program says; `silent` is why it said nothing, else None."""

    program: str
    silent: str | None
    version: str = ""
    session: str = ""
    faults: tuple[Fault, ...] = ()

    @property
    def is_well(self) -> bool:
        """Whether it answers and has no fault."""
        return self.silent is None and not self.faults


Answers = Sequence[ProgramStatus]


async def ask_all(device: Device) -> Answers:
    """Ask all programs at once."""
    return await asyncio.gather(*(_ask(device, program) for program in programs_of(device)))


async def _ask(device: Device, program: str) -> ProgramStatus:
    socket = device.socket(program)
    try:
        async with client(socket, ask_seconds) as asking:
            answer = (await asking.get("/v1/health")).raise_for_status().json()
        return _read(program, answer)
    except httpx.TimeoutException:
        return ProgramStatus(program, f"no answer within {ask_seconds:g} s at {socket}")
    except (httpx.HTTPError, KeyError, TypeError, ValueError) as problem:
        return ProgramStatus(program, f"{str(problem) or type(problem).__name__} at {socket}")


def _read(program: str, answer: Any) -> ProgramStatus:
    faults = tuple(Fault(str(fault["part"]), str(fault["reason"])) for fault in answer["faults"])
    return ProgramStatus(program, None, str(answer["version"]), str(answer["session"]), faults)
