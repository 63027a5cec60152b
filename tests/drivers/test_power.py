"""The contract of every supply."""

from collections.abc import Callable, Iterator

import pytest
from gpiozero import GPIOPinInUse  # type: ignore[import-untyped]
from gpiozero.pins.mock import MockFactory  # type: ignore[import-untyped]
from pydantic import TypeAdapter, ValidationError

from drivers.contact.gpio import GpioContact, GpioContactSettings
from drivers.pins import NoPins
from drivers.power import Power, PowerSettings, SimulatedPower, open_power
from drivers.power.gpio import GpioPower, GpioPowerSettings
from drivers.power.off import OffPowerSettings
from support.contract_power import GpioPowerRig, PowerRig, SimulatedPowerRig
from support.heard import Heard

SETTINGS: TypeAdapter[PowerSettings] = TypeAdapter(PowerSettings)
ALL_WELL = Power(mains=True, battery="ok")

# A new make is one more line here.
MAKES: dict[str, Callable[[], PowerRig]] = {
    "gpio": lambda: GpioPowerRig(ok_is_low=True),
    "gpio-inverted": lambda: GpioPowerRig(ok_is_low=False),
    "simulated": SimulatedPowerRig,
}


@pytest.fixture(params=MAKES)
def rig(request: pytest.FixtureRequest) -> Iterator[PowerRig]:
    """Give the supply of each make in turn, and close it."""
    made = MAKES[request.param]()
    yield made
    made.supply.close()


def test_tells_mains_and_battery_as_they_change(rig: PowerRig) -> None:
    """Each change is told with the whole state, and can be read as well."""
    heard: Heard[Power] = Heard()
    rig.supply.listen(heard)
    rig.mains(on=False)
    rig.battery(low=True)
    assert rig.supply.read() == Power(mains=False, battery="low")
    rig.mains(on=True)
    rig.battery(low=False)
    assert heard.first(4) == [
        Power(mains=False, battery="ok"),
        Power(mains=False, battery="low"),
        Power(mains=True, battery="low"),
        ALL_WELL,
    ]


def test_is_well_at_first(rig: PowerRig) -> None:
    """Mains on and battery charged read as such."""
    assert rig.supply.read() == ALL_WELL


def test_tells_nothing_after_close(rig: PowerRig) -> None:
    """A closed supply is silent."""
    heard: Heard[Power] = Heard()
    rig.supply.listen(heard)
    rig.supply.close()
    rig.mains(on=False)
    assert heard.all() == []


def test_off_assumes_that_all_is_well() -> None:
    """A post without signal contacts runs only while it has power."""
    supply = open_power(OffPowerSettings(make="off"), NoPins())
    supply.listen(Heard[Power]())
    assert supply.read() == ALL_WELL
    supply.close()


def test_cut_wires_read_as_the_bad_state() -> None:
    """With the default polarity, lines that hang in the air say no mains and battery low."""
    supply = open_power(GpioPowerSettings(make="gpio", pin_mains=20, pin_battery=21), MockFactory())
    assert supply.read() == Power(mains=False, battery="low")
    supply.close()


def test_a_pin_in_use_is_refused_and_the_other_given_back() -> None:
    """A half-opened supply keeps nothing."""
    factory = MockFactory()
    held = GpioContact(GpioContactSettings(make="gpio", pin=21), factory)
    with pytest.raises(GPIOPinInUse):
        GpioPower(GpioPowerSettings(make="gpio", pin_mains=20, pin_battery=21), factory)
    GpioContact(GpioContactSettings(make="gpio", pin=20), factory).close()
    held.close()


async def test_the_simulated_supply_shows_two_parts() -> None:
    """Mains and battery are two parts of the demo's page."""
    supply = SimulatedPower()
    await supply.mains.act("off", {})
    await supply.battery.act("low", {})
    assert (supply.mains.shows(), supply.battery.shows()) == ({"on": False}, {"low": True})
    await supply.mains.act("mend", {})
    await supply.battery.act("mend", {})
    assert supply.read() == ALL_WELL


async def test_unknown_actions_are_refused() -> None:
    """Each part names what it can."""
    supply = SimulatedPower()
    with pytest.raises(ValueError, match="off, on, mend"):
        await supply.mains.act("flicker", {})
    with pytest.raises(ValueError, match="low, mend"):
        await supply.battery.act("explode", {})


@pytest.mark.parametrize("wrong", [{"make": "gpio", "pin_mains": 20, "pin_battery": 20}, {"make": "ups"}])
def test_bad_settings_are_refused(wrong: dict[str, object]) -> None:
    """Two contacts need two pins, and a make that exists."""
    with pytest.raises(ValidationError):
        SETTINGS.validate_python(wrong)


def test_settings_tell_their_pins() -> None:
    """The settings check needs them to find a pin used twice."""
    assert SETTINGS.validate_python({"make": "gpio", "pin_mains": 20, "pin_battery": 21}).pins() == (20, 21)
