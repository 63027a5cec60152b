"""Every event and command as a model: the source of the AsyncAPI file, and the gate at both ends of the wire."""

from edge.kinds.commands import COMMANDS, CommandKind, check_command
from edge.kinds.events import EVENTS, EventKind, alarm_loops, check_event
from edge.kinds.shapes import Body, IncidentId

__all__ = [
    "COMMANDS",
    "EVENTS",
    "Body",
    "CommandKind",
    "EventKind",
    "IncidentId",
    "alarm_loops",
    "check_command",
    "check_event",
]
