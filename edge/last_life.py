"""How a program's last life ended: a mark in its run directory, which only an orderly end takes away.

A start of the machine empties that directory, so a power cut is not taken for a death of the program.
"""

import logging
from collections.abc import Callable
from pathlib import Path

from edge.faults import Faults

log = logging.getLogger(__name__)
mark = "running"
own_group = Path("/proc/self/cgroup")
groups = Path("/sys/fs/cgroup")
killed = "the program ended without having been stopped, and was started again"
no_memory = "the program was killed and started again; the kernel had no memory left for it"


class LastLife:
    """The mark of one program."""

    def __init__(self, folder: Path, kills: Callable[[], int | None] | None = None) -> None:
        """`folder` is the program's run directory; `kills` counts what the kernel has killed for memory."""
        self._mark = folder / mark
        self._kills = kills or memory_kills

    def begin(self) -> str | None:
        """Mark that this life has begun, and return why the last one ended if it was not stopped. Raises OSError."""
        before = self._mark.read_text(encoding="utf-8") if self._mark.exists() else None
        kills = self._kills()
        self._mark.write_text("" if kills is None else str(kills), encoding="utf-8")
        if before is None:
            return None
        return no_memory if before.isdecimal() and kills is not None and kills > int(before) else killed

    def end(self) -> None:
        """Mark that this life ends because it was told to."""
        self._mark.unlink(missing_ok=True)


def memory_kills() -> int | None:
    """Count what the kernel has killed for memory in this program's control group; None where there is no such count."""
    try:
        path = own_group.read_text(encoding="utf-8").strip().rpartition("0::/")[2]
        lines = (groups / path / "memory.events").read_text(encoding="utf-8").splitlines()
        return int(dict(line.split() for line in lines)["oom_kill"])
    except (OSError, ValueError, KeyError):
        return None  # another version of control groups, as on a desk


def tell(faults: Faults, program: str, folder: Path) -> None:
    """Tell how the last life of a program ended, if it was not stopped: a fault that is mended by this start."""
    try:
        reason = LastLife(folder).begin()
    except OSError as problem:
        log.warning("how the last life ended is not known: %s", problem)
        return
    if reason is not None:
        faults.set(program, reason)
        faults.set(program, None)
