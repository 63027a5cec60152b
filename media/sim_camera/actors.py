"""Who moves through the scene, along which way and when; nobody is run over, for cars wait while people cross."""

from dataclasses import dataclass

from media.sim_camera import sprites
from media.sim_camera.geometry import curb, fence_base, gate_left, gate_right, road_end, width
from media.sim_camera.sprites import Cutout

crossing = (gate_left + gate_right) // 2
steps_per_second = 5.0


@dataclass(frozen=True, slots=True)
class Pose:
    """An actor at one moment: its figure, where its feet are in the panorama, and how large it is."""

    figure: Cutout
    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True)
class Actor:
    """Goes from `begin` to `end` (where its feet or wheels are) once a cycle; the sizes are those at both ends."""

    figures: tuple[Cutout, ...]
    begin: tuple[int, int]
    end: tuple[int, int]
    sizes: tuple[float, float]
    starts: float  # seconds into the cycle
    takes: float  # seconds
    cycle: float  # seconds

    def stands(self, seconds: float) -> Pose | None:
        """Return where the actor is at a time; None while it is away."""
        share = ((seconds - self.starts) % self.cycle) / self.takes
        if share >= 1:
            return None
        x, y = (a + (b - a) * share for a, b in zip(self.begin, self.end, strict=True))
        size = self.sizes[0] + (self.sizes[1] - self.sizes[0]) * share
        return Pose(self.figures[int(seconds * steps_per_second) % len(self.figures)], x, y, size)


def cast() -> list[Actor]:
    """Return everybody."""
    pupil = sprites.person((60, 90, 214), (120, 84, 52), (190, 150, 40))
    girl = sprites.person((180, 120, 232), (90, 70, 70), (80, 80, 220))
    man = sprites.person((150, 110, 62), (60, 58, 60), None)
    woman = sprites.person((120, 180, 90), (150, 120, 96), None)
    walkers = [
        _walker(man, 0, right=True), _walker(woman, 17, right=False), _walker(pupil, 41, right=True),
        _walker(girl, 43, right=True), _walker(pupil, 66, right=False), _walker(man, 88, right=False),
        _walker(woman, 103, right=True),
    ]  # fmt: skip
    return [*walkers, *_crossers(pupil, girl, woman), *_traffic()]


def _walker(figures: list[Cutout], starts: float, *, right: bool) -> Actor:
    y = fence_base + 128 + (4 if right else 12)
    ways = ((0, y), (width, y)) if right else ((width, y), (0, y))
    return Actor(_facing(figures, right=right), *ways, (0.95, 0.95), starts, 120, 120)


def _crossers(pupil: list[Cutout], girl: list[Cutout], woman: list[Cutout]) -> list[Actor]:
    """Come over the crossing towards the gate, smaller on their way."""
    near, far = (crossing + 40, road_end + 60), (crossing - 30, curb + 10)
    return [
        Actor(_facing(figures, right=False), (near[0] + dx, near[1]), (far[0] + dx * 2 // 3, far[1]), (1.75, 1.05),
              starts, 11, 40)
        for figures, dx, starts in ((pupil, -60, 1.0), (woman, 50, 2.2), (girl, 0, 4.5))
    ]  # fmt: skip


def _traffic() -> list[Actor]:
    far, near = curb + 150, road_end - 76
    return [
        _vehicle(sprites.car((196, 196, 200)), far, 1.0, 18.0, right=False),
        _vehicle(sprites.car((60, 160, 60), taxi=True), far, 1.0, 20.2, right=False),
        _vehicle(sprites.car((130, 60, 40)), near, 1.35, 18.6, right=True),
        _vehicle(sprites.bus(), near, 1.15, 21.6, right=True),
        _vehicle(sprites.car((40, 40, 180)), far, 1.0, 23.4, right=False),
    ]


def _vehicle(figure: Cutout, y: int, size: float, starts: float, *, right: bool) -> Actor:
    ways = ((-600, y), (width + 600, y)) if right else ((width + 600, y), (-600, y))
    return Actor(_facing([figure], right=right), *ways, (size, size), starts, 15, 40)


def _facing(figures: list[Cutout], *, right: bool) -> tuple[Cutout, ...]:
    return tuple(figures) if right else tuple(sprites.mirrored(figure) for figure in figures)
