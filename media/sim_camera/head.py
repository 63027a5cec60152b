"""The pan-tilt head: where it looks, where it is going; pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Aim:
    """A direction: pan to the right and tilt upwards in degrees, zoom as a factor."""

    pan: float
    tilt: float
    zoom: float


home = Aim(0.0, -3.0, 1.0)
presets: Mapping[str, Aim] = {"home": home, "gate": Aim(11.5, -2.0, 1.9)}
lowest, highest = Aim(-90.0, -20.0, 1.0), Aim(90.0, 40.0, 4.0)
fastest = Aim(60.0, 40.0, 1.6)  # degrees, degrees and zoom factors per second
still = Aim(0.0, 0.0, 0.0)
Axis = Callable[[float, float, float], float]


@dataclass(frozen=True, slots=True)
class Head:
    """Either on the way to a target, or moving with a velocity (shares of the fastest, -1..1)."""

    at: Aim = home
    target: Aim | None = None
    velocity: Aim = still

    def go(self, target: Aim) -> "Head":
        """Start towards a direction; beyond the ends means to the end."""
        return replace(self, target=_inside(target), velocity=still)

    def move(self, velocity: Aim) -> "Head":
        """Move until told otherwise."""
        return replace(self, target=None, velocity=velocity)

    def step(self, seconds: float) -> "Head":
        """Return the head after that time."""
        if self.target is None:
            aim = _each(lambda at, share, most: at + share * most * seconds, self.at, self.velocity, fastest)
            return replace(self, at=_inside(aim))
        aim = _each(lambda at, to, most: _approach(at, to, most, seconds), self.at, self.target, fastest)
        return replace(self, at=aim, target=None if aim == self.target else self.target)


def _approach(at: float, target: float, most: float, seconds: float) -> float:
    """Go at full speed, slower towards the end: what a motor does, and what looks right."""
    way = target - at
    speed = min(most, most / 40 + 4 * abs(way))
    step = min(abs(way), speed * seconds)
    return target if step == abs(way) else at + (step if way > 0 else -step)


def _inside(aim: Aim) -> Aim:
    return _each(lambda at, low, high: max(low, min(high, at)), aim, lowest, highest)


def _each(function: Axis, one: Aim, two: Aim, three: Aim) -> Aim:
    return Aim(
        function(one.pan, two.pan, three.pan),
        function(one.tilt, two.tilt, three.tilt),
        function(one.zoom, two.zoom, three.zoom),
    )
