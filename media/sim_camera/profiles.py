"""What the simulated camera can be set to send."""

from dataclasses import dataclass
from typing import Literal

ProfileName = Literal["1080p25", "720p15", "360p10"]


@dataclass(frozen=True, slots=True)
class Profile:
    """A picture size, frames per second, and bits per second."""

    width: int
    height: int
    rate: int
    bits: int


profiles: dict[ProfileName, Profile] = {
    "1080p25": Profile(1920, 1080, 25, 4_000_000),
    "720p15": Profile(1280, 720, 15, 2_000_000),
    "360p10": Profile(640, 360, 10, 600_000),
}
