"""What waits for the disk: bounded, in order, and what is dropped is named without touching what is still there."""

import asyncio
from datetime import UTC, datetime

from edge.event import ClockState, Event, Severity, Stamp
from edge.outbox_file import Ack, Entry, Hole
from edge.outbox_waiting import Waiting, WaitingList, runs

moment = datetime(2026, 11, 2, tzinfo=UTC)
stamp = Stamp(moment, "boot", 1, ClockState.FLOOR)


def event(number: int, severity: Severity = Severity.STATE) -> Event:
    """Return an event of panic, or of its alarms."""
    outbox = "panic-alarm" if severity is Severity.ALARM else "panic"
    return Event(outbox, "01E", number, "device.started", severity, stamp, moment, {})


def waiting(*events: Event, promise: "asyncio.Future[None] | None" = None, **keep: str) -> Waiting:
    """Return an entry."""
    return Waiting(Entry(tuple((each, "{}") for each in events), keep), (promise,) if promise else ())


def numbers(held: WaitingList) -> list[int]:
    """Return the numbers of what is held."""
    return [each.sequence for item in held.entries for each, _ in item.entry.events]


def kept(held: WaitingList) -> dict[str, str]:
    """Return the state as the disk would have it."""
    state: dict[str, str] = {}
    for item in held.entries:
        state |= item.entry.keep
    return state


def test_the_oldest_without_alarm_go_and_are_named_together() -> None:
    """One at a time over a long failure, and still one gap."""
    held = WaitingList(3)
    for number in range(1, 9):
        held.add(waiting(event(number)))
        held.bound()
    assert len(held.entries) <= 3
    (gap,) = held.take_dropped()
    assert (gap.first, gap.last + 1) == (1, numbers(held)[0])
    assert held.take_dropped() == []


def test_alarms_stay_and_the_state_stays_right() -> None:
    """An alarm's state must not come back over a later one that was dropped with its event."""
    held = WaitingList(2)
    held.add(waiting(event(1), a="old", b="1"))
    held.add(waiting(event(1, Severity.ALARM), a="alarm"))
    held.add(waiting(event(2), a="new"))
    for number in (3, 4, 5):
        held.add(waiting(event(number)))
        held.bound()
    alarms = [item for item in held.entries if item.alarms]
    assert len(alarms) == 1
    assert kept(held) == {"a": "new", "b": "1"}


async def test_a_promise_for_state_alone_is_still_kept() -> None:
    """Whoever waits for it must not wait for ever."""
    promise: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    held = WaitingList(1)
    held.add(waiting(promise=promise, a="1"))
    for number in (1, 2, 3):
        held.add(waiting(event(number)))
        held.bound()
    assert [each for item in held.entries for each in item.promises] == [promise]
    assert kept(held) == {"a": "1"}


def test_acknowledgements_do_not_pile_up() -> None:
    """The furthest of each lane includes the others."""
    held = WaitingList(1)
    for upto in (1, 3, 2):
        held.add(Ack("panic", "01E", upto))
    held.add(Ack("panic-alarm", "01E", 1))
    assert held.acks == [Ack("panic", "01E", 3), Ack("panic-alarm", "01E", 1)]
    held.clear()
    assert held.acks == []


def test_a_number_that_is_still_there_is_not_given_up() -> None:
    """Runs end at it."""
    assert list(runs(event(number) for number in (1, 2, 4, 5, 7))) == [
        Hole("panic", "01E", 1, 2),
        Hole("panic", "01E", 4, 5),
        Hole("panic", "01E", 7, 7),
    ]
    assert list(runs([])) == []
