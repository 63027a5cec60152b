"""Trees and hedges, lit from the upper left."""

import numpy as np

from media.sim_camera.canvas import Color, Picture, disc, mix, polygon, shade, soft_spot

greens: tuple[Color, ...] = ((62, 122, 70), (54, 132, 92), (70, 140, 84), (58, 150, 120))


def tree(picture: Picture, base: tuple[int, int], high: int, random: np.random.Generator) -> None:
    """Paint a tree with its shadow; `base` is the foot of its trunk."""
    x, y = base
    soft_spot(picture, (x + high // 5, y), (high // 2, high // 14), (60, 70, 70), 0.5)
    trunk = high // 22
    polygon(picture, [(x - trunk, y), (x + trunk, y), (x + trunk // 2, y - high // 2), (x - trunk // 2, y - high // 2)],
            (52, 74, 96))  # fmt: skip
    _crown(picture, (x, y - int(high * 0.64)), int(high * 0.33), random)


def _crown(picture: Picture, center: tuple[int, int], radius: int, random: np.random.Generator) -> None:
    """Lay tufts over each other, dark ones first and below, light ones last and towards the sun."""
    green = greens[int(random.integers(len(greens)))]
    for layer in range(5):
        light = 0.62 + 0.16 * layer
        for _ in range(26):
            angle, far = random.random() * 2 * np.pi, radius * (0.95 - 0.13 * layer) * np.sqrt(random.random())
            x = int(center[0] + far * np.cos(angle) - radius * 0.05 * layer)
            y = int(center[1] + far * np.sin(angle) * 1.05 - radius * 0.07 * layer)
            size = int(radius * (0.30 - 0.045 * layer) * (0.7 + 0.6 * random.random()))
            color = mix(shade(green, light * (0.92 + 0.16 * random.random())), (90, 210, 220), 0.05 * layer)
            disc(picture, (x, y), (size, int(size * 0.85)), color)


def hedge(picture: Picture, left: int, right: int, base: int, high: int, *, random: np.random.Generator) -> None:
    """Paint a clipped hedge."""
    for layer, light in enumerate((0.66, 0.85, 1.05)):
        for x in range(left, right, max(4, high // 4)):
            y = base - high // 2 - layer * high // 6 + int(random.integers(-3, 4))
            size = int(high * (0.5 - 0.1 * layer))
            disc(picture, (x, y), (size, size), shade(greens[(x // 7) % 2], light * (0.92 + 0.14 * random.random())))
