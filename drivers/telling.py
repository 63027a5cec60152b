"""How a driver's own thread calls its listener."""

import logging
from collections.abc import Callable
from typing import ParamSpec

Told = ParamSpec("Told")

_log = logging.getLogger(__name__)


def tell(heard: Callable[Told, None], *what: Told.args, **named: Told.kwargs) -> None:
    """Call the listener; an error of its own is logged and never reaches the driver's thread."""
    try:
        heard(*what, **named)
    except Exception:  # noqa: BLE001 - the edge of the drivers, see below
        # lgpio has one thread for every pin and PortAudio one for every stream: an error that escaped would end it,
        # and one faulty listener would make every other key of the post deaf.
        _log.exception("a listener failed; the driver goes on")
