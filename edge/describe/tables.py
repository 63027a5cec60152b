"""The tables of docs/contract/README.md: every event and every command with its meaning and its fields."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from edge.describe.schemas import severities
from edge.kinds import COMMANDS, EVENTS

begin, end = "<!-- generated: python -m edge.describe -->", "<!-- end of generated -->"


def with_tables(text: str) -> str:
    """Return a page with everything between its two marks written anew. Raises ValueError without the marks."""
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"docs/contract/README.md must have the lines {begin} and {end} once each")
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n\n{_events()}\n{_commands()}\n{end}{after}"


def _events() -> str:
    rows = [
        f"| {' or '.join(severities(kind))} | [`{name}`](schemas/event.{name}.json) | {kind.says} | {_fields(kind.data, sent_in_full=True)} |"
        for name, kind in EVENTS.items()
    ]
    return "\n".join(["## Events", "", "| severity | kind | meaning | data |", "|---|---|---|---|", *rows, ""])


def _commands() -> str:
    rows = [
        f"| {kind.program} | [`{name}`](schemas/command.{name}.json) | {kind.says} | {_fields(kind.body, sent_in_full=False)} |"
        for name, kind in COMMANDS.items()
    ]
    head = ["## Commands", "", "| carried out by | name | what it does | body |", "|---|---|---|---|"]
    return "\n".join([*head, *rows, ""])


def _fields(model: type[BaseModel], *, sent_in_full: bool) -> str:
    schema = model.model_json_schema()
    required = schema.get("properties", {}) if sent_in_full else schema.get("required", [])
    known = [
        f"`{name}`{_values(_resolved(field, schema))}{'' if name in required else ' (may be left out)'}"
        for name, field in schema.get("properties", {}).items()
    ]
    return ", ".join(known) or "none"


def _resolved(field: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = field.get("$ref")
    found: Mapping[str, Any] = schema["$defs"][reference.rsplit("/", 1)[-1]] if reference else field
    return found


def _values(field: Mapping[str, Any]) -> str:
    """Name the choices, or the fields of a table within."""
    if "enum" in field:
        return f" ({', '.join(map(str, field['enum']))})"
    if "properties" in field:
        return f" ({', '.join(f'`{name}`' for name in field['properties'])})"
    return ""
