"""JSON Schema 2020-12 of every message: the envelope's schema and the model of its content, put together."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from edge.describe import messages
from edge.event import Severity, type_prefix
from edge.forwarder.payloads import AckMessage, CommandMessage
from edge.kinds import COMMANDS, EVENTS, CommandKind, EventKind, alarm_loops

Schema = dict[str, Any]
dialect = "https://json-schema.org/draft/2020-12/schema"
plain_messages: Mapping[str, type[BaseModel]] = {
    "ack": AckMessage,
    "state.birth": messages.Birth,
    "state.last_will": messages.LastWill,
    "heartbeat": messages.Heartbeat,
    "reply": messages.Reply,
    "call_offer": messages.PostOffer,
}


def all_schemas() -> dict[str, Schema]:
    """Return every schema by the name that its file and its example have, without the ending."""
    events = {f"event.{name}": _event_schema(kind) for name, kind in EVENTS.items()}
    commands = {f"command.{name}": _command_schema(kind) for name, kind in COMMANDS.items()}
    return {**events, **commands, **{name: _of(model) for name, model in plain_messages.items()}}


def standing_alone(name: str, schema: Schema) -> Schema:
    """Return the schema as a file of its own."""
    return {"$schema": dialect, "$id": f"{name}.json", **schema}


def _event_schema(kind: EventKind) -> Schema:
    """Return the schema of one kind of event, envelope and data."""
    envelope = _of(messages.CloudEvent)
    data = opened(_of(kind.data))
    properties = {
        **envelope["properties"],
        "type": {"const": type_prefix + kind.name},
        "severity": _severity(kind),
        "data": _without_definitions(data),
    }
    return _joined(f"event {kind.name}", kind.says, envelope, properties, data)


def _command_schema(kind: CommandKind) -> Schema:
    """Return the schema of one command, envelope and body. Unlike events, commands may carry nothing unknown."""
    envelope = _of(CommandMessage)
    body = _of(kind.body)
    properties = {**envelope["properties"], "body": _without_definitions(body)}
    return _joined(f"command {kind.name}", kind.says, envelope, properties, body)


def severities(kind: EventKind) -> tuple[Severity, ...]:
    """Return the severities that events of this kind can have; which one it is may depend on the data."""
    found = {kind.severity, *(kind.severity_of({"part": part}) for part in alarm_loops)}
    return tuple(severity for severity in Severity if severity in found)


def _severity(kind: EventKind) -> Schema:
    possible = [severity.value for severity in severities(kind)]
    return {"const": possible[0]} if len(possible) == 1 else {"enum": possible}


def _joined(title: str, says: str, envelope: Schema, properties: Schema, content: Schema) -> Schema:
    definitions = {**envelope.get("$defs", {}), **content.get("$defs", {})}
    used = {name: schema for name, schema in definitions.items() if f"#/$defs/{name}" in set(_references(properties))}
    schema: Schema = {**envelope, "title": title, "description": says, "properties": properties}
    schema.pop("$defs", None)
    # Every field of a command's envelope but its body has to be there; a body without fields may be left out.
    if content.get("required"):
        key = "body" if "body" in properties else "data"
        schema["required"] = [*dict.fromkeys([*envelope["required"], key])]
    return {**schema, "$defs": used} if used else schema


def _references(schema: object) -> Iterator[str]:
    match schema:
        case dict():
            for key, value in schema.items():
                if key == "$ref":
                    yield value
                else:
                    yield from _references(value)
        case list():
            for value in schema:
                yield from _references(value)
        case _:
            return


def _of(model: type[BaseModel]) -> Schema:
    schema: Schema = plain(model.model_json_schema())
    schema["title"] = model.__name__
    return schema


def plain(schema: Any, *, names: bool = False) -> Any:
    """Leave out the titles that pydantic makes of field names: they say nothing that the name does not."""
    match schema:
        case dict():
            return {
                key: plain(value, names=key in {"properties", "$defs"} and not names)
                for key, value in schema.items()
                if names or key != "title"
            }
        case list():
            return [plain(value) for value in schema]
        case _:
            return schema


def opened(schema: Schema) -> Schema:
    """Return the schema of data as they are sent: every field is there, and later versions may add some."""
    without = {key: value for key, value in schema.items() if key != "additionalProperties"}
    return {**without, "required": list(schema.get("properties", {}))}


def _without_definitions(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key not in {"$defs", "title"}}
