"""What only some makes of contact can do."""

from collections.abc import Iterator
from threading import get_ident
from time import monotonic_ns

import pytest
from gpiozero import GPIOPinInUse  # type: ignore[import-untyped]
from gpiozero.pins.mock import MockFactory  # type: ignore[import-untyped]
from pydantic import TypeAdapter, ValidationError

from drivers.contact import ContactSettings, Reading, Sensed, SimulatedContact, open_contact
from drivers.contact.gpio import GpioContactSettings
from drivers.contact.supervised import SupervisedContact, SupervisedContactSettings
from drivers.part import PartError
from drivers.pins import NoPins
from support.contract_contact import SupervisedRig
from support.heard import Heard

SETTINGS: TypeAdapter[ContactSettings] = TypeAdapter(ContactSettings)


@pytest.fixture
def supervised() -> Iterator[SupervisedRig]:
    """Give a supervised key on mock pins."""
    rig = SupervisedRig()
    yield rig
    rig.contact.close()


def test_a_cut_cable_is_told(supervised: SupervisedRig) -> None:
    """With NC gone and nobody pressing, the cable is cut."""
    heard: Heard[Sensed] = Heard()
    supervised.contact.listen(heard)
    supervised.nc.drive_high()
    assert heard.first(1)[0].reading is Reading.CUT
    assert supervised.contact.read() is Reading.CUT


def test_a_short_circuit_is_told_and_its_end_too(supervised: SupervisedRig) -> None:
    """With both lines at ground the cable is shorted; lifted, the key is at rest again."""
    heard: Heard[Sensed] = Heard()
    supervised.contact.listen(heard)
    supervised.no.drive_low()
    heard.first(1)
    supervised.no.drive_high()
    assert [sensed.reading for sensed in heard.first(2)] == [Reading.SHORTED, Reading.OPEN]


def test_an_edge_that_is_told_late_makes_no_fault(supervised: SupervisedRig) -> None:
    """NC is told open for longer than the settle time, but the line says that it has closed since."""
    assert isinstance(supervised.contact, SupervisedContact)
    heard: Heard[Sensed] = Heard()
    supervised.contact.listen(heard)
    with supervised.contact._changed:
        supervised.contact._edge("nc", low=False, at_ns=monotonic_ns() - 10_000_000_000)
        assert supervised.contact._look() == 0.02
        supervised.contact._edge("nc", low=True, at_ns=monotonic_ns())
    supervised.no.drive_low()
    assert [sensed.reading for sensed in heard.first(1)] == [Reading.SHORTED]


def test_a_press_is_told_within_the_edge_itself() -> None:
    """Even with the longest settle time the press is told in the thread of its edge, before the edge returns."""
    rig = SupervisedRig(settle_milliseconds=5000)
    heard: Heard[tuple[Reading, int]] = Heard()
    rig.contact.listen(lambda sensed: heard((sensed.reading, get_ident())))
    rig.press()
    assert heard.all() == [(Reading.CLOSED, get_ident())]
    rig.contact.close()


def test_a_key_cut_at_the_start_reads_as_cut() -> None:
    """Lines that rest on a fault when the program starts are read as what they say."""
    factory = MockFactory()
    contact = open_contact(SupervisedContactSettings(make="supervised", pin_no=5, pin_nc=6), factory)
    assert contact.read() is Reading.CUT
    contact.close()


def test_a_pin_in_use_is_refused_and_the_other_given_back() -> None:
    """Two parts on one pin are refused, and a half-opened key keeps nothing."""
    factory = MockFactory()
    held = open_contact(GpioContactSettings(make="gpio", pin=6), factory)
    with pytest.raises(GPIOPinInUse):
        open_contact(SupervisedContactSettings(make="supervised", pin_no=5, pin_nc=6), factory)
    open_contact(GpioContactSettings(make="gpio", pin=5), factory).close()
    held.close()


def test_a_wired_contact_on_a_device_without_pins_is_refused() -> None:
    """The sentence names the pin and the setting."""
    with pytest.raises(PartError, match=r'pin 5.*factory = "none"'):
        open_contact(GpioContactSettings(make="gpio", pin=5), NoPins())


@pytest.mark.parametrize(
    "wrong",
    [
        {"make": "gpio"},
        {"make": "gpio", "pin": 28},
        {"make": "gpio", "pin": 5, "pull": "up"},
        {"make": "supervised", "pin_no": 5, "pin_nc": 5},
        {"make": "supervised", "pin_no": 5, "pin_nc": 6, "settle_milliseconds": 0},
        {"make": "imagined"},
        {},
    ],
)
def test_bad_settings_are_refused(wrong: dict[str, object]) -> None:
    """Unknown makes, unknown keys and impossible pins do not pass."""
    with pytest.raises(ValidationError):
        SETTINGS.validate_python(wrong)


def test_settings_tell_their_pins() -> None:
    """The settings check needs them to find a pin used twice."""
    assert SETTINGS.validate_python({"make": "supervised", "pin_no": 5, "pin_nc": 6}).pins() == (5, 6)
    assert SETTINGS.validate_python({"make": "off"}).pins() == ()


async def test_the_simulated_press_is_momentary() -> None:
    """A press without hold is down and up again when the action is answered."""
    contact, heard = SimulatedContact(), Heard[Sensed]()
    contact.listen(heard)
    await contact.act("press", {"milliseconds": 40})
    down, up = heard.all()
    assert (down.reading, up.reading) == (Reading.CLOSED, Reading.OPEN)
    assert up.at_ns - down.at_ns >= 39_000_000


async def test_a_simulated_touch_is_as_short_as_it_was_asked_for() -> None:
    """However late the loop is: its two edges carry the times that they stand for."""
    contact, heard = SimulatedContact(), Heard[Sensed]()
    contact.listen(heard)
    await contact.act("press", {"milliseconds": 5})
    down, up = heard.all()
    assert (down.reading, up.reading) == (Reading.CLOSED, Reading.OPEN)
    assert up.at_ns - down.at_ns == 5_000_000


@pytest.mark.parametrize(
    ("action", "reading"),
    [("stick", "closed"), ("cut", "cut"), ("short", "shorted")],
)
async def test_a_simulated_fault_stays_until_mended(action: str, reading: str) -> None:
    """No finger changes a stuck key or a cut cable."""
    contact = SimulatedContact()
    await contact.act(action, {})
    await contact.act("press", {"milliseconds": 1})
    await contact.act("release", {})
    assert contact.shows() == {"reading": reading}
    await contact.act("mend", {})
    assert contact.shows() == {"reading": "open"}


@pytest.mark.parametrize(
    ("action", "body"),
    [("explode", {}), ("press", {"milliseconds": 0}), ("press", {"milliseconds": True}), ("press", {"hold": 1})],
)
async def test_a_simulated_contact_refuses_nonsense(action: str, body: dict[str, object]) -> None:
    """Unknown actions and bad bodies change nothing."""
    contact = SimulatedContact()
    with pytest.raises(ValueError, match=r"cannot|must be"):
        await contact.act(action, body)
    assert contact.shows() == {"reading": "open"}
