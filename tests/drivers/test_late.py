"""Parts whose pins are missing at first, taken by somebody else, or go away: they come as if they had always been there."""

import pytest

from drivers.contact import ContactSettings, Reading, Sensed, late_contact
from drivers.contact.gpio import GpioContactSettings
from drivers.contact.simulated import SimulatedContact, SimulatedContactSettings
from drivers.contact.supervised import SupervisedContactSettings
from drivers.keypad import Press, late_keypad
from drivers.keypad.gpio import GpioKeypadSettings
from drivers.lamp import late_lamp
from drivers.lamp.gpio import GpioLampSettings
from drivers.late import late_among
from drivers.part import PartError
from drivers.pins import NoPins
from drivers.power import Power, late_power
from drivers.power.gpio import GpioPowerSettings
from drivers.relay import Relay, late_relay
from drivers.relay.gpio import GpioRelaySettings
from support.heard import Heard
from support.patience import until, until_async
from support.scripted_pins import ScriptedPins

button, light = 5, 6
relay_settings = GpioRelaySettings(make="gpio", pin=light)


async def tended(part: object) -> None:
    """Look after the part once, without patience."""
    (late,) = late_among([part])
    await late.tend(patience=0)


def lit(relay: Relay) -> str | None:
    """Switch on; return what is wrong."""
    try:
        relay.set(True)
    except OSError as problem:
        return str(problem)
    return None


async def test_a_light_that_comes_late_goes_on_at_once() -> None:
    """What it was told while it was missing is not forgotten, and it says why it is missing."""
    pins = ScriptedPins(chip=False)
    relay = late_relay(relay_settings, pins)
    assert lit(relay) == 'no GPIO chip is labelled "callpost"'
    await tended(relay)
    assert pins.level(light) is None
    pins.come()
    await tended(relay)
    assert pins.level(light) is True
    relay.close()


@pytest.mark.parametrize(
    "settings",
    [
        GpioContactSettings(make="gpio", pin=button),
        SupervisedContactSettings(make="supervised", pin_no=button, pin_nc=7),
    ],
    ids=["gpio", "supervised"],
)
async def test_a_key_whose_line_was_taken_is_heard_once_it_is_free(settings: ContactSettings) -> None:
    """It tells how it is when it comes, and every change from then on; nothing of a half-open key is kept."""
    pins, heard = ScriptedPins(), Heard[Sensed]()
    pins.taken = {settings.pins()[-1]}  # type: ignore[arg-type]  # numbers here
    contact = late_contact(settings, pins)
    contact.listen(heard)
    with pytest.raises(OSError, match="the part cannot be opened: 'GPIO busy'"):
        contact.read()
    pins.taken = set()
    await tended(contact)
    first = await until_async(lambda: heard.all()[:1])
    assert first[0].reading is contact.read()
    pins.drive(7, low=False)
    pins.drive(button, low=True)
    until(lambda: heard.all()[-1].reading is Reading.CLOSED)
    contact.close()


async def test_what_has_gone_is_given_up_and_comes_again() -> None:
    """Reads fail until the chip is back; the listener of before is told again."""
    pins, heard = ScriptedPins(), Heard[Power]()
    supply = late_power(GpioPowerSettings(make="gpio", pin_mains=button, pin_battery=7), pins)
    supply.listen(heard)
    pins.go()
    with pytest.raises(OSError, match="the supply cannot be read"):
        supply.read()
    await tended(supply)
    with pytest.raises(OSError, match="no GPIO chip"):
        supply.read()
    pins.come()
    await tended(supply)
    assert heard.all()[-1] == supply.read()
    supply.close()


async def test_a_part_that_has_failed_only_now_is_not_given_up() -> None:
    """A glitch of a second is no reason to let go of a line that another process might take."""
    pins = ScriptedPins()
    relay = late_relay(relay_settings, pins)
    tries = pins.tries
    line = pins.board.pin(light)
    line.function = "input"
    assert "cannot be switched" in (lit(relay) or "")
    (late,) = late_among([relay])
    await late.tend()
    assert pins.tries == tries
    line.function = "output"
    assert lit(relay) is None
    await tended(relay)
    assert pins.tries == tries
    relay.close()


async def test_a_lamp_notices_that_it_has_gone_while_nothing_changes() -> None:
    """It is told the same each second, and then the missing pin is an error."""
    for pattern in ("off", "on"):
        pins = ScriptedPins()
        lamp = late_lamp(GpioLampSettings(make="gpio", pin=light), pins)
        lamp.show(pattern)
        pins.go()
        with pytest.raises(OSError, match="lamp on pin 6 cannot be switched"):
            lamp.show(pattern)


async def test_a_keypad_that_comes_late_is_pressed() -> None:
    """Until then it is unplugged with the reason as its fault; its lamp waits with it."""
    pins, heard = ScriptedPins(), Heard[Press]()
    pins.taken = {20}
    settings = GpioKeypadSettings(make="gpio", pins_keys=(5, 6, 7, 8, 9), pins_lamps=(20,))
    keypad = late_keypad(settings, pins)
    keypad.listen(heard)
    keypad.light(3)
    assert (keypad.plugged, keypad.fault) == (False, "the part cannot be opened: 'GPIO busy'")
    pins.taken = set()
    await tended(keypad)
    assert (keypad.plugged, keypad.fault) == (True, None)
    assert pins.level(20) is True
    pins.drive(8, low=True)
    assert [press.level for press in heard.first(1)] == [4]
    pins.go()
    assert not keypad.plugged
    assert "the keys of the keypad cannot be read" in (keypad.fault or "")
    await tended(keypad)
    assert keypad.fault == 'no GPIO chip is labelled "callpost"'


def test_settings_that_contradict_themselves_end_it() -> None:
    """No waiting helps against factory none."""
    with pytest.raises(PartError, match='factory = "none"'):
        late_relay(relay_settings, NoPins())


def test_parts_without_pins_are_nobodys_care() -> None:
    """The demo page needs the simulated part itself."""
    part = late_contact(SimulatedContactSettings(make="simulated"), NoPins())
    assert isinstance(part, SimulatedContact)
    assert late_among([part]) == ()
