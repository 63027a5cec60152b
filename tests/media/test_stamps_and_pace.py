"""RTP stamps of bursts, and their pace."""

from hypothesis import given
from hypothesis import strategies as st

from media.pace import DEPTH_BYTES, Bucket, spend
from media.stamps import CLOCK_RATE, LEAST, SQUEEZE, Stamper, begin, stamp

FRAME = CLOCK_RATE // 25


def test_a_cached_gop_is_squeezed_up_to_the_live_picture() -> None:
    """Fifty pictures that are 2 s old play within 70 ms and end where the live ones go on."""
    now = begin(Stamper(), 0, 2_000_000_000)
    given = []
    for number in range(52):
        now, ticks = stamp(now, number * FRAME)
        given.append(ticks)
    assert given[49] - given[0] <= 50 * FRAME // SQUEEZE
    assert given[50:] == [50 * FRAME, 51 * FRAME]


def test_a_replay_goes_forward_although_its_pictures_are_old() -> None:
    """A browser takes an older stamp for a late packet."""
    now, last = stamp(Stamper(), 100 * FRAME)
    now = begin(now, 75 * FRAME, 1_000_000_000)
    for number in range(75, 101):
        now, ticks = stamp(now, number * FRAME)
        assert ticks >= last + LEAST
        last = ticks
    assert stamp(now, 102 * FRAME)[1] == 102 * FRAME


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**11), st.booleans()), min_size=2, max_size=60))
def test_stamps_always_grow(given: list[tuple[int, int, bool]]) -> None:
    """Whatever the camera counts and however old a burst is."""
    now, last = Stamper(), None
    for pts, age, burst in given:
        if burst:
            now = begin(now, pts, age)
        now, ticks = stamp(now, pts)
        assert last is None or ticks > last
        last = ticks


def test_a_burst_leaves_at_its_pace() -> None:
    """A megabyte at 1 MB/s takes a second, less what the bucket held."""
    bucket, waited = Bucket(1_000_000), 0.0
    for _ in range(1000):
        bucket, wait = spend(bucket, 1000, waited)
        waited += wait
    assert abs(waited - (1 - DEPTH_BYTES / 1_000_000)) < 0.01


def test_a_rested_bucket_holds_no_more_than_its_depth() -> None:
    """An hour of silence is no licence for a blast."""
    _, wait = spend(Bucket(1_000_000), 2 * DEPTH_BYTES, 3600)
    assert wait > 0
