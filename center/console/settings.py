"""The table [console] of center.toml."""

from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from center.mqtt import MqttSettings
from edge.settings import Table


class PostSettings(Table):
    """What people call a post, and where it stands."""

    name: str = Field(min_length=1, max_length=60)
    address: str = Field(default="", max_length=200)


class IceSettings(Table):
    """One STUN or TURN server for calls across networks."""

    urls: str
    username: str = ""
    credential: str = ""


class UnitSettings(Table):
    """A unit: the windows that are praised or warned together."""

    windows: tuple[str, ...] = Field(min_length=1)

    @field_validator("windows")
    @classmethod
    def _are_windows(cls, windows: tuple[str, ...]) -> tuple[str, ...]:
        for window in windows:
            device, _, name = window.partition("/")
            if not (device and name):
                raise ValueError(f"{window!r} is no window; write its device and its name, such as t.post/1")
        return windows


class WeightSettings(Table):
    """What each source weighs in the composite score; only the proportions count, 0 leaves a source out."""

    rating: float = Field(default=60, ge=0)
    spot_check: float = Field(default=20, ge=0)
    call_back: float = Field(default=10, ge=0)
    online: float = Field(default=10, ge=0)


class RatingsSettings(Table):
    """How ratings are judged."""

    satisfied_from: Literal[3, 4] = 3
    fewest: int = Field(default=30, ge=1)
    case_working_days: Literal[5, 15] = 5
    weights: WeightSettings = WeightSettings()
    public_per_minute: int = Field(default=60, ge=1)


class ConsoleSettings(Table):
    """Where the console listens, and the files that it reads and writes."""

    listen: str = "127.0.0.1"
    port: int = Field(default=8443, ge=1, le=65535)
    public_url: str | None = Field(default=None, pattern=r"^https?://[^/]+$")
    facts: Path = Path("/var/lib/callpost-center/center.sqlite3")
    records: Path = Path("/var/lib/callpost-center/console.sqlite3")
    clips: Path = Path("/var/lib/callpost-center/clips")
    poke: Path = Path("/run/callpost-center/console.sock")
    certificate_file: Path | None = None
    key_file: Path | None = None
    demo: bool = False
    session_hours: float = Field(default=12, gt=0, le=24 * 7)
    time_zone: str = "Asia/Shanghai"
    clip_largest_megabytes: int = Field(default=500, ge=1)
    ice_servers: tuple[IceSettings, ...] = ()
    presets: tuple[str, ...] = ("gate", "street", "home")
    posts: dict[str, PostSettings] = Field(default_factory=dict)
    units: dict[str, UnitSettings] = Field(default_factory=dict)
    ratings: RatingsSettings = RatingsSettings()
    mqtt: MqttSettings = MqttSettings()
    fleet_mqtt: MqttSettings | None = None

    @field_validator("units")
    @classmethod
    def _share_no_window(cls, units: dict[str, UnitSettings]) -> dict[str, UnitSettings]:
        owners: dict[str, str] = {}
        for name, unit in units.items():
            if not name.strip() or len(name) > 80 or "/" in name:
                raise ValueError(f"{name[:90]!r} is no name of a unit; write 1 to 80 characters without /")
            for window in unit.windows:
                if owners.setdefault(window, name) != name:
                    raise ValueError(f"window {window} is in {owners[window]} and in {name}; name it once")
        return units

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as problem:
            raise ValueError(f"{name!r} is no time zone; write one such as Asia/Shanghai") from problem
        return name

    @model_validator(mode="after")
    def _is_encrypted(self) -> Self:
        if not self.demo and not (self.certificate_file and self.key_file):
            raise ValueError("HTTPS is required; name certificate_file and key_file, or set demo = true on a desk")
        if (self.certificate_file is None) != (self.key_file is None):
            raise ValueError("certificate_file and key_file belong together; name both")
        return self

    @property
    def https(self) -> bool:
        """Whether pages are served encrypted."""
        return self.certificate_file is not None

    @property
    def url(self) -> str:
        """The address that posts upload to."""
        return self.public_url or f"{'https' if self.https else 'http'}://{self.listen}:{self.port}"
