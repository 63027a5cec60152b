"""From facts to HTML: one template a fragment, the same for the first page and for every push."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from center.console import wording
from center.console.facts import Post
from center.console.records import Action
from center.console.settings import ConsoleSettings, PostSettings
from center.console.wording import Detail
from center.console.wording_ratings import tables
from center.incidents import Incident, Stored
from edge.words import Words

here = Path(__file__).parent


class Views:
    """Renders pages and fragments in both languages."""

    def __init__(self, words: Words, settings: ConsoleSettings) -> None:
        """Prepare the templates."""
        self._words, self._settings = words, settings
        self._zone = ZoneInfo(settings.time_zone)
        loader = FileSystemLoader(here / "templates")
        self._templates = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
        self._templates.globals.update(
            t=self.both, plain=words.both, zh=words.zh, detail=self._detail, wording=wording,
            demo=settings.demo, clock=self._clock, day=self._day, post_of=self.post, r=tables(self.both),
            plain_r=tables(words.both), percent=percent, figure=figure, minute=self._minute, place_of=self.place_of,
        )  # fmt: skip

    def page(self, template: str, **given: object) -> str:
        """Render a template."""
        return self._templates.get_template(template).render(**given)

    def both(self, text: str) -> Markup:
        """Return Chinese above English; read aloud and copied it is `中文 / English`."""
        return Markup(
            '<span class="both"><span lang="zh-CN">{}</span><span class="slash"> / </span>'
            '<span lang="en">{}</span></span>'
        ).format(self._words.zh(text), text)

    def sentence(self, text: str) -> str:
        """Return a text in both languages on one line."""
        return self._words.both(text)

    def post(self, device: str) -> PostSettings:
        """Return what people call a post; an unnamed one is called by its device."""
        return self._settings.posts.get(device) or PostSettings(name=device[:60])

    def place_of(self, place: str) -> str:
        """Return what people call a window, `{tenant}.{post}/{window}`; anything else as it is."""
        device, _, window = place.partition("/")
        return f"{self._settings.posts[device].name} · {window}" if device in self._settings.posts and window else place

    def board(self, opened: Iterable[Incident], closed: Iterable[Incident], posts: Iterable[Post], now: datetime,
              trouble: str | None) -> dict[str, Any]:  # fmt: skip
        """Return the board as keyed fragments, and what it must sound like."""
        opened = list(opened)
        return {
            "lists": {
                "open": [self._keyed("incident_row.html", one.id, incident=one) for one in opened],
                "closed": [self._keyed("closed_row.html", one.id, incident=one) for one in closed],
                "posts": [self._keyed("post_row.html", one.device, post=one, here=one.here(now)) for one in posts],
            },
            "sound": _loudest(one.alert for one in opened if one.taken_by is None),
            "calling": sum(one.taken_by is None for one in opened),
            "trouble": trouble or "",
        }

    def incident(self, incident: Incident, events: Iterable[Stored], actions: Iterable[Action]) -> dict[str, Any]:
        """Return the moving parts of an incident's page."""
        return {
            "lists": {
                "status": [self._keyed("status.html", "status", incident=incident)],
                "timeline": self._timeline(incident, events, actions),
            },
            "open": incident.open,
            "taken": incident.taken_by or "",
            "state": incident.state,
            "silenced": incident.siren_silenced,
            "clip": incident.clip is not None,
        }

    def _timeline(
        self, incident: Incident, events: Iterable[Stored], actions: Iterable[Action]
    ) -> list[dict[str, str]]:
        entries = [(one.at, f"e{one.position}", wording.of_event(one), one.kind) for one in events]
        entries += [
            (one.at, f"a{number}-{one.status}", wording.of_action(one), "action") for number, one in enumerate(actions)
        ]
        return [
            self._keyed(
                "entry.html", key, at=at, since=_since(at - incident.raised), title=said[0], details=said[1], kind=kind
            )
            for at, key, said, kind in sorted(entries, key=lambda entry: (entry[0], entry[1]), reverse=True)
        ]

    def _keyed(self, template: str, key: str, **given: object) -> dict[str, str]:
        return {"key": key, "html": self.page(template, **given).strip()}

    def _detail(self, detail: Detail) -> str | Markup:
        return self.both(detail.word) if detail.word else detail.raw

    def _clock(self, moment: datetime) -> str:
        return moment.astimezone(self._zone).strftime("%H:%M:%S")

    def _minute(self, moment: datetime) -> str:
        return moment.astimezone(self._zone).strftime("%Y-%m-%d %H:%M")

    def _day(self, moment: datetime) -> str:
        return moment.astimezone(self._zone).strftime("%Y-%m-%d")


def percent(share: float | None) -> str:
    """Write a share of 0 to 1 as people read it; a dash stands for nothing to divide by."""
    return "–" if share is None else f"{share:.1%}"


def figure(number: float | None, digits: int = 1) -> str:
    """Write a figure; a dash stands for none."""
    return "–" if number is None else f"{number:.{digits}f}"


# What sounds when several call at once: the most serious one.
_order: Mapping[str, int] = {"panic": 0, "silent": 1, "assist": 2, "drill": 3, "test": 4}


def _loudest(alerts: Iterable[str]) -> str:
    return min(alerts, key=lambda alert: _order.get(alert, 0), default="")


def _since(span: timedelta) -> str:
    """Return a span as +M:SS, as people read a stopwatch."""
    seconds = round(span.total_seconds())
    sign, seconds = ("-" if seconds < 0 else "+"), abs(seconds)
    hours, rest = divmod(seconds, 3600)
    return f"{sign}{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{sign}{rest // 60}:{rest % 60:02}"
