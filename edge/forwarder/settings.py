"""The forwarder's table of the settings file, `[forwarder]`."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from edge.settings import Device, SettingsError, Table

Address = Annotated[str, Field(pattern=r"^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}$", description="host:port")]


class Tls(Table):
    """The files that prove the centre to the device and the device to the centre, all PEM."""

    ca: Path
    certificate: Path
    key: Path


class Centre(Table):
    """One centre and the ways to it, in the order in which they are tried."""

    name: str = Field(pattern=r"^[A-Za-z0-9-]{1,32}$")
    addresses: tuple[Address, ...] = Field(min_length=1)
    tls: Tls | None = None
    username: str | None = None
    password_file: Path | None = None

    @model_validator(mode="after")
    def _password_needs_a_name(self) -> Self:
        if self.password_file is not None and self.username is None:
            raise ValueError("password_file without username; add the username that the password belongs to")
        return self


class ForwarderSettings(Table):
    """How events reach the centres; the first centre's acknowledgement lets the device delete."""

    centres: tuple[Centre, ...] = Field(min_length=1)
    programs: tuple[str, ...] | None = None
    window_bytes: int = Field(default=16_384, ge=1_024, le=1_048_576)
    batch_events: int = Field(default=100, ge=1, le=100)
    ahead_events: int = Field(default=2_000, ge=100, le=100_000)
    keep_alive_seconds: int = Field(default=15, ge=5, le=300)
    heartbeat_seconds: float = Field(default=30, ge=1, le=600)
    connect_seconds: float = Field(default=8, ge=1, le=60)
    backoff_first_seconds: float = Field(default=1, gt=0, le=60)
    backoff_ceiling_seconds: float = Field(default=60, ge=1, le=3_600)
    backoff_stable_seconds: float = Field(default=60, ge=0, le=3_600)
    resend_seconds: float = Field(default=5, gt=0, le=600)
    resend_ceiling_seconds: float = Field(default=60, gt=0, le=3_600)
    sweep_seconds: float = Field(default=5, gt=0, le=600)
    restart_command: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _centres_have_different_names(self) -> Self:
        names = [centre.name for centre in self.centres]
        if len(set(names)) < len(names):
            raise ValueError(f"two centres are called {max(names, key=names.count)}; give each a name of its own")
        return self


programs_of_role = {"panic": ("panic", "media"), "rating": ("rating_terminal", "media")}


def programs_to_drain(device: Device, settings: ForwarderSettings) -> tuple[str, ...]:
    """Return the programs whose outboxes are read, the most urgent first, the forwarder's own last."""
    named = settings.programs
    if named is None:
        named = tuple(program for role in device.roles for program in programs_of_role[role])
    return (*[program for program in dict.fromkeys(named) if program != "forwarder"], "forwarder")


def require_tls(device: Device, settings: ForwarderSettings) -> None:
    """Refuse plain connections outside the demo. Raises SettingsError."""
    for number, centre in enumerate(settings.centres):
        if centre.tls is None and not device.demo:
            raise SettingsError(
                f"forwarder.centres.{number}.tls is missing for {centre.name}; name ca, certificate and key"
                " (only demo = true may do without)"
            )


def password(centre: Centre) -> str | None:
    """Read the password of a centre, without the newline that editors add. Raises SettingsError."""
    if centre.password_file is None:
        return None
    try:
        return centre.password_file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as problem:
        raise SettingsError(
            f"{centre.password_file}: the password of {centre.name} cannot be read ({problem});"
            " make it readable for callpost-forwarder"
        ) from problem
