"""Contacts: button, assist key, key switch and tamper switch are one kind (docs/decisions/0001)."""

from functools import partial
from typing import Annotated, assert_never

from pydantic import Field

from drivers.contact.gpio import GpioContact, GpioContactSettings
from drivers.contact.kind import Contact, Heard, Reading, Sensed
from drivers.contact.late import LateContact
from drivers.contact.off import OffContact, OffContactSettings
from drivers.contact.simulated import SimulatedContact, SimulatedContactSettings
from drivers.contact.supervised import SupervisedContact, SupervisedContactSettings
from drivers.factory import Factory

ContactSettings = Annotated[
    GpioContactSettings | SupervisedContactSettings | SimulatedContactSettings | OffContactSettings,
    Field(discriminator="make"),
]

__all__ = [
    "Contact",
    "ContactSettings",
    "Heard",
    "Reading",
    "Sensed",
    "SimulatedContact",
    "late_contact",
    "open_contact",
]


def open_contact(settings: ContactSettings, factory: Factory) -> Contact:
    """Open the make that the settings name; PartError, OSError or gpiozero.GPIOPinInUse when its pins cannot be had."""
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


def late_contact(settings: ContactSettings, factory: Factory) -> Contact:
    """Open it as `open_contact` does, but wait for pins that cannot be had now (drivers/late.py); PartError as there."""
    if settings.pins():
        return LateContact(partial(open_contact, settings, factory))
    return open_contact(settings, factory)
