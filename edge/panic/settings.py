"""The table [panic]: which parts the post has, on which pins, and what its owner has decided."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from drivers.contact import ContactSettings
from drivers.contact.off import OffContactSettings
from drivers.lamp import LampSettings
from drivers.lamp.off import OffLampSettings
from drivers.pins import GpioSettings
from drivers.power import PowerSettings
from drivers.power.off import OffPowerSettings
from drivers.relay import RelaySettings
from edge.panic.incident import Disposition
from edge.panic.incident import Policy as IncidentPolicy
from edge.settings import Table

Seconds = Annotated[float, Field(gt=0, le=3600)]
no_contact = OffContactSettings(make="off")
no_lamp = OffLampSettings(make="off")
no_power = OffPowerSettings(make="off")


class Policy(Table):
    """What the owner decides; times in seconds. Defaults: outer contract, section 5."""

    siren_limit_seconds: Seconds = 180
    next_path_seconds: Seconds = 5
    second_centre_seconds: Seconds = 10
    escalation_list_seconds: Seconds = 20
    siren_in_drill: bool = True
    siren_in_test: bool = False
    button_level: Literal["panic", "silent"] = "panic"
    key_switch_disposition: Disposition = "accidental"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.next_path_seconds < self.second_centre_seconds:
            raise ValueError(
                "second_centre_seconds must be longer than next_path_seconds; write for instance 10 and 5 under policy"
            )
        return self

    def of_incident(self) -> IncidentPolicy:
        """Return what the incident machine needs of it."""
        chosen = self.model_dump(exclude={"button_level", "key_switch_disposition"})
        return IncidentPolicy(**chosen)


class PanicSettings(Table):
    """The parts of the post. A part that it does not have is `make = "off"`."""

    gpio: GpioSettings = GpioSettings()
    button: ContactSettings
    assist: ContactSettings = no_contact
    key_switch: ContactSettings = no_contact
    tamper: ContactSettings = no_contact
    light: RelaySettings
    siren: RelaySettings
    lamp_called: LampSettings = no_lamp
    lamp_answered: LampSettings = no_lamp
    lamp_ready: LampSettings = no_lamp
    lamp_watched: LampSettings = no_lamp
    power: PowerSettings = no_power
    policy: Policy = Policy()

    @model_validator(mode="after")
    def _no_pin_twice(self) -> Self:
        taken: dict[int | str, str] = {}
        for name in parts:
            for pin in getattr(self, name).pins():
                if pin in taken:
                    raise ValueError(f"{name} and {taken[pin]} are both on pin {pin}; give one of them another pin")
                taken[pin] = name
        return self


parts = tuple(name for name in PanicSettings.model_fields if name not in {"gpio", "policy"})
