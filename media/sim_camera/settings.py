"""The table [sim_camera] of the settings file."""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from drivers.camera.digest import Login
from edge.settings import SettingsError, Table


class SimCameraSettings(Table):
    """Where the simulated camera serves RTSP, what it sends, and who may look."""

    host: str = "127.0.0.1"
    port: int = Field(default=8554, ge=0, le=65535)
    profile: Literal["1080p25", "720p15", "360p10"] = "1080p25"
    user: str | None = None
    password_file: Path | None = None
    session_timeout_seconds: int = Field(default=60, ge=2, le=3600)

    @model_validator(mode="after")
    def _whole_login(self) -> "SimCameraSettings":
        if (self.user is None) != (self.password_file is None):
            raise ValueError("user and password_file belong together; write both or neither")
        return self

    def login(self) -> Login | None:
        """Return who may look; None for everybody. Raises SettingsError when the password file cannot be read."""
        if self.user is None or self.password_file is None:
            return None
        try:
            return Login(self.user, self.password_file.read_text(encoding="utf-8").rstrip("\r\n"))
        except OSError as problem:
            raise SettingsError(f"{self.password_file}: cannot be read ({problem.strerror}); write it") from problem
