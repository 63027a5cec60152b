"""`callpost self-test`: asks the program that owns a part to test it, at its own socket."""

import getpass
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from ulid import ULID

from edge.local_client import client
from edge.settings import Device

testers: Mapping[str, str] = {"sound": "media"}
"""Each part that can test itself, and the program that does it."""

ask_seconds = 10.0


@dataclass(frozen=True)
class PartResult:
    """What came of one part: `passed`, `failed`, `interrupted`, or `not_tested` with the reason of a refusal."""

    part: str
    result: str
    reason: str | None = None
    details: Mapping[str, Any] | None = None

    @property
    def passed(self) -> bool:
        """Whether the part works."""
        return self.result == "passed"

    def told(self) -> dict[str, Any]:
        """Return it for a program to read."""
        return {**(self.details or {}), "result": self.result, "reason": self.reason}


async def run_all(device: Device, parts: Sequence[str]) -> list[PartResult]:
    """Test one part after another: they share a loudspeaker, and whoever stands by wants to follow."""
    return [await _run(device, part) for part in parts]


async def _run(device: Device, part: str) -> PartResult:
    socket = device.socket(testers[part])
    order = {"id": str(ULID()), "operator": f"{_who()} at the post", "body": {"part": part}}
    try:
        async with client(socket, ask_seconds) as asking:
            answer = (await asking.post("/v1/commands/self_test.run", json=order)).raise_for_status().json()
        return _read(part, answer)
    except httpx.TimeoutException:
        return PartResult(part, "not_tested", f"no answer within {ask_seconds:g} s at {socket}")
    except (httpx.HTTPError, KeyError, TypeError, ValueError) as problem:
        return PartResult(part, "not_tested", f"{str(problem) or type(problem).__name__} at {socket}")


def _read(part: str, answer: Any) -> PartResult:
    if answer["status"] != "done":
        return PartResult(part, "not_tested", str(answer["reason"]))
    found = answer["body"][part]
    reason = found["reason"]
    return PartResult(part, str(found["result"]), None if reason is None else str(reason), found)


def _who() -> str:
    """Return the name of whoever asks, for the log."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"  # a user that the system has no name for
