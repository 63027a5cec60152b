"""The settings reference: docs/settings.md, made from the models of every program.

`python -m provisioning.describe_settings` writes it anew; what a key means stands in docs/settings-meanings.toml.
"""

import tomllib
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from center.console.settings import ConsoleSettings
from center.ingest.settings import IngestSettings
from edge.forwarder.settings import ForwarderSettings
from edge.panic.settings import PanicSettings
from edge.settings import Device
from media.settings import MediaSettings
from media.sim_camera.settings import SimCameraSettings
from rating_terminal.settings import RatingSettings

command = "python -m provisioning.describe_settings"
docs = Path(__file__).resolve().parents[1] / "docs"
page = docs / "settings.md"
meanings_file = docs / "settings-meanings.toml"

# Each settings file: its tables in the order in which they are explained.
FILES: Mapping[str, Mapping[str, type[BaseModel]]] = {
    "callpost.toml": {
        "device": Device,
        "panic": PanicSettings,
        "forwarder": ForwarderSettings,
        "media": MediaSettings,
        "rating_terminal": RatingSettings,
    },
    "center.toml": {"ingest": IngestSettings, "console": ConsoleSettings},
    "camera.toml": {"sim_camera": SimCameraSettings},
}
# How a name says what its number counts.
UNITS: Mapping[str, str] = {
    "mbit_per_second": "Mbit/s",
    "kbit_per_second": "kbit/s",
    "bits_per_second": "bit/s",
    "milliseconds": "ms",
    "seconds": "s",
    "hours": "h",
    "megabytes": "MB",
    "bytes": "bytes",
    "dbfs": "dBFS",
    "events": "events",
    "fps": "pictures/s",
    "width": "pixels",
    "height": "pixels",
}


@dataclass(frozen=True, slots=True)
class Key:
    """One key of one table, as the reference shows it."""

    table: str
    name: str
    kind: str
    default: str
    unit: str

    @property
    def path(self) -> str:
        """Where its meaning is found."""
        return f"{self.table}.{self.name}"


def all_keys() -> list[Key]:
    """Return every key of every program, table by table; a make of a part is a table `part.<kind>.<make>`."""
    keys = [key for tables in FILES.values() for name, model in tables.items() for key in _keys(name, model)]
    return [*keys, *(key for table, model in sorted(_parts().items()) for key in _keys(table, model))]


def meanings() -> dict[str, str]:
    """Return what each key means. Raises OSError and tomllib.TOMLDecodeError."""
    tables = tomllib.loads(meanings_file.read_text(encoding="utf-8"))
    return {f"{table}.{key}": text for table, keys in tables.items() for key, text in keys.items()}


def text() -> str:
    """Return the whole page. Raises KeyError for a key without a meaning."""
    chapters = [chapter for file, tables in FILES.items() for chapter in _file(file, tables)]
    return "\n".join([_head, *chapters, *_chapter_of_parts()])


def _file(file: str, tables: Mapping[str, type[BaseModel]]) -> Iterator[str]:
    yield f"## {file}\n"
    for table, model in tables.items():
        yield from _table(table, model)


def _table(table: str, model: type[BaseModel]) -> Iterator[str]:
    yield from _rows(f"### [{table}]", model, _keys_here(table, model))
    for field, inner in _tables_below(model):
        yield from _table(f"{table}.{field}", inner)


def _chapter_of_parts() -> Iterator[str]:
    yield "## Parts\n"
    yield "A part is a table whose `make` names the driver; the other keys are the driver's own."
    yield "`off` means that the post does not have the part. `simulated` is refused unless `demo = true`.\n"
    for table, model in sorted(_parts().items()):
        _, kind, make = table.split(".")
        yield from _rows(f'### {kind}, make = "{make}"', model, _keys_here(table, model))


def _rows(title: str, model: type[BaseModel], keys: list[Key]) -> Iterator[str]:
    known = meanings()
    yield f"{title}\n\n{_says(model)}\n"
    if keys:
        yield "| key | type | default | unit | meaning |\n|---|---|---|---|---|"
        for key in keys:
            yield f"| `{key.name}` | {key.kind} | {key.default} | {key.unit} | {known[key.path]} |"
        yield ""


def _says(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split())


def _keys(table: str, model: type[BaseModel]) -> list[Key]:
    below = [key for field, inner in _tables_below(model) for key in _keys(f"{table}.{field}", inner)]
    return [*_keys_here(table, model), *below]


def _keys_here(table: str, model: type[BaseModel]) -> list[Key]:
    schema = model.model_json_schema()
    return [
        Key(table, name, _kind(field, schema["properties"][name], schema), _default(field), _unit(name))
        for name, field in model.model_fields.items()
        if name != "make"
    ]


def _tables_below(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """Find tables within a table; several of a kind end in `[]`, named ones in `*`."""
    for name, field in model.model_fields.items():
        if field.discriminator is None:
            for ending, inner in _models_in(field.annotation):
                yield f"{name}{ending}", inner


def _models_in(annotation: Any) -> Iterator[tuple[str, type[BaseModel]]]:
    origin, inside = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield "", annotation
    elif origin in {tuple, list}:
        yield from (("[]", inner) for _, inner in _models_in(inside[0]))
    elif origin is dict:
        yield from ((".*", inner) for _, inner in _models_in(inside[1]))
    elif origin in {Union, types.UnionType}:
        yield from (found for one in inside for found in _models_in(one))


def _parts() -> dict[str, type[BaseModel]]:
    """Return the settings class of every make of every kind of part."""
    models = [model for tables in FILES.values() for model in tables.values()]
    return {f"part.{kind}.{make}": one for model in models for kind, make, one in _makes(model)}


def _makes(model: type[BaseModel]) -> Iterator[tuple[str, str, type[BaseModel]]]:
    for field in model.model_fields.values():
        if field.discriminator is not None:
            for one in get_args(field.annotation):
                (make,) = get_args(one.model_fields["make"].annotation)
                yield _kind_of_part(one), make, one


def _kind_of_part(make: type[BaseModel]) -> str:
    return make.__module__.split(".")[1]


def _kind(field: FieldInfo, schema: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    if field.discriminator is not None:
        makes = [get_args(one.model_fields["make"].annotation)[0] for one in get_args(field.annotation)]
        kind = _kind_of_part(get_args(field.annotation)[0])
        return f"[{kind}](#parts): {', '.join(makes)}"
    return _kind_of(schema, root)


def _kind_of(schema: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    match schema:
        case {"$ref": str(reference)}:
            return _kind_of(root["$defs"][reference.rsplit("/", 1)[-1]], root)
        case {"anyOf": options}:
            return " or ".join(_kind_of(one, root) for one in options if one.get("type") != "null")
        case {"enum": values}:
            return "one of " + ", ".join(f"`{value}`" for value in values)
        case {"const": value}:
            return f"`{value}`"
        case {"type": "array", "items": items}:
            return f"list of {_kind_of(items, root)}"
        case {"type": "object", "additionalProperties": {"type": "integer"}}:
            return "names with a whole number each"
        case {"type": "object", "additionalProperties": dict()}:
            return "named tables"
        case {"type": "object"}:
            return "table"
        case {"type": "integer" | "number" as number}:
            return ("whole number" if number == "integer" else "number") + _range(schema)
        case {"type": "boolean"}:
            return "`true` or `false`"
        case {"format": "path"}:
            return "path"
        case _:
            return "text"


def _range(schema: Mapping[str, Any]) -> str:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    above = "above " if "exclusiveMinimum" in schema else ""
    match low, high:
        case None, None:
            return ""
        case _, None:
            return f", {above or 'from '}{low}"
        case None, _:
            return f", up to {high}"
        case _:
            return f", {above}{low} to {high}" if not above else f", above {low}, up to {high}"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    match field.get_default(call_default_factory=True):
        case None:
            return "none"
        case BaseModel() as value:
            make = getattr(value, "make", None)
            return f"`{make}`" if make else "as below"
        case bool(value):
            return f"`{str(value).lower()}`"
        case tuple() | dict() as values if not values:
            return "empty"
        case dict(values):
            return ", ".join(f"`{name} = {value}`" for name, value in values.items())
        case tuple((BaseModel(), *_) as values):
            return ", ".join(f"`{next(iter(value.model_dump().values()))}`" for value in values)
        case tuple(values):
            return ", ".join(f"`{value}`" for value in values)
        case "":
            return "empty"
        case float(value):
            return f"`{value:g}`"
        case value:
            return f"`{value}`"


def _unit(name: str) -> str:
    if name == "pin" or name.startswith("pin_"):
        return "BCM number or line name"
    return next((unit for ending, unit in UNITS.items() if name == ending or name.endswith(f"_{ending}")), "")


_head = f"""# Settings

<!-- Generated by `{command}`; do not edit. Meanings stand in settings-meanings.toml. -->

A post has one file, `/etc/callpost/callpost.toml`; [callpost.example.toml](callpost.example.toml) is a complete one with
comments. The centre has a file of its own, `center.toml` ([center.example.toml](center.example.toml)), and so has the
demo's simulated camera, `camera.toml`, which `make demo` writes. `--settings FILE` names another file.

- Any key can be overridden by an environment variable: `CALLPOST_` and the way to the key, with `__` between levels:
  `CALLPOST_PANIC__POLICY__SIREN_LIMIT_SECONDS=60`.
- An unknown key is refused, with the key, the file and the nearest known key. Nothing is guessed, nothing ignored.
- Secrets are never in the file: a key that ends in `_file` names a file under `/etc/callpost/secrets/<program>/`.
- `callpost settings check` checks the whole file, all programs together, as the unit does before it starts any.
- `[a.b[]]` below stands for several tables, written `[[a.b]]` in the file; in `[a.b.*]` you choose the last name.
"""


def main() -> None:
    """Write the page anew."""
    page.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
