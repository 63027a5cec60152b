"""One settings file for all programs of a post; the unknown is refused with a sentence an installer can act on."""

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

default_file = Path("/etc/callpost/callpost.toml")
prefix = "CALLPOST_"
T = TypeVar("T", bound=BaseModel)


class SettingsError(Exception):
    """The settings cannot be used; the text says which key in which file, and what to write."""


class Table(BaseModel):
    """A table of the settings file: frozen, and no key that we do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Device(Table):
    """What all programs of a device share."""

    id: str = Field(pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$", max_length=128)
    roles: tuple[Literal["panic", "rating"], ...] = Field(default=("panic",), min_length=1)
    demo: bool = False
    state: Path = Path("/var/lib/callpost")
    run: Path = Path("/run/callpost")
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    def state_dir(self, program: str) -> Path:
        """Where a program keeps what must survive a power cut."""
        return self.state / program

    def socket(self, program: str) -> Path:
        """Where a program's local interface listens."""
        return self.run / program / "api.sock"

    @property
    def wake_socket(self) -> Path:
        """Where the forwarder hears of new events."""
        return self.run / "wake" / "forwarder.sock"


def load(path: Path, table: str, model: type[T]) -> tuple[Device, T]:
    """Return the shared table and one program's own. Raises SettingsError with one sentence a problem."""
    tables = read(path)
    device, own = validate(path, "device", Device, tables), validate(path, table, model, tables)
    if not device.demo:
        _refuse_simulated(path, table, own)
    return device, own


def _refuse_simulated(path: Path, table: str, own: BaseModel) -> None:
    for name, part in own:
        if getattr(part, "make", None) == "simulated":
            raise SettingsError(f'{path}: {table}.{name}.make is "simulated"; write the real make, or set device.demo')


def read(path: Path, environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Read the file and lay `CALLPOST_TABLE__KEY` variables over it. Raises SettingsError."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise SettingsError(f"{path}: cannot be read ({problem.strerror}); name the file with --settings") from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise SettingsError(f"{path}: is not TOML: {problem}; correct that line") from problem
    for name, text in environment.items():
        if name.startswith(prefix) and "__" in name:
            _override(tables, name, text)
    return tables


def _override(tables: dict[str, Any], name: str, text: str) -> None:
    *way, key = name.removeprefix(prefix).lower().split("__")
    table = tables
    for step in way:
        table = table.setdefault(step, {})
        if not isinstance(table, dict):
            raise SettingsError(f"{name} in the environment: {step} is a value, not a table; name a key inside a table")
    table[key] = _as_toml(text)


def _as_toml(text: str) -> object:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text  # a bare word is the text that it looks like


def validate(path: Path, table: str, model: type[T], tables: Mapping[str, Any]) -> T:
    """Check one table against its model. Raises SettingsError with a sentence for each problem."""
    try:
        return model.model_validate(tables.get(table, {}))
    except ValidationError as problem:
        raise SettingsError("\n".join(_sentences(path, table, model, problem))) from problem


def _sentences(path: Path, table: str, model: type[BaseModel], problem: ValidationError) -> Iterator[str]:
    errors = problem.errors()
    for error in errors:
        # A list with a wrong item is also told to be too short; the item says it all.
        inside = [other for other in errors if other is not error and other["loc"][: len(error["loc"])] == error["loc"]]
        if not inside:
            yield _sentence(path, table, model, error)


def _sentence(path: Path, table: str, model: type[BaseModel], error: ErrorDetails) -> str:
    # Pydantic names the chosen make of a part in the location; people did not write it there.
    way = [str(step) for number, step in enumerate(error["loc"]) if not _names_make(number, step)]
    key = ".".join([table, *way])
    match error["type"]:
        case "extra_forbidden":
            return f"{path}: {key} is unknown; {nearest(way[-1], _keys_at(model, error['loc'][:-1]))}"
        case "missing":
            return f"{path}: {key} is missing; add it under [{'.'.join([table, *way[:-1]])}]"
        case "union_tag_not_found":
            return f"{path}: {key} does not say which part it is; add make = under [{key}]"
        case "union_tag_invalid" | "literal_error" | "enum":
            return f"{path}: {key} is {error['input']!r}; write one of {_choices(error)}"
        case "value_error":
            return f"{path}: {key}: {error['ctx']['error']}"
        case _:
            return f"{path}: {key} is {_short(error['input'])}; {error['msg'][0].lower()}{error['msg'][1:]}"


# The makes of all parts; only these can stand in a location as a union's tag.
makes = frozenset(
    {"gpio", "supervised", "simulated", "off", "pyaudio", "rtsp", "v4l2", "onvif", "pelco_d", "hid", "serial"}
)


def _names_make(number: int, step: int | str) -> bool:
    return number > 0 and step in makes  # the first step is a key of the table, and one is called gpio


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _choices(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    return str(context.get("expected_tags") or context.get("expected") or "the values in docs/settings.md")


def _keys_at(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """Return the known keys of the table that a location leads to."""
    keys: list[str] = []
    _collect(model.model_json_schema(), list(location), keys)
    return keys


def _collect(schema: Mapping[str, Any], location: list[int | str], keys: list[str]) -> None:
    definitions = schema.get("$defs", {})
    nodes = [schema]
    for number, step in enumerate(location):
        if _names_make(number, step):
            nodes = [node for node in nodes if _make_of(node) == step]
        else:
            nodes = [below for node in nodes for below in _below(_resolved(node, definitions), step, definitions)]
    for node in nodes:
        keys.extend(_resolved(node, definitions).get("properties", {}))


def _make_of(node: Mapping[str, Any]) -> object:
    return node.get("properties", {}).get("make", {}).get("const")


def _below(node: Mapping[str, Any], step: int | str, definitions: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if isinstance(step, int):
        return [node.get("items", {})]
    found = node.get("properties", {}).get(step)
    if found is None:
        return []
    options = found.get("anyOf", found.get("oneOf", [found]))
    return [_resolved(option, definitions) for option in options]


def _resolved(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = node.get("$ref")
    return definitions[reference.rsplit("/", 1)[-1]] if reference else node


def nearest(name: str, known: list[str]) -> str:
    """Say what was probably meant."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]}?"
    return f"known here: {', '.join(sorted(set(known))) or 'nothing'}"


def password_in(url: str) -> bool:
    """Whether an address carries a password, which belongs into a file of its own."""
    return re.match(r"^[a-z]+://[^/@]*:[^/@]*@", url) is not None
