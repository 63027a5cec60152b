"""Pan-tilt heads: one Protocol, a settings class for each make, and `open_ptz`.

A further make (ONVIF, Pelco D) is a file of its own beside `simulated.py`, its settings class in `PtzSettings`,
and one more `case`.
"""

from typing import Annotated

from pydantic import Field

from drivers.ptz.kind import Position, Ptz, PtzError
from drivers.ptz.off import OffPtz, OffSettings
from drivers.ptz.simulated import SimulatedPtz, SimulatedSettings

__all__ = ["Position", "Ptz", "PtzError", "PtzSettings", "open_ptz"]

PtzSettings = Annotated[SimulatedSettings | OffSettings, Field(discriminator="make")]


def open_ptz(settings: SimulatedSettings | OffSettings) -> Ptz:
    """Return the head that the settings name."""
    match settings:
        case SimulatedSettings():
            return SimulatedPtz(settings)
        case OffSettings():
            return OffPtz()
