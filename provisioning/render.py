"""The supervisord configuration, one shape for the demo and for the device, made from the device's roles."""

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from edge.settings import Device

# supervisord waits one second more after each failed start, without end. Twelve tries are 78 seconds; then panic is
# FATAL, the listener ends supervisord, and systemd begins anew with short waits. That is "for ever" without waits
# that grow to minutes, which a very high number of tries would mean.
panic_start_retries = 12
other_start_retries = 1_000_000
listener_events = ("PROCESS_STATE", "TICK_5")
role_programs: Mapping[str, tuple[str, ...]] = {
    "panic": ("panic", "media", "forwarder"),
    # Media is the voice of a window; what it does not have of a post is make = "off".
    "rating": ("media", "forwarder", "rating_terminal"),
}
# A program's place in the order of starting; stopping goes the other way round, so that panic goes last.
places: Mapping[str, int] = {"panic": 10, "forwarder": 20, "media": 30, "rating_terminal": 40}


@dataclass(frozen=True)
class Program:
    """One program under supervisord. An event listener names its events."""

    name: str
    command: tuple[str, ...]
    priority: int
    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    start_retries: int = other_start_retries
    stop_seconds: int = 8
    events: tuple[str, ...] = ()


@dataclass(frozen=True)
class Supervision:
    """One supervisord: its programs, the directory of its control socket, and its logs (None: syslog)."""

    control: Path
    programs: tuple[Program, ...]
    logs: Path | None = None
    user: str | None = None


def supervisord_conf(supervision: Supervision) -> str:
    """Return the text of the configuration."""
    jinja = Environment(
        loader=PackageLoader("provisioning"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - this is no HTML
        keep_trailing_newline=True,
    )
    jinja.filters.update(command=_command, environment=_environment, plain=_plain)
    return jinja.get_template("supervisord.conf.j2").render(
        control=_plain(supervision.control),
        programs=supervision.programs,
        logs=supervision.logs,
        user=supervision.user,
    )


def programs_of(device: Device) -> tuple[str, ...]:
    """Return the programs that the device's roles need, in the order of starting: panic first."""
    return tuple(sorted({program for role in device.roles for program in role_programs[role]}, key=places.__getitem__))


def device_supervision(
    device: Device, *, settings: Path, binaries: Path, stuck_seconds: int, logs: Path | None = None
) -> Supervision:
    """Describe the programs of a post, each under its own Unix user. `stuck_seconds`: panic's longest silence."""
    programs = [_device_program(device, name, settings, binaries) for name in programs_of(device)]
    listener = _listener(device, binaries, device.run / "supervisor", stuck_seconds)
    return Supervision(device.run / "supervisor", (*programs, listener), logs, user="root")


def demo_supervision(
    device: Device, *, settings: Path, binaries: Path, stuck_seconds: int, logs: Path, environment: Mapping[str, str]
) -> Supervision:
    """Describe the same programs for a desk: all as the invoking user, and none outlives its supervisord."""
    programs = [
        Program(
            name=name,
            command=(*ends_with_parent, str(binaries / f"callpost-{name}"), "--settings", str(settings)),
            priority=places[name],
            directory=device.run / name,
            environment={"PYTHONSAFEPATH": "1", **environment},
            start_retries=panic_start_retries if name == "panic" else other_start_retries,
        )
        for name in programs_of(device)
    ]
    listener = _listener(device, binaries, device.run / "supervisor", stuck_seconds, ends_with_parent)
    return Supervision(device.run / "supervisor", (*programs, listener), logs)


# KILL, not TERM: only a killed supervisord leaves children behind, and a stopped (SIGSTOP) child would not hear TERM.
ends_with_parent = ("setpriv", "--pdeathsig", "KILL", "--")


def _device_program(device: Device, name: str, settings: Path, binaries: Path) -> Program:
    # systemd starts everything with an OOM score of -900. Panic keeps it; the others may be taken by the kernel first.
    # (Raising the own score needs no privilege, lowering it would.)
    shield = () if name == "panic" else ("choom", "-n", "200", "--")
    return Program(
        name=name,
        command=(*shield, str(binaries / f"callpost-{name}"), "--settings", str(settings)),
        priority=places[name],
        directory=device.run / name,  # lgpio makes FIFOs in the working directory
        environment={"PYTHONSAFEPATH": "1", "HOME": str(device.state_dir(name)), "USER": f"callpost-{name}"},
        user=f"callpost-{name}",
        start_retries=panic_start_retries if name == "panic" else other_start_retries,
    )


def _listener(
    device: Device, binaries: Path, directory: Path, stuck_seconds: int, prefix: Iterable[str] = ()
) -> Program:
    alive = ("--alive", str(device.run / "panic" / "alive")) if "panic" in programs_of(device) else ()
    command = (str(binaries / "callpost-listener"), *alive, "--stuck-seconds", str(stuck_seconds))
    return Program(
        name="listener",
        command=(*prefix, *command),
        priority=-1,  # it starts before panic and sees it end
        directory=directory,
        environment={"PYTHONSAFEPATH": "1"},
        events=listener_events,
        stop_seconds=2,
    )


def _plain(value: object) -> str:
    """Escape what supervisord would expand, and refuse what its file format cannot hold. Raises ValueError."""
    text = str(value)
    if re.search(r"[\n\r\0]|\s[;#]", text):
        raise ValueError(f"{text!r} cannot stand in supervisord's configuration; leave out ' ;', ' #' and line breaks")
    return text.replace("%", "%%")


def _command(words: Iterable[str]) -> str:
    return _plain(shlex.join(words))


def _environment(values: Mapping[str, str]) -> str:
    return _plain(",".join(f"{name}={_quoted(value)}" for name, value in values.items()))


def _quoted(value: str) -> str:
    """Quote as supervisord reads it: it knows no escape, and strips quotes from both ends."""
    if '"' in value or value != value.strip("'"):
        raise ValueError(f"{value!r} cannot stand in supervisord's environment; leave out the quotation marks")
    return f'"{value}"'
