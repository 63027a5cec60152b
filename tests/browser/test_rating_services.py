"""Two hundred services with random citizens in a real Chromium: the records say exactly what was done, no more, no less."""

import json
import random
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from support.broker import Broker, free_port
from support.browser import patient_milliseconds
from support.centre import Centre
from support.patience import deadline_seconds, until
from support.rating import RatingProcess, slow, write_settings

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
seed = 20261121
hasty = "policy = { answer_seconds = 0.5, reason_seconds = 0.5, thanks_seconds = 0.5 }\n"
# What citizens do before or after their press, and how many of them; together with the last one, 200.
habits = {
    "press": 84, "double": 25, "again": 15, "silence": 25, "language": 15, "large": 5, "reload": 12, "cancelled": 8,
    "killed while asked": 6, "killed while thanked": 4,
}  # fmt: skip


@dataclass
class Reference:
    """What must be in the records: a few sums that know nothing of how the terminal works."""

    asked: int = 0
    given: Counter[int] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    unanswered: int = 0
    excluded: Counter[str] = field(default_factory=Counter)


class Citizens:
    """Plays one service after the other, and notes in the reference what was done."""

    def __init__(self, rating: RatingProcess, page: Page) -> None:
        """Begin with the same dice each time."""
        self.rating, self.page, self.dice = rating, page, random.Random(seed)
        self.body = page.locator("body")
        self.expected = Reference()

    def serve(self, habit: str) -> None:
        """One service from its opening to its end."""
        before = self.body.get_attribute("data-session") or "nobody"
        service = self.rating.open()
        self.expected.asked += 1
        expect(self.body).not_to_have_attribute("data-session", before)
        self.shows("asked")
        match habit:
            case "silence":
                self.expected.unanswered += 1  # when the next service is opened
            case "cancelled":
                self.cancel(service)
            case _:
                self.before_the_press(habit)
                self.rate(double=habit == "double")
                self.after_the_press(habit)

    def shows(self, state: str) -> None:
        """Wait until the page shows a state."""
        expect(self.body).to_have_attribute("data-state", state)

    def cancel(self, service: str) -> None:
        """The counter takes the service back; a key of the keypad that is pressed then belongs to nobody."""
        assert self.rating.counter.delete(f"/v1/services/{service}").status_code == 204
        self.shows("idle")
        self.rating.key(self.dice.randint(1, 5))
        self.expected.excluded.update(["cancelled", "outside_service"])

    def before_the_press(self, habit: str) -> None:
        """What may happen while the keys are shown."""
        match habit:
            case "language":
                self.page.get_by_role("button", name="English").click()
                expect(self.page.locator("html")).to_have_attribute("lang", "en")
            case "large":
                self.page.locator("#large").click()
                expect(self.page.locator("#large")).to_have_attribute("aria-pressed", "true")
            case "reload":
                self.page.reload()
                self.shows("asked")
            case "killed while asked":
                self.kill()
                self.shows("asked")

    def rate(self, *, double: bool) -> None:
        """Touch a key, perhaps twice in quick succession, and one reason or none after a bad rating."""
        level = self.dice.choice((5, 5, 5, 4, 4, 3, 2, 1))
        key = self.page.locator(f"[data-level='{level}']")
        if double:
            key.dblclick()
        else:
            key.click()
        self.expected.given[level] += 1
        if level <= 2:
            self.give_reason()
        self.shows("thanked")

    def give_reason(self) -> None:
        """Tap one, or skip."""
        self.shows("reason")
        if self.dice.random() < 0.5:
            self.page.locator("section:not([inert]) #skip").click()
            return
        self.page.locator("section:not([inert]) #reasons button").first.click()
        self.expected.reasons["attitude"] += 1

    def after_the_press(self, habit: str) -> None:
        """What may happen while the thanks are shown."""
        match habit:
            case "again":
                # The page has no keys now; a second page or a script that presses all the same is a duplicate.
                session = self.body.get_attribute("data-session")
                assert self.rating.touch(self.dice.randint(1, 5), session) == 409
                self.expected.excluded["duplicate"] += 1
            case "reload":
                self.page.reload()
                self.shows("thanked")
            case "killed while thanked":
                self.kill()
                self.shows("idle")

    def kill(self) -> None:
        """Kill the terminal as a crash would, and start it again; the page finds it by itself."""
        self.rating.kill()
        self.shows("away")
        self.rating.start()


def counted(events: list[dict[str, Any]]) -> Reference:
    """Count what the events say, whether they come from the terminal's file or from the centre's."""
    given, unanswered = of(events, "given"), of(events, "unanswered")
    outcomes = Counter(data["service"] for data in (*given, *unanswered))
    assert set(outcomes.values()) == {1}, "a service with two outcomes"
    return Reference(
        asked=len(of(events, "asked")),
        given=Counter(data["level"] for data in given),
        reasons=Counter(reason for data in given for reason in data["reasons"]),
        unanswered=len(unanswered),
        excluded=Counter(data["cause"] for data in of(events, "excluded")),
    )


def at_the_centre(folder: Path) -> list[dict[str, Any]]:
    """Return what the centre has stored, in the shape of the events."""
    with closing(sqlite3.connect(f"file:{folder}/center.sqlite3?mode=ro", uri=True, timeout=5)) as db:
        rows = db.execute("SELECT kind, data FROM event WHERE device = 'school.gate' ORDER BY position").fetchall()
    return [{"type": f"callpost.{kind}", "data": json.loads(data)} for kind, data in rows]


@contextmanager
def forwarder(folder: Path, broker_port: int) -> Iterator[None]:
    """Run the real forwarder of the terminal's device."""
    centres = f'[forwarder]\ncentres = [{{ name = "main", addresses = ["127.0.0.1:{broker_port}"] }}]\n'
    settings = folder / "forwarder.toml"
    settings.write_text((folder / "callpost.toml").read_text(encoding="utf-8") + centres, encoding="utf-8")
    (folder / "run" / "wake" / "forwarder.sock").unlink()  # until now the test has listened there
    process = subprocess.Popen([sys.executable, "-m", "edge.forwarder", "--settings", str(settings)])
    try:
        yield
    finally:
        process.terminate()
        process.wait(deadline_seconds)


def of(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Return the data of all events of a kind of rating."""
    return [event["data"] for event in events if event["type"] == f"callpost.rating.{kind}"]


def unanswered(rating: RatingProcess, service: str) -> bool:
    """Whether the counter is told that nobody rated."""
    return rating.outcome(service) == "unanswered"


@contextmanager
def window(folder: Path, policy: str) -> Iterator[Citizens]:
    """Run a real terminal whose screen keeps its port when it is killed, and a touch display that shows its page."""
    settings = write_settings(folder, policy)
    text = settings.read_text(encoding="utf-8").replace("screen = { port = 0 }", f"screen = {{ port = {free_port()} }}")
    settings.write_text(text, encoding="utf-8")
    with RatingProcess(folder, settings=settings) as rating, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 800, "height": 480}, has_touch=True)
        page.set_default_timeout(patient_milliseconds)
        page.goto(rating.screen_url)
        expect(page.locator("body")).to_have_attribute("data-state", "idle")
        yield Citizens(rating, page)
        browser.close()


def test_two_hundred_services_are_counted_exactly(tmp_path: Path) -> None:
    """Ratings per level, reasons, unanswered and excluded: equal to the reference."""
    with window(tmp_path, slow) as citizens:
        played = [habit for habit, times in habits.items() for _ in range(times)]
        citizens.dice.shuffle(played)
        played.append("press")
        assert len(played) == 200
        for habit in played:
            citizens.serve(habit)
        citizens.rating.crash()
        assert counted(citizens.rating.stored()) == citizens.expected
        # All this time the line was down; now the centre gets everything, once.
        with Broker.start(tmp_path) as broker, Centre.start(tmp_path, broker), forwarder(tmp_path, broker.port):
            until(lambda: not citizens.rating.stored(), "everything is acknowledged and deleted")
            assert counted(at_the_centre(tmp_path)) == citizens.expected


def test_silence_ends_by_itself_as_unanswered(tmp_path: Path) -> None:
    """Nobody presses, time runs out, the screen is idle again: no rating, and none is invented."""
    with window(tmp_path, hasty) as citizens:
        for _ in range(5):
            until(partial(unanswered, citizens.rating, citizens.rating.open()))
            citizens.shows("idle")
        until(lambda: len(citizens.rating.stored("rating.unanswered")) >= 5)
        assert counted(citizens.rating.stored()) == Reference(asked=5, unanswered=5)


def test_the_reason_ends_by_itself(tmp_path: Path) -> None:
    """A bad rating without a tap for the reason is thanked for, and counted without one."""
    with window(tmp_path, hasty.replace("answer_seconds = 0.5", "answer_seconds = 600")) as citizens:
        citizens.rating.open()
        citizens.shows("asked")
        citizens.page.locator("[data-level='1']").click()
        citizens.shows("idle")
        until(lambda: citizens.rating.stored("rating.given"))
        assert counted(citizens.rating.stored()) == Reference(asked=1, given=Counter({1: 1}))
