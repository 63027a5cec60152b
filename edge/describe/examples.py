"""One valid message of every kind, made by the product's own code from fixed clocks and ids: one story at a gate."""

from datetime import UTC, datetime, timedelta
from typing import Any

from edge.describe.story import BODIES, DATA, MESSAGES, command_epoch, epochs, incident
from edge.event import ClockState, Event, Severity, Stamp, rfc3339
from edge.kinds import COMMANDS, EVENTS, check_event

Example = dict[str, Any]
device = "riverside.east-gate"
began = datetime(2026, 11, 20, 8, 41, 7, 250_000, tzinfo=UTC)
boot = "5f6c2a1e-3b7d-4c8a-9e10-2d4b6f8a0c31"
mono_at_beginning = 86_400_000_000_000
session = "01KAEXAMP0SESS10N000000001"


def all_examples() -> dict[str, Any]:
    """Return every example by the name of its schema."""
    commands = {f"command.{name}": command(name, number) for number, name in enumerate(BODIES)}
    return {**_events(), **commands, **MESSAGES}


def _events() -> dict[str, Example]:
    numbers: dict[str, int] = {}
    made: dict[str, Example] = {}
    for second, (kind, (program, data)) in enumerate(DATA.items()):
        severity = EVENTS[kind].severity_of(data)
        outbox = f"{program}-alarm" if severity is Severity.ALARM else program
        number = numbers[outbox] = numbers.get(outbox, 0) + 1
        stamp = _stamp(second)
        event = Event(outbox, epochs[program], number, kind, severity, stamp, stamp.wall, check_event(kind, data))
        made[f"event.{kind}"] = event.cloudevent(device)
    return made


def _stamp(second: int) -> Stamp:
    """Return what the clocks say some seconds into the story."""
    wall = began + timedelta(seconds=second)
    return Stamp(wall, boot, mono_at_beginning + second * 1_000_000_000, ClockState.SYNCHRONISED)


def command(name: str, number: int) -> Example:
    """Return the full envelope of one command, as the operator console sends it."""
    return {
        "id": f"{command_epoch}{number:04d}",
        "session": session,
        "issued": rfc3339(began + timedelta(seconds=number)),
        "ttl_seconds": 10,
        "reply_to": "console",
        "operator": "li.na",
        "body": {"incident": incident, **BODIES[name]} if COMMANDS[name].bound_to_incident else dict(BODIES[name]),
    }
