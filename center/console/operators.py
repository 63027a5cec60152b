"""`python -m center.console.operators`: who may sign in. Passwords are read from the terminal, never from arguments."""

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer
from argon2 import PasswordHasher

from center import program
from center.console.records import Records
from center.console.settings import ConsoleSettings
from edge.settings import SettingsError

shortest_password = 10
application = typer.Typer(no_args_is_help=True, add_completion=False)
SettingsFile = Annotated[Path, typer.Option(help="the settings file (TOML)")]


@application.command()
def add(name: str, settings: SettingsFile = program.default_file) -> None:
    """Add an operator, or give one a new password."""
    if not 1 <= len(name.strip()) <= 80:
        sys.exit("a name has 1 to 80 characters")
    password = _new_password()
    _records(settings).set_operator(name.strip(), PasswordHasher().hash(password))
    typer.echo(f"{name.strip()} may sign in")


@application.command()
def remove(name: str, settings: SettingsFile = program.default_file) -> None:
    """Remove an operator and end all of his sessions."""
    if not _records(settings).remove_operator(name):
        sys.exit(f"there is no operator {name}")
    typer.echo(f"{name} may no longer sign in")


@application.command(name="list")
def show(settings: SettingsFile = program.default_file) -> None:
    """Show who may sign in."""
    for name in _records(settings).operators():
        typer.echo(name)


def _records(settings: Path) -> Records:
    try:
        return Records(program.load(settings, "console", ConsoleSettings).records)
    except SettingsError as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(program.bad_settings) from problem


def _new_password() -> str:
    password = getpass.getpass("Password: ")
    if len(password) < shortest_password:
        sys.exit(f"a password has at least {shortest_password} characters")
    if getpass.getpass("Again: ") != password:
        sys.exit("the two are not the same")
    return password


if __name__ == "__main__":
    application()
