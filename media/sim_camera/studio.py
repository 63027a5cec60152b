"""Renders and encodes at the frame rate, on a thread of its own, so that the event loop only hands frames out."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

import cv2
import numpy as np

from media.sim_camera.burn_in import burn
from media.sim_camera.canvas import Picture
from media.sim_camera.encoder import Coded, Encoder
from media.sim_camera.head import Aim, Head
from media.sim_camera.profiles import Profile
from media.sim_camera.scene import Scene, frame_planes

Fault = Literal["unplug", "freeze", "blind"]
snapshot_width = 640


@dataclass(frozen=True, slots=True)
class View:
    """What the camera does at the moment."""

    head: Head = field(default_factory=Head)
    frame: int = 0
    fault: Fault | None = None
    jammed: bool = False


class Studio:
    """The thread and what it shares with the event loop: the view, the wish for a key frame, the newest picture."""

    def __init__(self, profile: Profile, publish: Callable[[Coded], None]) -> None:
        self._profile = profile
        self._publish = publish
        self._lock = threading.Lock()
        self._view = View()
        self._wants_key = False
        self._newest: Picture | None = None
        self._end = threading.Event()

    @property
    def view(self) -> View:
        """The view at the moment."""
        return self._view

    def change(self, how: Callable[[View], View]) -> None:
        """Change the view between two frames."""
        with self._lock:
            self._view = how(self._view)

    def ask_key_frame(self) -> None:
        """Make the next frame a key frame."""
        self._wants_key = True

    def end(self) -> None:
        """Let `run` return."""
        self._end.set()

    def run(self) -> None:
        """Paint the scene, then send frames until `end`; frames that come too late are left out, never hurried."""
        scene, encoder = Scene(self._profile), Encoder(self._profile)
        began = time.monotonic()
        tick = 0
        while not self._end.wait(max(0.0, began + tick / self._profile.rate - time.monotonic())):
            picture = self._picture(scene, tick)
            key, self._wants_key = self._wants_key, False
            for coded in encoder.encode(picture, tick, key=key):
                self._publish(coded)
            tick = max(tick + 1, int((time.monotonic() - began) * self._profile.rate))

    def _picture(self, scene: Scene, tick: int) -> Picture:
        """Return the next picture; a frozen camera goes on sending its last one."""
        with self._lock:
            view = self._view
            if view.fault == "freeze" and self._newest is not None:
                return self._newest
            head = view.head if view.jammed else view.head.step(1 / self._profile.rate)
            self._view = view = replace(view, head=head, frame=view.frame + 1)
        dark = view.fault == "blind"
        picture = scene.dark() if dark else scene.render(head.at, tick / self._profile.rate)
        burn(frame_planes(picture), view.frame, datetime.now(UTC).astimezone())
        self._newest = picture
        return picture

    def snapshot(self) -> bytes:
        """Return the newest picture as a small JPEG. Raises ValueError before the first."""
        picture = self._newest
        if picture is None:
            raise ValueError("there is no picture yet")
        size = (snapshot_width, snapshot_width * self._profile.height // self._profile.width)
        small = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_YUV2BGR_I420), size, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 80])[1]).tobytes()


def aimed(view: View, aim: Aim) -> View:
    """Return the view with the head on its way to a direction."""
    return replace(view, head=view.head.go(aim))
