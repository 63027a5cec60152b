"""Relays: light and siren are one kind (docs/decisions/0001)."""

from functools import partial
from typing import Annotated, assert_never

from pydantic import Field

from drivers.factory import Factory
from drivers.relay.gpio import GpioRelay, GpioRelaySettings
from drivers.relay.kind import Relay
from drivers.relay.late import LateRelay
from drivers.relay.off import OffRelay, OffRelaySettings
from drivers.relay.simulated import SimulatedRelay, SimulatedRelaySettings

RelaySettings = Annotated[GpioRelaySettings | SimulatedRelaySettings | OffRelaySettings, Field(discriminator="make")]

__all__ = ["Relay", "RelaySettings", "SimulatedRelay", "late_relay", "open_relay"]


def open_relay(settings: RelaySettings, factory: Factory) -> Relay:
    """Open the make that the settings name; PartError, OSError or gpiozero.GPIOPinInUse when its pin cannot be had."""
    match settings:
        case GpioRelaySettings():
            return GpioRelay(settings, factory)
        case SimulatedRelaySettings():
            return SimulatedRelay()
        case OffRelaySettings():
            return OffRelay()
        case _:
            assert_never(settings)


def late_relay(settings: RelaySettings, factory: Factory) -> Relay:
    """Open it as `open_relay` does, but wait for pins that cannot be had now (drivers/late.py); PartError as there."""
    if settings.pins():
        return LateRelay(partial(open_relay, settings, factory))
    return open_relay(settings, factory)
