"""The contract of every lamp, and what a broken one does."""

from collections.abc import Callable, Iterator

import pytest
from gpiozero.pins.mock import MockFactory  # type: ignore[import-untyped]
from pydantic import TypeAdapter, ValidationError

from drivers.lamp import LampSettings, Pattern, SimulatedLamp, open_lamp
from drivers.lamp.gpio import GpioLampSettings
from drivers.lamp.off import OffLampSettings
from drivers.pins import NoPins
from support.contract_outputs import GpioLampRig, LampRig, SimulatedLampRig
from support.patience import until

SETTINGS: TypeAdapter[LampSettings] = TypeAdapter(LampSettings)

# A new make is one more line here.
MAKES: dict[str, Callable[[], LampRig]] = {
    "gpio": lambda: GpioLampRig(active_high=True),
    "gpio-active-low": lambda: GpioLampRig(active_high=False),
    "simulated": SimulatedLampRig,
}


@pytest.fixture(params=MAKES)
def rig(request: pytest.FixtureRequest) -> Iterator[LampRig]:
    """Give the lamp of each make in turn, and close it."""
    made = MAKES[request.param]()
    yield made
    made.lamp.close()


def test_is_dark_at_first(rig: LampRig) -> None:
    """Opening a lamp lights nothing."""
    assert not rig.is_lit()


def test_lights_and_goes_dark(rig: LampRig) -> None:
    """Steady on and off, told once or twice."""
    steps: list[tuple[Pattern, bool]] = [("on", True), ("on", True), ("off", False), ("off", False)]
    for pattern, lit in steps:
        rig.lamp.show(pattern)
        assert rig.is_lit() is lit


@pytest.mark.parametrize(("after", "lit"), [("on", True), ("off", False)])
def test_flashes_until_told_otherwise(rig: LampRig, after: Pattern, lit: bool) -> None:
    """A flashing lamp goes on and off by itself, and stops in the state it is told."""
    rig.lamp.show("flash")
    assert rig.flashes()
    rig.lamp.show(after)
    assert rig.is_lit() is lit


def test_told_to_flash_again_it_keeps_its_rhythm() -> None:
    """Telling it all the time does not begin the lit half anew: it still goes dark and lit again."""
    rig = GpioLampRig(active_high=True)

    def has_gone_dark_and_lit_again() -> bool:
        rig.lamp.show("flash")
        return len(rig.pin.states) >= 5

    until(has_gone_dark_and_lit_again)
    rig.lamp.close()


def test_may_be_closed_twice_while_flashing(rig: LampRig) -> None:
    """Closing ends the flashing (the fixture closes once more)."""
    rig.lamp.show("flash")
    rig.lamp.close()


def test_off_takes_every_pattern() -> None:
    """A lamp that is not there accepts what a real one accepts."""
    lamp = open_lamp(OffLampSettings(make="off"), NoPins())
    patterns: tuple[Pattern, ...] = ("on", "flash", "off")
    for pattern in patterns:
        lamp.show(pattern)
    lamp.close()


async def test_a_broken_lamp_is_an_oserror_until_mended() -> None:
    """A broken lamp is dark, and works again when it is mended."""
    lamp = SimulatedLamp()
    lamp.show("flash")
    await lamp.act("break", {})
    assert lamp.shows() == {"pattern": "off"}
    with pytest.raises(OSError, match="lamp"):
        lamp.show("on")
    await lamp.act("mend", {})
    lamp.show("on")
    assert lamp.shows() == {"pattern": "on"}


def test_a_pin_library_that_fails_is_an_oserror() -> None:
    """Whatever the library raises, the caller sees OSError that names the pin."""
    lamp = open_lamp(GpioLampSettings(make="gpio", pin=24), MockFactory())
    lamp.close()
    with pytest.raises(OSError, match="pin 24"):
        lamp.show("on")


async def test_an_unknown_action_is_refused() -> None:
    """The sentence names what can be done."""
    with pytest.raises(ValueError, match="break, mend"):
        await SimulatedLamp().act("dim", {})


def test_bad_settings_are_refused() -> None:
    """A misspelt key does not pass."""
    with pytest.raises(ValidationError):
        SETTINGS.validate_python({"make": "gpio", "pin": 24, "activehigh": True})
