"""The contract of every relay, and what a broken one does."""

from collections.abc import Callable, Iterator

import pytest
from gpiozero.pins.mock import MockFactory  # type: ignore[import-untyped]
from pydantic import TypeAdapter, ValidationError

from drivers.pins import NoPins
from drivers.relay import RelaySettings, SimulatedRelay, open_relay
from drivers.relay.gpio import GpioRelaySettings
from drivers.relay.off import OffRelay, OffRelaySettings
from support.contract_outputs import GpioRelayRig, RelayRig, SimulatedRelayRig

SETTINGS: TypeAdapter[RelaySettings] = TypeAdapter(RelaySettings)

# A new make is one more line here.
MAKES: dict[str, Callable[[], RelayRig]] = {
    "gpio": lambda: GpioRelayRig(active_high=True),
    "gpio-active-low": lambda: GpioRelayRig(active_high=False),
    "simulated": SimulatedRelayRig,
}


@pytest.fixture(params=MAKES)
def rig(request: pytest.FixtureRequest) -> Iterator[RelayRig]:
    """Give the relay of each make in turn, and close it."""
    made = MAKES[request.param]()
    yield made
    made.relay.close()


def test_is_off_at_first(rig: RelayRig) -> None:
    """Opening a relay switches nothing on."""
    assert not rig.is_on()


def test_switches_and_may_be_told_again(rig: RelayRig) -> None:
    """On is on, twice as well; off is off."""
    for on in (True, True, False, False, True):
        rig.relay.set(on)
        assert rig.is_on() is on


def test_may_be_closed_twice(rig: RelayRig) -> None:
    """Closing again does nothing (the fixture closes once more)."""
    rig.relay.set(True)
    rig.relay.close()


def test_off_takes_everything() -> None:
    """A relay that is not there accepts what a real one accepts."""
    relay = open_relay(OffRelaySettings(make="off"), NoPins())
    relay.set(True)
    relay.close()
    assert isinstance(relay, OffRelay)


@pytest.mark.parametrize("active_high", [True, False])
def test_no_blip_of_on_at_the_start(active_high: bool) -> None:
    """Between claiming the pin and the first set() the output never has its on level."""
    rig = GpioRelayRig(active_high=active_high)
    # The mock's first entry is the level of the floating input before the pin was claimed.
    levels = [bool(state.state) for state in rig.pin.states[1:]]
    assert active_high not in levels
    rig.relay.close()


async def test_a_broken_board_is_an_oserror_until_mended() -> None:
    """The relay falls off when its board breaks, and works again when it is mended."""
    relay = SimulatedRelay()
    relay.set(True)
    await relay.act("break", {})
    assert relay.shows() == {"on": False}
    with pytest.raises(OSError, match="relay board"):
        relay.set(True)
    await relay.act("mend", {})
    relay.set(True)
    assert relay.shows() == {"on": True}


def test_a_pin_library_that_fails_is_an_oserror() -> None:
    """Whatever the library raises, the caller sees OSError that names the pin."""
    relay = open_relay(GpioRelaySettings(make="gpio", pin=23), MockFactory())
    relay.close()
    with pytest.raises(OSError, match="pin 23"):
        relay.set(True)


async def test_an_unknown_action_is_refused() -> None:
    """The sentence names what can be done."""
    with pytest.raises(ValueError, match="break, mend"):
        await SimulatedRelay().act("melt", {})


@pytest.mark.parametrize("wrong", [{"make": "gpio"}, {"make": "gpio", "pin": -1}, {"make": "off", "pin": 5}])
def test_bad_settings_are_refused(wrong: dict[str, object]) -> None:
    """A relay without a pin, or with one too many, does not pass."""
    with pytest.raises(ValidationError):
        SETTINGS.validate_python(wrong)


def test_settings_tell_their_pin() -> None:
    """The settings check needs it to find a pin used twice."""
    assert SETTINGS.validate_python({"make": "gpio", "pin": 23}).pins() == (23,)
