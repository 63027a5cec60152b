"""The envelope of every fact: a CloudEvents 1.0 message with a number that is never used twice.

Pure: no clock, no file, no socket. The names follow the outer contract, section 4.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

type_prefix = "callpost."


class Severity(StrEnum):
    """How urgent a fact is; alarms have an outbox and a connection of their own."""

    ALARM = "alarm"
    STATE = "state"
    SERVICE = "service"
    DIAGNOSTIC = "diagnostic"


class ClockState(StrEnum):
    """How far the wall clock can be trusted."""

    NONE = "none"
    FLOOR = "floor"
    SYNCHRONISED = "synchronised"


@dataclass(frozen=True, slots=True)
class Stamp:
    """One reading of all clocks: wall time in UTC, the kernel's boot id, CLOCK_BOOTTIME in nanoseconds."""

    wall: datetime
    boot: str
    mono: int
    state: ClockState


@dataclass(frozen=True, slots=True)
class Event:
    """One fact, numbered without gaps within its outbox and epoch."""

    outbox: str
    epoch: str
    sequence: int
    kind: str
    severity: Severity
    stamp: Stamp
    recorded: datetime
    data: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The name of this fact, for ever: outbox, epoch and number."""
        return f"{self.outbox}:{self.epoch}:{self.sequence}"

    def cloudevent(self, device: str) -> dict[str, Any]:
        """Return the message as the wire carries it; `device` is `{tenant}.{post}`."""
        return {
            "specversion": "1.0",
            "id": self.id,
            "source": f"/posts/{device}",
            "type": type_prefix + self.kind,
            "time": rfc3339(self.stamp.wall),
            "recordedtime": rfc3339(self.recorded),
            "sequence": f"{self.sequence:020d}",
            "epoch": self.epoch,
            "boot": self.stamp.boot,
            "mono": str(self.stamp.mono),
            "clockstate": self.stamp.state.value,
            "severity": self.severity.value,
            "datacontenttype": "application/json",
            "data": dict(self.data),
        }


def rfc3339(moment: datetime) -> str:
    """Write a moment in UTC with microseconds, as RFC 3339 asks and CloudEvents demands."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def parse(message: Mapping[str, Any]) -> Event:
    """Read a CloudEvent back into an event. Raises ValueError with a sentence when it is not one of ours."""
    try:
        return _parse(message)
    except (KeyError, TypeError, AttributeError) as problem:
        raise ValueError(f"not a Callpost event: {problem!r} is missing or of the wrong type") from problem
    except ValueError as problem:
        raise ValueError(f"not a Callpost event: {problem}") from problem


def _parse(message: Mapping[str, Any]) -> Event:
    outbox, epoch, number = message["id"].split(":")
    if not message["type"].startswith(type_prefix):
        raise ValueError(f"its type is {message['type']!r}")
    if int(number) != int(message["sequence"]) or epoch != message["epoch"] or int(number) < 1:
        raise ValueError(f"id {message['id']!r} contradicts sequence and epoch")
    if not isinstance(message["data"], dict):
        raise ValueError("data is not an object")
    return Event(
        outbox=outbox,
        epoch=epoch,
        sequence=int(number),
        kind=message["type"].removeprefix(type_prefix),
        severity=Severity(message["severity"]),
        stamp=Stamp(
            datetime.fromisoformat(message["time"]),
            message["boot"],
            int(message["mono"]),
            ClockState(message["clockstate"]),
        ),
        recorded=datetime.fromisoformat(message["recordedtime"]),
        data=message["data"],
    )
