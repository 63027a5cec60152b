"""Contacts: button, assist key, key switch and tamper switch are one kind (docs/decisions/0001)."""

from typing import Annotated, assert_never

from pydantic import Field

from drivers.contact.gpio import GpioContact, GpioContactSettings
from drivers.contact.kind import Contact, Heard, Reading, Sensed
from drivers.contact.off import OffContact, OffContactSettings
from drivers.contact.simulated import SimulatedContact, SimulatedContactSettings
from drivers.contact.supervised import SupervisedContact, SupervisedContactSettings
from drivers.factory import Factory

ContactSettings = Annotated[
    GpioContactSettings | SupervisedContactSettings | SimulatedContactSettings | OffContactSettings,
    Field(discriminator="make"),
]

__all__ = ["Contact", "ContactSettings", "Heard", "Reading", "Sensed", "SimulatedContact", "open_contact"]


def open_contact(settings: ContactSettings, factory: Factory) -> Contact:
    """Open the make that the settings name; PartError or gpiozero.GPIOPinInUse when its pins cannot be had."""
    match settings:
        case GpioContactSettings():
            return GpioContact(settings, factory)
        case SupervisedContactSettings():
            return SupervisedContact(settings, factory)
        case SimulatedContactSettings():
            return SimulatedContact()
        case OffContactSettings():
            return OffContact()
        case _:
            assert_never(settings)
