"""From edges to presses, for keys of every kind: what is shorter than 30 ms is no press, what bounces is one press.

Pure: edges carry the kernel's time stamps, so a late program still measures right.
"""

from dataclasses import dataclass
from enum import StrEnum

press_ns = 30_000_000  # a press counts from 30 ms (outer contract, section 5)
gap_ns = 5_000_000  # a bouncing contact opens for less than this
stuck_ns = 30_000_000_000  # nobody holds a key for 30 s


class Key(StrEnum):
    """What the key is taken for."""

    UP = "up"
    RISING = "rising"
    DOWN = "down"
    STUCK = "stuck"


@dataclass(frozen=True, slots=True)
class Debounce:
    """The key's past, as far as it matters. Times are CLOCK_MONOTONIC nanoseconds."""

    key: Key = Key.UP
    closed: bool = False
    since_ns: int = 0
    opened_ns: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What an edge or the passing of time meant, and when to look again (None: at the next edge)."""

    pressed: bool = False
    stuck: bool = False
    freed: bool = False
    look_at_ns: int | None = None


def edge(before: Debounce, closed: bool, at_ns: int) -> tuple[Debounce, Seen]:
    """The contact closed or opened."""
    if closed == before.closed:
        return _proved(before, at_ns)
    # An edge may be told late: first count what the time up to it already proves.
    settled, seen = _proved(before, at_ns)
    if not closed:
        return _again(Debounce(settled.key, closed=False, since_ns=settled.since_ns, opened_ns=at_ns), seen, at_ns)
    began = settled.key is Key.UP
    return _again(
        Debounce(Key.RISING if began else settled.key, True, at_ns if began else settled.since_ns), seen, at_ns
    )


def time_passed(before: Debounce, closed: bool, now_ns: int) -> tuple[Debounce, Seen]:
    """Judge what the time without an edge means: a press, a release, a stuck key. `closed` is what the line says now."""
    if closed != before.closed:
        # An edge is on its way here. Only its time stamp tells a glitch from a press that has just ended.
        return before, Seen(look_at_ns=now_ns + gap_ns)
    return _proved(before, now_ns)


def _proved(before: Debounce, now_ns: int) -> tuple[Debounce, Seen]:
    if before.closed:
        return _held(before, now_ns)
    if before.key is not Key.UP and now_ns - before.opened_ns >= gap_ns:
        after = Debounce(Key.UP)
        # It was closed until opened_ns: that stretch may have been a press of just the right length.
        long_enough = before.key is Key.RISING and before.opened_ns - before.since_ns >= press_ns
        return after, Seen(pressed=long_enough, freed=before.key is Key.STUCK)
    return _again(before, Seen(), now_ns)


def _held(before: Debounce, now_ns: int) -> tuple[Debounce, Seen]:
    held = now_ns - before.since_ns
    match before.key:
        case Key.RISING if held >= press_ns:
            after = Debounce(Key.DOWN, True, before.since_ns)
            return _again(after, Seen(pressed=True), now_ns)
        case Key.DOWN if held >= stuck_ns:
            return Debounce(Key.STUCK, True, before.since_ns), Seen(stuck=True)
        case _:
            return _again(before, Seen(), now_ns)


def _again(state: Debounce, seen: Seen, now_ns: int) -> tuple[Debounce, Seen]:
    """Say when time alone will next mean something."""
    match state.key, state.closed:
        case Key.RISING, True:
            look: int | None = state.since_ns + press_ns
        case Key.DOWN, True:
            look = state.since_ns + stuck_ns
        case Key.UP | Key.STUCK, True:
            look = None
        case Key.UP, False:
            look = None
        case _:
            look = state.opened_ns + gap_ns
    return state, Seen(seen.pressed, seen.stuck, seen.freed, max(look, now_ns) if look is not None else None)
