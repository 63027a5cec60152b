"""A supply played by the demo page: two simulated parts, mains and battery."""

from collections.abc import Callable, Mapping
from typing import Literal

from drivers.actions import unknown
from drivers.part import PartSettings
from drivers.power.kind import Heard, Power
from drivers.telling import tell


class SimulatedPowerSettings(PartSettings):
    """A simulated supply; refused outside the demo."""

    make: Literal["simulated"]


class SimulatedMains:
    """The mains of the simulated supply."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """Start switched on."""
        self.on = True
        self._changed = changed

    def shows(self) -> Mapping[str, bool]:
        """Show whether the mains are on."""
        return {"on": self.on}

    async def act(self, action: str, body: Mapping[str, object]) -> None:
        """Switch the mains off or on; ValueError for another action."""
        del body
        match action:
            case "off":
                self._become(on=False)
            case "on" | "mend":
                self._become(on=True)
            case _:
                raise unknown("mains", action, ("off", "on", "mend"))

    def _become(self, *, on: bool) -> None:
        changed, self.on = on != self.on, on
        if changed:
            self._changed()


class SimulatedBattery:
    """The battery of the simulated supply."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """Start charged."""
        self.low = False
        self._changed = changed

    def shows(self) -> Mapping[str, bool]:
        """Show whether the battery is low."""
        return {"low": self.low}

    async def act(self, action: str, body: Mapping[str, object]) -> None:
        """Run the battery low or charge it; ValueError for another action."""
        del body
        match action:
            case "low":
                self._become(low=True)
            case "mend":
                self._become(low=False)
            case _:
                raise unknown("battery", action, ("low", "mend"))

    def _become(self, *, low: bool) -> None:
        changed, self.low = low != self.low, low
        if changed:
            self._changed()


class SimulatedPower:
    """A supply of two parts that the demo page shows beside each other."""

    def __init__(self) -> None:
        """Start with mains on and battery charged."""
        self.mains = SimulatedMains(self._told)
        self.battery = SimulatedBattery(self._told)
        self._heard: Heard | None = None

    def listen(self, heard: Heard) -> None:
        """Tell each change, from whoever calls act()."""
        self._heard = heard

    def read(self) -> Power:
        """Tell the supply as the two parts stand."""
        return Power(mains=self.mains.on, battery="low" if self.battery.low else "ok")

    def close(self) -> None:
        """Tell nothing more."""
        self._heard = None

    def _told(self) -> None:
        if self._heard is not None:
            tell(self._heard, self.read())
