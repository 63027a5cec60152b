"""Run a program of the centre: its settings, its log, its end. Like edge.program, but a centre is not a device."""

import argparse
import asyncio
import logging
import sqlite3
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TypeVar

from edge import settings
from edge.program import until_signalled
from edge.settings import SettingsError, Table

default_file = Path("/etc/callpost/center.toml")
bad_settings = 78  # EX_CONFIG of sysexits.h
log = logging.getLogger(__name__)
T = TypeVar("T", bound=Table)
P = TypeVar("P")


def main(name: str, table: str, model: type[T], run: Callable[[T], Coroutine[None, None, None]]) -> None:
    """Run until a signal ends it; settings that cannot be used end it with exit code 78 and one sentence."""
    arguments = argparse.ArgumentParser(prog=name, description=f"{name}, a program of the Callpost centre")
    arguments.add_argument("--settings", type=Path, default=default_file, help=f"default {default_file}")
    path = arguments.parse_args().settings
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        asyncio.run(until_signalled(run(load(path, table, model))))
    except SettingsError as problem:
        print(f"{name}: {problem}", file=sys.stderr)  # noqa: T201 - the installer reads it, not a log
        sys.exit(bad_settings)


def load(path: Path, table: str, model: type[T]) -> T:
    """Return one table of center.toml. Raises SettingsError with one sentence a problem."""
    return settings.validate(path, table, model, settings.read(path))


def opened(make: Callable[[Path], P], path: Path) -> P:
    """Open a file or folder that the settings name. Raises SettingsError with a sentence when it cannot be used."""
    try:
        return make(path)
    except (OSError, sqlite3.Error) as problem:
        raise SettingsError(f"{path}: cannot be used ({problem}); name another one, or make it accessible") from problem
