"""The table [rating_terminal]: the window, its parts and surfaces, and what its owner has decided."""

import ipaddress
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from drivers.keypad import KeypadSettings, OffKeypadSettings
from drivers.pins import GpioSettings
from edge.settings import Device, SettingsError, Table
from rating_terminal.hours import Hours
from rating_terminal.visit import Policy

Seconds = Annotated[float, Field(gt=0, le=3600)]
Port = Annotated[int, Field(ge=0, le=65535, description="0: any free one; GET /v1/status tells which")]
ReasonKey = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,39}$")]


class ReasonSettings(Table):
    """One reason that can be tapped after a bad rating; the English is the text of every other language."""

    key: ReasonKey
    zh: str = Field(min_length=1, max_length=40)
    en: str = Field(min_length=1, max_length=60)


# GB/T 39735-2020, annex A, lists the reasons for bad ratings; these are the common ones of its published summaries.
usual_reasons = (
    ReasonSettings(key="attitude", zh="服务态度", en="Attitude"),
    ReasonSettings(key="waiting", zh="等候时间长", en="Long wait"),
    ReasonSettings(key="efficiency", zh="办事效率", en="Slow handling"),
    ReasonSettings(key="competence", zh="业务不熟", en="Lack of knowledge"),
    ReasonSettings(key="explained", zh="告知不清楚", en="Not well explained"),
    ReasonSettings(key="other", zh="其他", en="Something else"),
)


class ScreenSettings(Table):
    """The screen's page, for the browser of this machine only."""

    off: bool = False
    port: Port = 8610


class CounterSettings(Table):
    """Where the counter's software opens services; beyond the demo's loopback only with HTTPS."""

    listen: str = "127.0.0.1"
    port: Port = 8611
    certificate_file: Path | None = None
    key_file: Path | None = None
    token_file: Path
    services_per_minute: int = Field(default=60, ge=1, le=6000)

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.certificate_file is None) != (self.key_file is None):
            raise ValueError("certificate_file and key_file belong together; name both")
        return self

    @property
    def loopback(self) -> bool:
        """Whether only this machine can call."""
        try:
            return ipaddress.ip_address(self.listen).is_loopback
        except ValueError:
            return self.listen == "localhost"


class PolicySettings(Table):
    """What the owner decides; times in seconds. `press`: the first press wins, or the last within change_seconds."""

    answer_seconds: Seconds = 30
    thanks_seconds: Seconds = 4
    reason_seconds: Seconds = 10
    save_seconds: Annotated[float, Field(gt=0, le=10)] = 1
    press: Literal["first", "last"] = "first"
    change_seconds: Annotated[float, Field(gt=0, le=3)] = 3
    staff_seconds: Seconds = 300
    levels: Literal[3, 4, 5] = 5
    reasons: tuple[ReasonSettings, ...] = Field(default=usual_reasons, max_length=8)
    bad_levels: tuple[int, ...] = (2, 1)
    excluded_per_minute: int = Field(default=20, ge=1, le=600)

    @field_validator("reasons")
    @classmethod
    def _differ(cls, reasons: tuple[ReasonSettings, ...]) -> tuple[ReasonSettings, ...]:
        if len({reason.key for reason in reasons}) != len(reasons):
            raise ValueError("two reasons have the same key; give each its own")
        return reasons

    def of_session(self) -> Policy:
        """Return what the machine needs of it."""
        keys = tuple(reason.key for reason in self.reasons)
        return Policy(
            answer_seconds=self.answer_seconds,
            thanks_seconds=self.thanks_seconds,
            reason_seconds=self.reason_seconds,
            save_seconds=self.save_seconds,
            change_seconds=self.change_seconds if self.press == "last" else 0.0,
            staff_seconds=self.staff_seconds,
            levels=keys_of[self.levels],
            reasons={level: keys for level in self.bad_levels if keys},
        )


# Which levels a window with three or four keys has; the words stay those of the five.
keys_of = {5: (5, 4, 3, 2, 1), 4: (5, 4, 2, 1), 3: (5, 3, 1)}


class QrSettings(Table):
    """The code for the citizen's own phone; `base_url` is the centre's public address."""

    off: bool = False
    base_url: str = Field(default="", max_length=200, pattern=r"^(https?://[^\s?#]+[^\s?#/])?$")
    valid_seconds: Seconds = 300
    rotate_days: float = Field(default=30, gt=0, le=366)

    @property
    def shown(self) -> bool:
        """Whether there is a code at all."""
        return not self.off and bool(self.base_url)


class RatingSettings(Table):
    """One window's terminal. A part that it does not have is `make = "off"`."""

    window: str = Field(min_length=1, max_length=80)
    keypad: KeypadSettings = OffKeypadSettings(make="off")
    gpio: GpioSettings = GpioSettings(factory="none")  # most windows have no keypad on pins
    screen: ScreenSettings = ScreenSettings()
    counter: CounterSettings
    policy: PolicySettings = PolicySettings()
    opening_hours: tuple[str, ...] = ("Mon-Fri 09:00-17:00",)
    time_zone: str = "Asia/Shanghai"
    blank_after_seconds: Seconds = 60
    qr: QrSettings = QrSettings()
    staff_token_file: Path | None = None
    voice: bool = False
    large: bool = False
    language: str = Field(default="zh", pattern="^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$")

    @field_validator("opening_hours")
    @classmethod
    def _readable(cls, hours: tuple[str, ...]) -> tuple[str, ...]:
        Hours.read(hours)
        return hours

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as problem:
            raise ValueError(f"{name!r} is no time zone; write one such as Asia/Shanghai") from problem
        return name

    @model_validator(mode="after")
    def _can_be_rated(self) -> Self:
        if self.screen.off and self.keypad.make == "off":
            raise ValueError("the window has neither screen nor keypad, so nobody could rate; give it one of them")
        return self


def require_https(device: Device, settings: RatingSettings) -> None:
    """Raise SettingsError unless the counter's software is served HTTPS; the demo may do without on loopback."""
    counter = settings.counter
    if counter.certificate_file is None and not (device.demo and counter.loopback):
        raise SettingsError(
            "[rating_terminal]: counter needs HTTPS; name certificate_file and key_file (only a demo may do without,"
            " on 127.0.0.1)"
        )
