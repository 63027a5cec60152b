"""How long nobody could rate at a window in its opening hours: screen and keypad away at once. Pure."""

from dataclasses import dataclass, replace

report_seconds = 600.0  # a window that stays away is told of every ten minutes, so that a power cut hides little


@dataclass(frozen=True, slots=True)
class Presence:
    """What is there to rate with; None: the window has no such part."""

    screen: bool | None
    keypad: bool | None

    @property
    def usable(self) -> bool:
        """Whether anything is there."""
        return bool(self.screen) or bool(self.keypad)

    @property
    def reason(self) -> str:
        """What is missing, in a sentence."""
        away = [name for name, there in (("the screen", self.screen), ("the keypad", self.keypad)) if there is not None]
        return f"{' and '.join(away)} {'was' if len(away) == 1 else 'were'} away"


@dataclass(frozen=True, slots=True)
class Blank:
    """Since when nobody can rate (seconds of CLOCK_BOOTTIME), None while somebody can; and what was missing."""

    since: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A stretch of blank time to be recorded."""

    seconds: float
    reason: str


def look(before: Blank, presence: Presence, *, is_open: bool, at: float, after: float) -> tuple[Blank, Report | None]:
    """Look again at a moment; stretches shorter than `after` seconds are a page being loaded and not told."""
    if before.since is None:
        return (Blank(at, presence.reason) if is_open and not presence.usable else before), None
    lasted = at - before.since
    if not is_open or presence.usable:
        return Blank(), Report(lasted, before.reason) if lasted >= after else None
    if lasted >= max(report_seconds, after):
        return replace(before, since=at), Report(lasted, before.reason)
    return before, None
