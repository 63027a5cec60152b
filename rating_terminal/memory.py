"""What a restart needs to go on with the same services, as text beside the events."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from rating_terminal.visit import Choice, Last, Outcome, Service, State, Terminal, Visit

key = "terminal"


def as_text(terminal: Terminal, boot: str) -> dict[str, str]:
    """Return what the outbox keeps with the events; `boot` tells whose clock the times are of."""
    return {key: json.dumps({"boot": boot, "terminal": asdict(terminal)}, ensure_ascii=False)}


def from_text(kept: Mapping[str, str], window: str) -> tuple[Terminal, str]:
    """Read it back with its boot. Raises ValueError with a sentence when it is not what as_text wrote."""
    if key not in kept:
        return Terminal(window), ""
    try:
        stored = json.loads(kept[key])
        found = stored["terminal"]
        terminal = Terminal(
            window,
            _visit(found["front"]) if found["front"] else None,
            tuple(_visit(visit) for visit in found["phones"]),
            last=_last(found["last"]),
        )
        return terminal, str(stored["boot"])
    except (KeyError, TypeError, AttributeError, ValueError) as problem:
        raise ValueError(f"the open service of the earlier life cannot be read: {problem!r}") from problem


def _visit(stored: Mapping[str, Any]) -> Visit:
    choice = stored["choice"]
    return Visit(
        **{
            **stored,
            "service": Service(**stored["service"]),
            "state": State(stored["state"]),
            "choice": Choice(**{**choice, "reasons": tuple(choice["reasons"])}) if choice else None,
        }
    )


def _last(stored: Mapping[str, Any] | None) -> Last | None:
    return Last(**{**stored, "outcome": Outcome(stored["outcome"])}) if stored else None
