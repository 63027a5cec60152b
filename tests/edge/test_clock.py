"""The clocks: what is known to have passed is a floor, and trust is told with every reading."""

from datetime import UTC, datetime, timedelta

import pytest

from edge.clock import Clock, SimulatedClock, build_floor, kernel_is_synchronised
from edge.event import ClockState

before_the_build = "2001-01-01T00:00:00Z"


class SetClock(Clock):
    """A clock with a wall time of the test's choice."""

    def judged(self, wall: datetime, *, synchronised: bool) -> tuple[datetime, ClockState]:
        """Judge it as the kernel's reading would be."""
        stamp = self._judged(wall, synchronised)
        return stamp.wall, stamp.state


def test_a_clock_without_battery_is_not_believed() -> None:
    """1970 after a power cut: the floor is told instead, and that it is worth nothing."""
    assert SetClock().judged(datetime(1970, 1, 1, tzinfo=UTC), synchronised=False) == (build_floor, ClockState.NONE)


def test_the_last_known_moment_is_the_floor() -> None:
    """A wall clock behind the last event is wrong; one that is ahead may be right."""
    last = build_floor + timedelta(days=30)
    clock = SetClock(last)
    assert clock.judged(last - timedelta(seconds=1), synchronised=False) == (last, ClockState.NONE)
    later = last + timedelta(seconds=1)
    assert clock.judged(later, synchronised=False) == (later, ClockState.FLOOR)


def test_a_synchronised_clock_is_believed_even_below_the_floor() -> None:
    """The last life's clock may have been ahead."""
    clock = SetClock(build_floor + timedelta(days=900))
    now = build_floor + timedelta(days=1)
    assert clock.judged(now, synchronised=True) == (now, ClockState.SYNCHRONISED)


def test_no_floor_is_below_the_build() -> None:
    """Whoever asks for one."""
    assert Clock(datetime(1999, 1, 1, tzinfo=UTC)).floor == build_floor


def test_a_reading_of_this_machine() -> None:
    """The boot clock goes forward, the boot id stays, and the state agrees with the kernel's."""
    clock = Clock()
    first, second = clock.stamp(), clock.stamp()
    assert first.mono <= second.mono
    assert first.boot == second.boot
    assert (first.state is ClockState.SYNCHRONISED) == kernel_is_synchronised()


async def test_the_demos_clock_can_be_set_and_mended() -> None:
    """As before NTP has answered, and after."""
    clock = SimulatedClock()
    assert clock.shows()["state"] == "synchronised"
    await clock.act("set", {"wall": before_the_build})
    assert clock.stamp().wall == build_floor
    assert clock.shows()["state"] == "none"
    await clock.act("set", {"wall": "2090-01-01T00:00:00+08:00"})
    assert clock.stamp().wall.year in {2089, 2090}
    assert clock.shows()["state"] == "floor"
    await clock.act("mend", {})
    assert clock.shows()["state"] == "synchronised"


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("set", {"wall": 5}),
        ("set", {"wall": "noon"}),
        ("set", {"wall": "2026-01-01T08:00:00"}),
        ("set", {"wall": "9999-12-31T23:59:59Z"}),
        ("set", {"wall": "0001-01-01T00:00:00+14:00"}),
        ("wind", {}),
    ],
)
async def test_the_demos_clock_refuses_nonsense(action: str, body: dict[str, object]) -> None:
    """With a ValueError, and goes on as before."""
    clock = SimulatedClock()
    with pytest.raises(ValueError, match=r"."):
        await clock.act(action, body)
    assert clock.stamp().state is ClockState.SYNCHRONISED
