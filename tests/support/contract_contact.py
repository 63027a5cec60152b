"""Every make of contact with the hand that plays the world: one class per make, all of the same form."""

import asyncio
from typing import Protocol

from gpiozero.pins.mock import MockFactory  # type: ignore[import-untyped]

from drivers.contact import Contact, SimulatedContact, open_contact
from drivers.contact.gpio import GpioContactSettings
from drivers.contact.off import OffContactSettings
from drivers.contact.simulated import SimulatedContactSettings
from drivers.contact.supervised import SupervisedContactSettings
from drivers.pins import NoPins


class ContactRig(Protocol):
    """A contact and the finger on it."""

    contact: Contact

    def press(self) -> None:
        """Press and hold."""

    def release(self) -> None:
        """Let go."""


class GpioRig:
    """One mock pin that a finger ties to ground, or with active_low = false lets go."""

    def __init__(self, *, active_low: bool = True) -> None:
        """Make the contact at rest."""
        self.factory = MockFactory()
        self._active_low = active_low
        self._pin = self.factory.pin(17)
        if not active_low:
            # The mock pin follows its pull-up when it is claimed; a closed loop holds it low from outside.
            self._pin.drive_low()
        settings = GpioContactSettings(make="gpio", pin=17, active_low=active_low)
        self.contact = open_contact(settings, self.factory)
        self.release()

    def press(self) -> None:
        """Drive the pin to its actuated level."""
        self._drive(low=self._active_low)

    def release(self) -> None:
        """Drive the pin to its level at rest."""
        self._drive(low=not self._active_low)

    def _drive(self, *, low: bool) -> None:
        if low:
            self._pin.drive_low()
        else:
            self._pin.drive_high()


class SupervisedRig:
    """Two mock pins that change one after the other, as the two contacts of a key do."""

    def __init__(self, settle_milliseconds: int = 20) -> None:
        """Make the key at rest: NO open, NC closed."""
        self.factory = MockFactory()
        self.no, self.nc = self.factory.pin(5), self.factory.pin(6)
        settings = SupervisedContactSettings(
            make="supervised", pin_no=5, pin_nc=6, settle_milliseconds=settle_milliseconds
        )
        self.contact = open_contact(settings, self.factory)
        self.nc.drive_low()

    def press(self) -> None:
        """Open NC, then close NO."""
        self.nc.drive_high()
        self.no.drive_low()

    def release(self) -> None:
        """Open NO, then close NC."""
        self.no.drive_high()
        self.nc.drive_low()


class SimulatedRig:
    """The simulated contact, moved by its actions."""

    def __init__(self) -> None:
        """Make the contact at rest."""
        self.simulated = open_contact(SimulatedContactSettings(make="simulated"), NoPins())
        self.contact: Contact = self.simulated

    def press(self) -> None:
        """Press and hold."""
        self._act("press", {"hold": True})

    def release(self) -> None:
        """Let go."""
        self._act("release", {})

    def _act(self, action: str, body: dict[str, object]) -> None:
        if not isinstance(self.simulated, SimulatedContact):
            raise TypeError("open_contact gave another make")
        asyncio.run(self.simulated.act(action, body))


class OffRig:
    """The contact that is not there: no finger reaches it."""

    def __init__(self) -> None:
        """Make the contact."""
        self.contact = open_contact(OffContactSettings(make="off"), NoPins())

    def press(self) -> None:
        """Do nothing."""

    def release(self) -> None:
        """Do nothing."""
