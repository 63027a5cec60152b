"""What a restart needs to go on with the same incident, as text beside the events."""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from edge.panic.incident import Incident, Level, Mode, Siren, State, Timer, idle
from edge.panic.timers import Due

log = logging.getLogger(__name__)
key = "incident"


@dataclass(frozen=True, slots=True)
class Numbered:
    """The alarm whose arrival at a centre is waited for."""

    outbox: str
    epoch: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Memory:
    """The incident, when it was raised (RFC 3339), which alarm is waited for, and its timers."""

    incident: Incident = idle
    raised: str = ""
    alarm: Numbered | None = None
    due: Mapping[Timer, Due] = field(default_factory=dict)


def as_text(memory: Memory) -> dict[str, str]:
    """Return what the outbox keeps with the events."""
    incident = asdict(memory.incident) | {
        "level": memory.incident.level.name,
        "timers": sorted(memory.incident.timers),
    }
    alarm = asdict(memory.alarm) if memory.alarm else None
    due = {timer.value: asdict(when) for timer, when in memory.due.items()}
    return {key: json.dumps({"incident": incident, "raised": memory.raised, "alarm": alarm, "due": due})}


def from_text(kept: Mapping[str, str]) -> Memory:
    """Read it back; nothing kept means no incident. Raises ValueError when it is not what as_text wrote."""
    if key not in kept:
        return Memory()
    try:
        stored = json.loads(kept[key])
        return Memory(
            _incident(stored["incident"]),
            stored["raised"],
            Numbered(**stored["alarm"]) if stored["alarm"] else None,
            {Timer(name): Due(**when) for name, when in stored["due"].items()},
        )
    except (KeyError, TypeError, AttributeError) as problem:
        raise ValueError(f"the kept incident cannot be read: {problem!r}") from problem


class Scratch:
    """The same text in the run directory, which is memory: it outlives the program even when the disk is dead."""

    def __init__(self, path: Path) -> None:
        """Remember the place."""
        self._path = path

    def write(self, kept: Mapping[str, str]) -> None:
        """Replace it at once; a full run directory is told to nobody, for the disk is the record."""
        try:
            fresh = self._path.with_suffix(".new")
            fresh.write_text(json.dumps(dict(kept)), encoding="utf-8")
            fresh.replace(self._path)
        except OSError as problem:
            log.warning("the incident could not be noted in %s: %s", self._path, problem)
            self._forget()

    def _forget(self) -> None:
        """Take the older note away: a restart must not go on with what is no longer true."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as problem:
            log.warning("the older note %s is still there: %s", self._path, problem)

    def read(self) -> dict[str, str]:
        """Return what the last life of this program wrote in this boot; nothing when it wrote nothing readable."""
        try:
            stored = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as problem:
            log.info("no incident is noted in %s: %s", self._path, problem)
            return {}
        return stored if isinstance(stored, dict) else {}


def _incident(stored: Mapping[str, object]) -> Incident:
    return Incident(
        **{  # type: ignore[arg-type]  # written by as_text from the same fields
            **stored,
            "state": State(str(stored["state"])),
            "level": Level[str(stored["level"])],
            "mode": Mode(str(stored["mode"])),
            "siren": Siren(str(stored["siren"])),
            "timers": frozenset(Timer(name) for name in stored["timers"]),  # type: ignore[attr-defined]
        }
    )
