"""`callpost`: the command line tool of a post and of a desk."""

import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from edge.settings import Device, SettingsError, default_file
from media.sim_camera.profiles import ProfileName
from provisioning import self_test as self_tests
from provisioning import status as status_of
from provisioning.check import problems_in
from provisioning.demo.launch import Wish, launch, tell
from provisioning.demo.place import DemoError
from provisioning.ratings_cli import ratings_app
from provisioning.render import device_supervision, supervisord_conf
from provisioning.terminal import AsJson, SettingsFile, device_of, words, write_json

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
settings_app = typer.Typer(no_args_is_help=True, help="The settings of this post.")
supervisor_app = typer.Typer(no_args_is_help=True, help="The supervisor of this post's programs.")
app.add_typer(settings_app, name="settings")
app.add_typer(supervisor_app, name="supervisor")
app.add_typer(ratings_app, name="ratings")

exit_bad_settings = 78  # EX_CONFIG of sysexits.h
exit_no_such_part = 2  # as for any other wrong argument


def main() -> None:
    """Entry point of `callpost`."""
    try:
        app()
    except SettingsError as problem:
        print(problem, file=sys.stderr)  # noqa: T201 - the sentence for the installer
        sys.exit(exit_bad_settings)


@settings_app.command("check")
def settings_check(settings: SettingsFile = default_file, *, as_json: AsJson = False) -> None:
    """Check every table of the settings. Exit 0 when all programs can start with them, else 1."""
    problems = problems_in(settings)
    if as_json:
        write_json({"file": str(settings), "ok": not problems, "problems": problems})
    else:
        for problem in problems:
            typer.echo(problem)
        if not problems:
            typer.echo(f"{settings}: {words()('all settings are good')}")
    raise typer.Exit(1 if problems else 0)


@supervisor_app.command("render")
def supervisor_render(
    to: Annotated[Path, typer.Option(metavar="DIR", help="where supervisord.conf is written")],
    settings: SettingsFile = default_file,
    logs: Annotated[Path | None, typer.Option(metavar="DIR", help="write log files there instead of syslog")] = None,
    stuck_seconds: Annotated[
        int, typer.Option(min=2, max=60, help="panic's longest silence; WatchdogSec is twice it")
    ] = 10,
) -> None:
    """Check the settings, and write the supervisord configuration of this post, as its roles need it."""
    if problems := problems_in(settings):
        typer.echo("\n".join(problems), err=True)
        raise typer.Exit(1)
    device = device_of(settings)
    supervision = device_supervision(
        device,
        settings=settings.absolute(),
        binaries=Path(sys.executable).parent,
        stuck_seconds=stuck_seconds,
        logs=logs,
    )
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    # In one step: a power cut leaves the old configuration or the new one, never half of one.
    half = to / "supervisord.conf.new"
    half.write_text(supervisord_conf(supervision), encoding="utf-8")
    half.replace(to / "supervisord.conf")


@app.command()
def status(settings: SettingsFile = default_file, *, as_json: AsJson = False) -> None:
    """Ask every program of this post how it is. Exit 0 when all are well."""
    device = device_of(settings)
    answers = asyncio.run(status_of.ask_all(device))
    if as_json:
        write_json({"device": device.id, "programs": [{**asdict(one), "well": one.is_well} for one in answers]})
    else:
        _show(device, answers)
    raise typer.Exit(0 if all(one.is_well for one in answers) else 1)


@app.command("self-test")
def self_test(
    part: Annotated[str | None, typer.Argument(help="only this part; nothing: all that can be tested")] = None,
    settings: SettingsFile = default_file,
    *,
    as_json: AsJson = False,
) -> None:
    """Test parts of this post now. Exit 0 when all pass, 1 when one does not, 2 for a part that has no test."""
    device = device_of(settings)
    if part is not None and part not in self_tests.testers:
        known = ", ".join(self_tests.testers)
        typer.echo(f"{part}: {words()('no self-test is called that; there are')} {known}", err=True)
        raise typer.Exit(exit_no_such_part)
    results = asyncio.run(self_tests.run_all(device, list(self_tests.testers) if part is None else [part]))
    well = all(one.passed for one in results)
    if as_json:
        write_json({"device": device.id, "ok": well, "parts": {one.part: one.told() for one in results}})
    else:
        _show_tests(device, results)
    raise typer.Exit(0 if well else 1)


@app.command()
def demo(
    posts: Annotated[int, typer.Option(help="simulated posts")] = 1,
    port: Annotated[int, typer.Option(help="the port of the start page")] = 8600,
    mqtt_port: Annotated[int, typer.Option(help="the port of the broker")] = 18830,
    picture: Annotated[
        ProfileName | None, typer.Option(help="what all cameras send; a smaller one suits a weak machine")
    ] = None,
) -> None:
    """Run whole posts and a small centre on simulated hardware; DEMO_KEEP=1 keeps the state of the last time."""
    keep = os.environ.get("DEMO_KEEP", "") not in {"", "0"}
    try:
        launch(Wish(Path.cwd() / ".demo", posts, port, mqtt_port, keep, picture))
    except DemoError as problem:
        tell(str(problem))
        raise typer.Exit(1) from problem


def _show(device: Device, answers: status_of.Answers) -> None:
    say = words()
    table = _table(device, ("program", "state", "version", "what is wrong"))
    for one in answers:
        wrong = one.silent or "\n".join(f"{fault.part}: {fault.reason}" for fault in one.faults)
        state = say("well") if one.is_well else say("not answering") if one.silent else say("faulty")
        style = "green" if one.is_well else "bold red"
        table.add_row(one.program, Text(state, style), one.version, Text(wrong))
    Console().print(table)


def _show_tests(device: Device, results: Sequence[self_tests.PartResult]) -> None:
    say = words()
    table = _table(device, ("part", "result", "level", "what is wrong"))
    for one in results:
        style = "green" if one.passed else "bold red"
        level = (one.details or {}).get("level_db")
        heard = "" if level is None else f"{level:g} dB"
        table.add_row(say(one.part), Text(say(outcomes[one.result]), style), heard, Text(one.reason or ""))
    Console().print(table)


def _table(device: Device, columns: Sequence[str]) -> Table:
    say = words()
    table = Table(title=f"{device.id}{' · ' + say('simulated') if device.demo else ''}", title_justify="left", box=None)
    for column in columns:
        table.add_column(say(column), overflow="fold")
    return table


outcomes = {"passed": "passed", "failed": "failed", "interrupted": "interrupted", "not_tested": "not tested"}
