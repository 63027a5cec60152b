"""Where the dome looks: a tour of presets, the operator's hand, and the way home, as a pure machine.

Inputs carry the time (monotonic seconds); the shell (`media/dome.py`) asks at least four times a second with `Tick`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class Holding(StrEnum):
    """Who decides where the dome looks."""

    REST = "rest"
    TOUR = "tour"
    MOVING = "moving"
    HELD = "held"


@dataclass(frozen=True)
class Plan:
    """The stops of the tour, how long it stays at each, and the limits of an operator's hand (seconds)."""

    first: str = "gate"
    home: str = "home"
    stops: Sequence[str] = ("gate",)
    dwell_seconds: float = 8.0
    lease_seconds: float = 2.0
    home_seconds: float = 120.0


@dataclass(frozen=True)
class Dome:
    """The machine's state; `since` is when the present holding began or was renewed."""

    plan: Plan
    holding: Holding = Holding.REST
    stop: int = 0
    since: float = 0.0
    touring: bool = False
    away: bool = False


@dataclass(frozen=True)
class Raised:
    """An incident has been raised; a silent one leaves the dome where it is."""

    at: float
    silent: bool


@dataclass(frozen=True)
class Closed:
    """The incident is over."""

    at: float


@dataclass(frozen=True)
class Moved:
    """An operator asks for a velocity, each from -1 to 1; it must be renewed within the lease."""

    at: float
    pan: float
    tilt: float
    zoom: float


@dataclass(frozen=True)
class Stopped:
    """An operator lets go."""

    at: float


@dataclass(frozen=True)
class Chosen:
    """An operator picks a preset."""

    at: float
    preset: str


@dataclass(frozen=True)
class TourWanted:
    """An operator switches the tour on or off."""

    at: float
    on: bool


@dataclass(frozen=True)
class Tick:
    """Time has passed."""

    at: float


Input = Raised | Closed | Moved | Stopped | Chosen | TourWanted | Tick


@dataclass(frozen=True)
class GoTo:
    """Send the dome to a preset."""

    preset: str


@dataclass(frozen=True)
class Turn:
    """Let the dome turn with these velocities until told otherwise."""

    pan: float
    tilt: float
    zoom: float


@dataclass(frozen=True)
class Halt:
    """Stop the dome where it is."""


Effect = GoTo | Turn | Halt


def step(now: Dome, given: Input) -> tuple[Dome, list[Effect]]:
    """One input in; the next state and the movements out."""
    match given:
        case Raised(at, silent):
            return (now, []) if silent else _first(now, at)
        case Closed(at):
            return _home(now, at)
        case Moved(at, pan, tilt, zoom):
            moving = replace(now, holding=Holding.MOVING, since=at, away=True)
            return moving, [Turn(pan, tilt, zoom)]
        case Stopped(at):
            held = replace(now, holding=Holding.HELD, since=at)
            return held, [Halt()]
        case Chosen(at, preset):
            held = replace(now, holding=Holding.HELD, since=at, away=preset != now.plan.home)
            return held, [GoTo(preset)]
        case TourWanted(at, on):
            return _first(now, at) if on else _hold(now, at)
        case Tick(at):
            return _tick(now, at)


def _first(now: Dome, at: float) -> tuple[Dome, list[Effect]]:
    """To the gate first: that is where whoever pressed the key stands."""
    begun = replace(now, holding=Holding.TOUR, stop=-1, since=at, touring=True, away=True)
    return begun, [GoTo(now.plan.first)]


def _hold(now: Dome, at: float) -> tuple[Dome, list[Effect]]:
    return replace(now, holding=Holding.HELD, since=at, touring=False), [Halt()]


def _home(now: Dome, at: float) -> tuple[Dome, list[Effect]]:
    resting = replace(now, holding=Holding.REST, since=at, touring=False, away=False)
    return resting, [GoTo(now.plan.home)] if now.away else []


def _tick(now: Dome, at: float) -> tuple[Dome, list[Effect]]:
    waited = at - now.since
    match now.holding:
        case Holding.TOUR if waited >= now.plan.dwell_seconds:
            return _next_stop(now, at)
        case Holding.MOVING if waited >= now.plan.lease_seconds:
            # The link may be gone with the operator's finger on the stick: a dome must not turn for ever.
            return replace(now, holding=Holding.HELD, since=at), [Halt()]
        case Holding.HELD if waited >= now.plan.home_seconds:
            return _first(now, at) if now.touring else _home(now, at)
        case _:
            return now, []


def _next_stop(now: Dome, at: float) -> tuple[Dome, list[Effect]]:
    stop = (now.stop + 1) % len(now.plan.stops)
    return replace(now, stop=stop, since=at), [GoTo(now.plan.stops[stop])]
