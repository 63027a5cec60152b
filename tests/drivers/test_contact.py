"""The contract of every contact."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from time import monotonic_ns

import pytest

from drivers.contact import Reading, Sensed
from support.contract_contact import ContactRig, GpioRig, OffRig, SimulatedRig, SupervisedRig
from support.heard import Heard

# A new make is one more line here.
MAKES: dict[str, Callable[[], ContactRig]] = {
    "gpio": GpioRig,
    "gpio-normally-closed": lambda: GpioRig(active_low=False),
    # Nothing of this contract needs a fault, and a busy machine may hold up the hand between the two contacts of the key.
    "supervised": lambda: SupervisedRig(settle_milliseconds=5000),
    "simulated": SimulatedRig,
}


@pytest.fixture(params=MAKES)
def rig(request: pytest.FixtureRequest) -> Iterator[ContactRig]:
    """Give the contact of each make in turn, and close it."""
    made = MAKES[request.param]()
    yield made
    made.contact.close()


@pytest.fixture(params=[*MAKES, "off"])
def any_rig(request: pytest.FixtureRequest) -> Iterator[ContactRig]:
    """Give each make and also the one that is not there."""
    made = {**MAKES, "off": OffRig}[request.param]()
    yield made
    made.contact.close()


def test_is_at_rest_at_first(any_rig: ContactRig) -> None:
    """A contact that nobody touches reads as open."""
    assert any_rig.contact.read() is Reading.OPEN


def test_tells_press_and_release_in_order(rig: ContactRig) -> None:
    """Each change is told once, in its order."""
    heard: Heard[Sensed] = Heard()
    rig.contact.listen(heard)
    for _ in range(3):
        rig.press()
        rig.release()
    told = [sensed.reading for sensed in heard.first(6)]
    assert told == [Reading.CLOSED, Reading.OPEN] * 3


def test_reads_what_is_now(rig: ContactRig) -> None:
    """Reading follows the finger without waiting for anything."""
    rig.press()
    assert rig.contact.read() is Reading.CLOSED
    rig.release()
    assert rig.contact.read() is Reading.OPEN


def test_stamps_with_the_monotonic_clock_in_order(rig: ContactRig) -> None:
    """Time stamps are nanoseconds of CLOCK_MONOTONIC between before and after, and never go back."""
    heard: Heard[Sensed] = Heard()
    rig.contact.listen(heard)
    before = monotonic_ns()
    rig.press()
    rig.release()
    stamps = [sensed.at_ns for sensed in heard.first(2)]
    # gpiozero hands the time over as a float of seconds, which rounds it to less than a microsecond.
    assert before - 1_000 <= stamps[0] <= stamps[1] <= monotonic_ns() + 1_000


def test_does_not_tell_what_was_before(rig: ContactRig) -> None:
    """A listener hears changes only; the state at the start is read."""
    rig.press()
    heard: Heard[Sensed] = Heard()
    rig.contact.listen(heard)
    rig.release()
    assert [sensed.reading for sensed in heard.first(1)] == [Reading.OPEN]


def test_tells_nothing_after_close(rig: ContactRig) -> None:
    """A closed contact is silent."""
    heard: Heard[Sensed] = Heard()
    rig.contact.listen(heard)
    rig.contact.close()
    rig.press()
    assert heard.all() == []


def test_may_be_closed_twice(any_rig: ContactRig) -> None:
    """Closing again does nothing (the fixture closes once more)."""
    any_rig.contact.close()


def test_outlives_a_failing_listener(rig: ContactRig, caplog: pytest.LogCaptureFixture) -> None:
    """An error in a listener is logged, and the next change is told all the same."""
    calls: Heard[Sensed] = Heard()

    def failing(sensed: Sensed) -> None:
        calls(sensed)
        raise RuntimeError("the listener is broken")

    rig.contact.listen(failing)
    rig.press()
    rig.release()
    assert len(calls.first(2)) == 2
    assert "the listener is broken" in caplog.text


def test_repeats_nothing(rig: ContactRig) -> None:
    """Two neighbouring reports always differ."""
    heard: Heard[Sensed] = Heard()
    rig.contact.listen(heard)
    rig.press()
    rig.press()
    rig.release()
    rig.release()
    told = [sensed.reading for sensed in heard.first(2)]
    assert all(first is not second for first, second in pairwise(told))
