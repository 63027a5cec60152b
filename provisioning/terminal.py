"""What the commands of `callpost` share: common options, the language, and JSON for programs."""

import json
import os
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from edge.settings import Device, read, validate
from edge.words import Words

SettingsFile = Annotated[Path, typer.Option("--settings", metavar="FILE", help="the settings file (TOML)")]
AsJson = Annotated[bool, typer.Option("--json", help="write JSON, for programs")]


def device_of(settings: Path) -> Device:
    """Return the shared table of the settings. Raises SettingsError."""
    return validate(settings, "device", Device, read(settings))


def words() -> Callable[[str], str]:
    """Return the language of LANG, as technicians have set it."""
    known = Words.load(Path(str(files("provisioning"))) / "locale", "provisioning")
    language = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return known.zh if language.startswith("zh") else known.en


def write_json(value: object) -> None:
    """Write a value for a program to read."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
