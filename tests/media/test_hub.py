"""The hub: whatever comes and however slow the viewer, what is shown can be decoded, and memory stays bounded."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.camera import AccessUnit
from media.hub import Hub, Subscription


def unit(number: int, *, key: bool, size: int = 10) -> AccessUnit:
    """Return the picture with that number, at 10 pictures per second."""
    return AccessUnit(bytes(size), number * 9_000, key, number * 100_000_000)


def stream(count: int, distance: int, first: int = 0) -> list[AccessUnit]:
    """Return pictures with a key frame at each multiple of a distance."""
    return [unit(number, key=number % distance == 0) for number in range(first, first + count)]


def numbers(units: list[AccessUnit] | tuple[AccessUnit, ...]) -> list[int]:
    """Return the numbers of pictures."""
    return [one.pts // 9_000 for one in units]


async def taken(hub: Hub, count: int, maxsize: int = 100) -> list[int]:
    """Return what a new viewer sees first."""
    with hub.subscribe(maxsize) as view:
        return [(await anext(view)).pts // 9_000 for _ in range(count)]


async def test_a_viewer_begins_with_the_last_key_frame() -> None:
    """And with everything since, at once."""
    hub = Hub()
    for one in stream(25, 10):
        hub.put(one)
    assert await taken(hub, 5) == [20, 21, 22, 23, 24]
    assert hub.last_unit_ns == 2_400_000_000


async def test_a_viewer_before_the_first_key_frame_waits_for_it() -> None:
    """There is nothing to begin with yet."""
    hub = Hub()
    with hub.subscribe() as view:
        for one in stream(25, 10, first=7):
            hub.put(one)
        assert (await anext(view)).pts == 10 * 9_000


async def test_replay_begins_again_with_the_key_frame() -> None:
    """What a viewer that lost pictures asks for."""
    hub = Hub()
    with hub.subscribe() as view:
        for one in stream(13, 10):
            hub.put(one)
        for _ in range(13):
            await anext(view)
        view.replay()
        assert numbers([await anext(view) for _ in range(3)]) == [10, 11, 12]


async def test_a_slow_viewer_goes_on_at_a_key_frame() -> None:
    """What it is given before is without a hole; then it jumps, and only to a key frame."""
    hub = Hub()
    with hub.subscribe(maxsize=4) as view:
        for one in stream(23, 10):
            hub.put(one)
        assert numbers([await anext(view) for _ in range(3)]) == [20, 21, 22]
        assert view.skipped == 20


async def test_a_waiting_viewer_is_told_of_the_end() -> None:
    """Closing ends the iteration."""
    view = Hub().subscribe()
    waiting = asyncio.ensure_future(anext(view, None))
    await asyncio.sleep(0)
    view.close()
    assert await waiting is None


async def test_a_new_picture_wakes_the_viewer() -> None:
    """No polling."""
    hub = Hub()
    with hub.subscribe() as view:
        waiting = asyncio.ensure_future(anext(view))
        await asyncio.sleep(0)
        hub.put(unit(0, key=True))
        assert (await waiting).key


def test_the_ring_keeps_its_seconds() -> None:
    """At least the seconds asked for, at most one group of pictures more, from a key frame on."""
    hub = Hub(ring_seconds=3)
    for one in stream(100, 10):
        hub.put(one)
    assert numbers(hub.ring()) == list(range(60, 100))


def test_an_endless_group_is_forgotten() -> None:
    """A camera that sends no second key frame must not fill the memory."""
    hub = Hub(ring_seconds=3)
    for one in stream(100, 1000):
        hub.put(one)
    assert hub.ring() == ()


@pytest.mark.parametrize("size", [10, 200])
def test_the_ring_is_bounded_in_bytes(size: int) -> None:
    """Old groups go first; a single group that is too large goes as well."""
    hub = Hub(ring_seconds=1000, max_bytes=1000)
    for number in range(500):
        hub.put(unit(number, key=number % 20 == 0, size=size))
        assert sum(len(one.data) for one in hub.ring()) <= 1000


steps = st.lists(
    st.one_of(st.booleans().map(lambda key: ("put", key)), st.just(("take", False)), st.just(("replay", False))),
    max_size=200,
)


@given(steps, st.integers(1, 10))
def test_what_is_seen_can_be_decoded(todo: list[tuple[str, bool]], maxsize: int) -> None:
    """Each picture seen is a key frame or follows the one seen before; the queue stays bounded."""
    hub, number = Hub(ring_seconds=2, max_bytes=400), 0
    seen: list[AccessUnit] = []
    with asyncio.Runner() as runner, hub.subscribe(maxsize) as view:
        for what, key in todo:
            if what == "put":
                hub.put(unit(number, key=key))
                number += 1
            elif what == "replay":
                view.replay()
            elif view.ready:
                seen.append(runner.run(_one(view)))
            assert view.ready <= maxsize + 40
            assert not hub.ring() or hub.ring()[0].key
    for before, after in zip([None, *seen], seen, strict=False):
        assert after.key or (before is not None and after.pts == before.pts + 9_000)


async def _one(view: Subscription) -> AccessUnit:
    return await anext(view)
