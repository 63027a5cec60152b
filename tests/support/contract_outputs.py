"""Every make of relay and lamp with a way to see what it does: one class per make, all of the same form."""

from typing import Protocol

from gpiozero.pins.mock import MockFactory  # type: ignore[import-untyped]

from drivers.lamp import Lamp, SimulatedLamp
from drivers.lamp.gpio import GpioLamp, GpioLampSettings
from drivers.relay import Relay, SimulatedRelay
from drivers.relay.gpio import GpioRelay, GpioRelaySettings
from support.patience import until


class RelayRig(Protocol):
    """A relay and an eye on it."""

    relay: Relay

    def is_on(self) -> bool:
        """Tell whether current flows."""


class GpioRelayRig:
    """A relay on a mock pin."""

    def __init__(self, *, active_high: bool) -> None:
        """Make the relay, off."""
        self.factory = MockFactory()
        self.pin = self.factory.pin(23)
        self._active_high = active_high
        self.relay: Relay = GpioRelay(GpioRelaySettings(make="gpio", pin=23, active_high=active_high), self.factory)

    def is_on(self) -> bool:
        """Look at the level of the pin."""
        return bool(self.pin.state) == self._active_high


class SimulatedRelayRig:
    """The simulated relay."""

    def __init__(self) -> None:
        """Make the relay, off."""
        self.simulated = SimulatedRelay()
        self.relay: Relay = self.simulated

    def is_on(self) -> bool:
        """Look at what it shows."""
        return bool(self.simulated.shows()["on"])


class LampRig(Protocol):
    """A lamp and an eye on it."""

    lamp: Lamp

    def is_lit(self) -> bool:
        """Tell whether it is lit at this moment."""

    def flashes(self) -> bool:
        """Look until it has gone on and off twice; AssertionError when it never does."""


class GpioLampRig:
    """A lamp on a mock pin."""

    def __init__(self, *, active_high: bool) -> None:
        """Make the lamp, dark."""
        self.factory = MockFactory()
        self._active_high = active_high
        self.pin = self.factory.pin(24)
        self.lamp: Lamp = GpioLamp(GpioLampSettings(make="gpio", pin=24, active_high=active_high), self.factory)

    def is_lit(self) -> bool:
        """Look at the level of the pin."""
        return bool(self.pin.state) == self._active_high

    def flashes(self) -> bool:
        """Count the changes of the pin's level."""
        self.pin.clear_states()
        until(lambda: len(self.pin.states) >= 5)
        return True


class SimulatedLampRig:
    """The simulated lamp."""

    def __init__(self) -> None:
        """Make the lamp, dark."""
        self.simulated = SimulatedLamp()
        self.lamp: Lamp = self.simulated

    def is_lit(self) -> bool:
        """Look at what it shows."""
        return self.simulated.shows()["pattern"] != "off"

    def flashes(self) -> bool:
        """Look at what it shows."""
        return self.simulated.shows()["pattern"] == "flash"
