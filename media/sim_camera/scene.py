"""One frame: the part of the panorama that the head looks at, and everybody in it."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from media.sim_camera import panorama
from media.sim_camera.actors import Pose, cast
from media.sim_camera.canvas import Picture
from media.sim_camera.geometry import horizon, middle, pixels_per_degree
from media.sim_camera.head import Aim
from media.sim_camera.panorama import Planes
from media.sim_camera.profiles import Profile
from media.sim_camera.sprites import Cutout, Sprite

full_height = 1080  # lines; the panorama is painted for these
most_sprites = 256
covered = 22  # brightness of a covered lens


def frame_planes(frame: Picture) -> Planes:
    """Return the planes inside of a 4:2:0 frame of three halves its height; writing to them writes to the frame."""
    high, wide = frame.shape[0] * 2 // 3, frame.shape[1]
    u, v = np.split(frame[high:].reshape(-1), 2)
    return Planes(frame[:high], u.reshape(high // 2, wide // 2), v.reshape(high // 2, wide // 2))


class Scene:
    """Renders frames of one profile; the panorama is painted when this is made (about 1.5 s)."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._scale = profile.height / full_height
        self._world = panorama.planes(panorama.paint(), self._scale)
        self._cast = cast()
        self._sprites: dict[tuple[int, int], Sprite] = {}
        self._shadow: Picture = _shadow()
        self._empty_at = (0, 0, 0, 0)
        self._empty = self.dark()

    def render(self, aim: Aim, seconds: float) -> Picture:
        """Return a new 4:2:0 frame of the scene at a time."""
        left, top, wide, high = self._window(aim)
        frame = self._background(left, top, wide, high).copy()
        poses = [pose for actor in self._cast if (pose := actor.stands(seconds))]
        scale = self._profile.width / wide
        for pose in sorted(poses, key=lambda one: one.y):
            self._place(frame_planes(frame), pose, left, top, scale)
        return frame

    def dark(self) -> Picture:
        """Return what a covered lens sees."""
        frame = np.full((self._profile.height * 3 // 2, self._profile.width), 128, np.uint8)
        frame[: self._profile.height] = covered
        return frame

    def _window(self, aim: Aim) -> tuple[int, int, int, int]:
        """Return the part of the panorama in view: left, top, width, height, all even for the color planes."""
        wide, high = (round(side / aim.zoom) // 2 * 2 for side in (self._profile.width, self._profile.height))
        x = (middle + aim.pan * pixels_per_degree) * self._scale - wide / 2
        y = (horizon - aim.tilt * pixels_per_degree) * self._scale - high / 2
        most_y, most_x = (side - part for side, part in zip(self._world.y.shape, (high, wide), strict=True))
        return int(max(0, min(most_x, x))) // 2 * 2, int(max(0, min(most_y, y))) // 2 * 2, wide, high

    def _background(self, left: int, top: int, wide: int, high: int) -> Picture:
        """Crop and enlarge; while the head stands still that was done already."""
        key = (left, top, wide, high)
        if self._empty_at != key:
            frame = np.empty((self._profile.height * 3 // 2, self._profile.width), np.uint8)
            into, world = frame_planes(frame), self._world
            _enlarge(world.y[top : top + high, left : left + wide], into.y)
            half = np.s_[top // 2 : (top + high) // 2, left // 2 : (left + wide) // 2]
            _enlarge(world.u[half], into.u)
            _enlarge(world.v[half], into.v)
            self._empty_at, self._empty = key, frame
        return self._empty

    def _place(self, frame: Planes, pose: Pose, left: int, top: int, scale: float) -> None:
        sprite = self._sized(pose.figure, pose.size * scale * self._scale)
        high, wide = sprite.cover.shape
        x, y = ((at * self._scale - origin) * scale for at, origin in ((pose.x, left), (pose.y, top)))
        ground = (int(x - wide * 0.45), int(y - high * 0.06), int(wide * 1.1), max(2, int(high * 0.12)))
        _darken(frame.y, self._shadow, ground)
        _lay(frame, sprite, int(x - wide / 2) // 2 * 2, int(y - high) // 2 * 2)

    def _sized(self, figure: Cutout, size: float) -> Sprite:
        """Return a figure at a size, in steps of about 3 %, each computed once."""
        step = round(32 * np.log2(max(size, 0.05)))
        key = (id(figure), int(step))
        if key not in self._sprites:
            if len(self._sprites) >= most_sprites:
                self._sprites.clear()
            self._sprites[key] = figure.sized(2.0 ** (step / 32))
        return self._sprites[key]


def _enlarge(part: Picture, into: Picture) -> None:
    if part.shape == into.shape:
        into[:] = part
    else:
        cv2.resize(part, (into.shape[1], into.shape[0]), dst=into, interpolation=cv2.INTER_LINEAR)


def _shadow() -> Picture:
    ys, xs = np.mgrid[-1:1:32j, -1:1:128j]
    return np.asarray(np.clip(1 - xs**2 - ys**2, 0, 1) * 60, np.uint8)


def _darken(luma: Picture, shadow: Picture, box: tuple[int, int, int, int]) -> None:
    """Lay the soft shadow under a figure; `box` is left, top, width, height."""
    left, top, wide, high = box
    spot = np.asarray(cv2.resize(shadow, (wide, high)), np.uint8).astype(np.int16)
    _cover(luma, np.zeros_like(spot), spot, left, top)


def _lay(frame: Planes, sprite: Sprite, left: int, top: int) -> None:
    _cover(frame.y, sprite.picture.y, sprite.cover, left, top)
    _cover(frame.u, sprite.picture.u, sprite.half_cover, left // 2, top // 2)
    _cover(frame.v, sprite.picture.v, sprite.half_cover, left // 2, top // 2)


def _cover(plane: Picture, over: NDArray[Any], cover: NDArray[np.int16], left: int, top: int) -> None:
    """Blend a figure's plane into the frame's; what lies outside is cut off."""
    high, wide = plane.shape
    rows = slice(max(0, -top), max(0, min(cover.shape[0], high - top)))
    columns = slice(max(0, -left), max(0, min(cover.shape[1], wide - left)))
    share = cover[rows, columns]
    if share.size:
        part = plane[top + rows.start : top + rows.stop, left + columns.start : left + columns.stop]
        part[:] = part + (((over[rows, columns].astype(np.int16) - part) * share) >> 7)
