"""`callpost settings check`: every table of callpost.toml against the program that reads it, and against each other."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from drivers.part import PartSettings
from edge.forwarder.settings import ForwarderSettings, require_tls
from edge.panic.settings import PanicSettings
from edge.settings import Device, SettingsError, nearest, read, validate
from media.settings import MediaSettings
from provisioning.render import programs_of
from rating_terminal.settings import RatingSettings, require_https

T = TypeVar("T", bound=BaseModel)
models: Mapping[str, type[BaseModel]] = {
    "panic": PanicSettings,
    "forwarder": ForwarderSettings,
    "media": MediaSettings,
    "rating_terminal": RatingSettings,
}
# Settings that name a file which must exist before a program can start.
file_keys = frozenset({"ca", "certificate", "key", "authority"})


def problems_in(path: Path) -> list[str]:
    """Return a sentence for each problem of the settings file; none when every program can start with it."""
    try:
        tables = read(path)
    except SettingsError as problem:
        return str(problem).splitlines()
    problems = list(_unknown_tables(path, tables))
    device = _validated(path, "device", Device, tables, problems)
    if device is None:
        return problems
    valid: dict[str, BaseModel] = {}
    for program in programs_of(device):
        table = _validated(path, program, models[program], tables, problems)
        if table is not None:
            valid[program] = table
    return [*problems, *_together(path, device, valid)]


def _unknown_tables(path: Path, tables: Mapping[str, Any]) -> Iterator[str]:
    known = ["device", *models]
    for name in tables:
        if name not in known:
            yield f"{path}: [{name}] is unknown; {nearest(name, known)}"


def _validated(path: Path, name: str, model: type[T], tables: Mapping[str, Any], problems: list[str]) -> T | None:
    try:
        return validate(path, name, model, tables)
    except SettingsError as problem:
        problems.extend(str(problem).splitlines())
        return None


def _together(path: Path, device: Device, valid: Mapping[str, BaseModel]) -> Iterator[str]:
    yield from _pins_used_twice(path, valid)
    for program, table in valid.items():
        for key, value in _leaves(program, table):
            yield from _about_file(path, key, value)
        if not device.demo:
            yield from _simulated(path, program, table)
    try:
        match valid.get("forwarder"):
            case ForwarderSettings() as forwarder:
                require_tls(device, forwarder)
    except SettingsError as problem:
        yield f"{path}: {problem}"
    try:
        match valid.get("rating_terminal"):
            case RatingSettings() as rating:
                require_https(device, rating)
    except SettingsError as problem:
        yield f"{path}: {problem}"


def _parts(name: str, table: BaseModel) -> Iterator[tuple[str, PartSettings]]:
    """Walk to every part below a table, with its key."""
    for field in type(table).model_fields:
        value = getattr(table, field)
        if isinstance(value, PartSettings):
            yield f"{name}.{field}", value
        elif isinstance(value, BaseModel):
            yield from _parts(f"{name}.{field}", value)


def _pins_used_twice(path: Path, valid: Mapping[str, BaseModel]) -> Iterator[str]:
    """Find pins that two programs claim; within one program its own settings refuse them."""
    taken: dict[int | str, str] = {}
    for program, table in valid.items():
        for key, part in _parts(program, table):
            for pin in part.pins():
                if pin in taken and taken[pin] != key:
                    yield f"{path}: {key} and {taken[pin]} are both on pin {pin}; give one of them another pin"
                taken.setdefault(pin, key)


def _simulated(path: Path, program: str, table: BaseModel) -> Iterator[str]:
    for key, part in _parts(program, table):
        if getattr(part, "make", None) == "simulated":
            yield f'{path}: {key}.make is "simulated", but device.demo is not true; name the real make, or "off"'


def _leaves(name: str, value: object) -> Iterator[tuple[str, object]]:
    """Walk to every single value below a table, with its key."""
    match value:
        case BaseModel():
            for field in type(value).model_fields:
                yield from _leaves(f"{name}.{field}", getattr(value, field))
        case tuple() | list():
            for number, item in enumerate(value):
                yield from _leaves(f"{name}.{number}", item)
        case _:
            yield name, value


def _about_file(path: Path, key: str, value: object) -> Iterator[str]:
    last = key.rpartition(".")[2]
    if isinstance(value, Path) and (last in file_keys or last.endswith("_file")) and not value.is_file():
        yield f"{path}: {key} names {value}, which does not exist; put the file there or name the right one"
