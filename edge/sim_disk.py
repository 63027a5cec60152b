"""The demo's disk: it can fill up or die, and the outbox meets the error that a real one would give."""

import errno
import os
import sqlite3
from collections.abc import Mapping
from typing import Any


class SimulatedDisk:
    """Called before each commit of an outbox."""

    def __init__(self) -> None:
        """Begin in good health."""
        self._state = "ok"

    def __call__(self) -> None:
        """Raise what the disk would."""
        match self._state:
            case "full":
                raise sqlite3.OperationalError("database or disk is full")
            case "dead":
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            case _:
                return

    def shows(self) -> Mapping[str, Any]:
        """Return what the demo page shows."""
        return {"state": self._state}

    async def act(self, action: str, body: Mapping[str, Any]) -> None:
        """`fill`, `die` or `mend`. Raises ValueError for anything else."""
        del body
        states = {"fill": "full", "die": "dead", "mend": "ok"}
        if action not in states:
            raise ValueError(f"the disk knows no action {action!r}; it knows {', '.join(states)}")
        self._state = states[action]
