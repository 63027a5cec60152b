"""`callpost ratings`: what the rating window of this device holds, on the device and without any centre."""

import csv
import io
import sqlite3
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from edge.outbox_reader import LaneReader
from edge.settings import Device, SettingsError, default_file
from provisioning.ratings import Ratings, columns, lane, ratings_in, rows
from provisioning.terminal import AsJson, SettingsFile, device_of, words, write_json

ratings_app = typer.Typer(no_args_is_help=True, help="The ratings that this device holds.")
exit_unreadable = 2


@ratings_app.command("count")
def count(settings: SettingsFile = default_file, *, as_json: AsJson = False) -> None:
    """Count the ratings since the installation, and what of them is still on disk."""
    device = device_of(settings)
    found = _ratings(device)
    if as_json:
        write_json({"device": device.id, **_numbers(found)})
    else:
        _show(device, found)


@ratings_app.command("export")
def export(
    settings: SettingsFile = default_file,
    to: Annotated[Path | None, typer.Option(metavar="FILE", help="write there instead of on standard output")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Write every rating event that is still on disk as CSV (or JSON), the oldest first."""
    found = _ratings(device_of(settings))
    if as_json and to is None:
        write_json({**_numbers(found), "events": list(rows(found))})
    elif to is None:
        typer.echo(_csv(found), nl=False)
    else:
        # With a byte order mark, without which Excel takes UTF-8 for something else.
        to.write_text(_csv(found), encoding="utf-8-sig", newline="")


@ratings_app.command("verify")
def verify(settings: SettingsFile = default_file, *, as_json: AsJson = False) -> None:
    """Check that every rating since the installation is acknowledged by the centre or on disk. Exit 0 when so, else 1."""
    device = device_of(settings)
    found = _ratings(device)
    if as_json:
        write_json({"device": device.id, "ok": not found.problems, "problems": found.problems, **_numbers(found)})
    elif found.problems:
        for sentence in found.problems:
            typer.echo(sentence)
    else:
        say = words()
        typer.echo(
            f"{say('every rating since the installation is accounted for')}: {found.recorded} ="
            f" {found.acknowledged} {say('acknowledged')} + {found.waiting} {say('on disk')}"
        )
    raise typer.Exit(1 if found.problems else 0)


def _ratings(device: Device) -> Ratings:
    """Read the file. Raises SettingsError without the role; ends with a sentence when the file cannot be read."""
    if "rating" not in device.roles:
        raise SettingsError(f'{device.id} is no rating window: device.roles does not name "rating"')
    path = device.state_dir(lane) / f"{lane}.sqlite3"
    try:
        return ratings_in(LaneReader(path).whole())
    except (sqlite3.Error, OSError, ValueError, KeyError) as problem:
        print(f"{path} cannot be read: {problem}; run this as root", file=sys.stderr)  # noqa: T201 - for the technician
        raise typer.Exit(exit_unreadable) from problem


def _numbers(found: Ratings) -> dict[str, object]:
    levels = {str(level): number for level, number in found.levels().items()}
    since = {"recorded": found.recorded, "acknowledged": found.acknowledged, "waiting": found.waiting}
    return {**since, "on_disk": dict(found.counts()), "levels": levels}


def _csv(found: Ratings) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\r\n")  # RFC 4180
    writer.writeheader()
    writer.writerows(rows(found))
    return text.getvalue()


def _show(device: Device, found: Ratings) -> None:
    say = words()
    table = Table(title=device.id, title_justify="left", box=None, show_header=False)
    table.add_column(overflow="fold")
    table.add_column(justify="right")
    table.add_row(say("ratings since the installation"), str(found.recorded))
    table.add_row(say("acknowledged by the centre"), str(found.acknowledged))
    table.add_row(say("still on disk"), str(found.waiting))
    for level, number in found.levels().items():
        if number:
            table.add_row(f"  {level} · {say(level_names[level])}", str(number))
    for kind, number in found.counts().items():
        if kind in kind_names:
            table.add_row(say(kind_names[kind]), str(number))
    Console().print(table)


level_names = {5: "very satisfied", 4: "satisfied", 3: "fairly satisfied", 2: "dissatisfied", 1: "very dissatisfied"}
kind_names = {
    "rating.asked": "invitations on disk",
    "rating.unanswered": "unanswered, on disk",
    "rating.excluded": "not counted, on disk",
    "rating.blank": "times without a window, on disk",
}
