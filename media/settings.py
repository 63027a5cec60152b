"""The table [media] of callpost.toml."""

from pathlib import Path

from pydantic import Field

from drivers.camera import CameraSettings
from drivers.microphone import MicrophoneSettings
from drivers.ptz import PtzSettings
from drivers.speaker import SpeakerSettings
from edge.settings import Table
from media.tour import Plan


class IceServerSettings(Table):
    """A STUN or TURN server; the password of a TURN server usually comes by `call.ice` instead."""

    urls: str
    username: str = ""
    credential: str = ""


class TourSettings(Table):
    """Where the dome goes after a press, and for how long an operator's hand counts."""

    gate: str = "gate"
    home: str = "home"
    stops: tuple[str, ...] = Field(default=("gate",), min_length=1)
    dwell_seconds: float = Field(default=8.0, ge=2, le=300)
    lease_seconds: float = Field(default=2.0, ge=0.5, le=10)
    home_seconds: float = Field(default=120.0, ge=10, le=3600)

    def plan(self) -> Plan:
        """Return the tour machine's view of these settings."""
        return Plan(self.gate, self.home, self.stops, self.dwell_seconds, self.lease_seconds, self.home_seconds)


class ClipSettings(Table):
    """How much of an incident is kept as a clip, and how much room all clips may take."""

    before_seconds: float = Field(default=30.0, ge=0, le=120)
    most_seconds: float = Field(default=1800.0, ge=10, le=4 * 3600)
    most_bytes: int = Field(default=2_000_000_000, ge=10_000_000)


class UploadSettings(Table):
    """How the post shows itself where clips are uploaded (mTLS); in the demo plain HTTP is allowed."""

    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


class CallSettings(Table):
    """Limits of calls, and the pace at which a new viewer gets the cached pictures."""

    operators: int = Field(default=4, ge=1, le=8)
    connect_seconds: float = Field(default=15.0, ge=2, le=60)
    burst_mbit_per_second: float = Field(default=25.0, ge=1, le=1000)
    speaking_dbfs: float = Field(default=-45.0, ge=-80, le=0)


class SelfTestSettings(Table):
    """The self-test of loudspeaker and microphone."""

    automatic: bool = True
    every_hours: float = Field(default=24.0, ge=1, le=24 * 31)
    retry_seconds: float = Field(default=600.0, ge=30, le=24 * 3600)
    quietest_dbfs: float = Field(default=-60.0, ge=-90, le=-20)


class MediaSettings(Table):
    """Everything that the program callpost-media is told."""

    camera: CameraSettings
    ptz: PtzSettings
    speaker: SpeakerSettings
    microphone: MicrophoneSettings
    tour: TourSettings = TourSettings()
    clip: ClipSettings = ClipSettings()
    upload: UploadSettings = UploadSettings()
    call: CallSettings = CallSettings()
    self_test: SelfTestSettings = SelfTestSettings()
    ring_seconds: float = Field(default=35.0, ge=5, le=180)
    ice_servers: tuple[IceServerSettings, ...] = ()
    loopback: bool = False
