"""What panic knows of itself: faults, readiness, and the sign of life that the listener looks for."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from edge import readiness
from edge.faults import Faults
from edge.panic.timers import boottime_seconds

# A press needs these. Limits in seconds: how old a proof may be.
limits: Mapping[str, float] = {"button": 10, "light": 10, "siren": 10, "disk": 1800, "link": 90}


class Guard:
    """Collects proofs and faults; what is not proved is not claimed."""

    def __init__(self, faults: Faults, on_change: Callable[[bool], None]) -> None:
        """Begin with nothing proved; `on_change` is told whether the post is ready."""
        self._faults = faults
        self._on_change = on_change
        self._parts: readiness.Readiness = {name: readiness.Part(limit) for name, limit in limits.items()}

    @property
    def faults(self) -> Faults:
        """The open faults."""
        return self._faults

    def part(self, name: str, reason: str | None) -> None:
        """A part has worked (None) or failed."""
        self._faults.set(name, reason)
        self.prove(name, reason)

    def prove(self, name: str, reason: str | None) -> None:
        """As `part`, for what is no fault of the post: a line to the centre that is down."""
        if name in self._parts:
            now = boottime_seconds()
            change = readiness.proved(self._parts, name, now) if reason is None else None
            self._parts = change or readiness.faulty(self._parts, name, reason or "")
            self.look()

    def look(self) -> None:
        """Judge again; time alone makes a proof too old."""
        self._on_change(readiness.ready(self._parts, boottime_seconds()))

    def summary(self) -> dict[str, Any]:
        """Return the readiness as the status shows it."""
        return readiness.summary(self._parts, boottime_seconds())


class SignOfLife:
    """A file that says when panic was last seen working, for the listener that kills a hung one."""

    def __init__(self, path: Path) -> None:
        """Open the file. Raises OSError when the run directory is not there."""
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def show(self) -> None:
        """Write CLOCK_BOOTTIME in nanoseconds, always 20 digits, so that a reader never sees half of it."""
        os.pwrite(self._file, f"{time.clock_gettime_ns(time.CLOCK_BOOTTIME):020d}\n".encode(), 0)
