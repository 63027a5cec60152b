"""The rating window in the whole demo: one service, one rating at the centre, whatever fails in between."""

import base64
import subprocess
import uuid
from collections.abc import Iterator

import httpx
import pytest

from support.counter import Counter
from support.demo import Demo, callpost, running
from support.desk import Operator
from support.patience import deadline_seconds, until
from support.small_pictures import png

pytestmark = pytest.mark.system
# So long that what a test looks for or presses again does not depend on how busy disk and machine are meanwhile.
patient = {
    "CALLPOST_RATING_TERMINAL__POLICY__THANKS_SECONDS": "60",
    "CALLPOST_RATING_TERMINAL__POLICY__SAVE_SECONDS": "10",
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Run one post with its centre and a rating window that takes its time."""
    with running(tmp_path_factory.mktemp("demo"), settings=patient) as whole:
        yield whole


@pytest.fixture
def counter(demo: Demo) -> Iterator[Counter]:
    """The counter's software; nothing is open when a test begins."""
    with Counter(demo) as counter:
        yield counter


@pytest.fixture
def service() -> str:
    """A service that no other test has used."""
    return f"A-{uuid.uuid4().hex[:8]}"


def rated(counter: Counter, service: str, level: int) -> None:
    """Wait until the centre has exactly this one rating of a service."""
    until(lambda: counter.events("rating.given", service), f"the rating of {service} is at the centre")
    assert [event["level"] for event in counter.events("rating.given", service)] == [level]


def test_a_press_is_one_rating_at_the_centre(counter: Counter, service: str) -> None:
    """The counter learns that there is one, never which."""
    counter.serve(service)
    counter.press(5)
    rated(counter, service, 5)
    (given,) = counter.events("rating.given", service)
    assert (given["window"], given["clerk"], given["source"]) == ("1", "wang.fang", "keypad")
    seen = counter.look(service)
    assert seen["outcome"] == "given"
    assert "level" not in seen
    assert counter.events("rating.unanswered", service) == []
    asked = counter.events("rating.asked", service)
    assert len(asked) == 1
    assert service not in asked[0]["subject"], "a ticket is kept as a hash"


def test_every_level_looks_the_same_afterwards(counter: Counter, service: str) -> None:
    """The screen's thank-you, without the language's own fields, is the same for 5 and for 4."""
    shown = []
    for level in (5, 4):
        counter.serve(f"{service}-{level}")
        counter.press(level)
        state = until(lambda: (now := counter.screen())["state"] == "thanked" and now, "the screen thanks")
        own = ("session", "closes_in", "ticket")
        shown.append({key: value for key, value in state.items() if key not in own})
    assert shown[0] == shown[1]


def test_a_second_press_is_kept_apart(counter: Counter, service: str) -> None:
    """The first press wins; the other one is an event with its evidence."""
    counter.serve(service)
    counter.press(4)
    counter.press(5)
    rated(counter, service, 4)
    (excluded,) = until(lambda: counter.events("rating.excluded", service), "the second press is told")
    assert (excluded["cause"], excluded["level"]) == ("duplicate", 5)
    assert excluded["evidence"]
    assert len(counter.events("rating.given", service)) == 1


def test_a_press_outside_a_service_counts_for_nobody(demo: Demo, counter: Counter, service: str) -> None:
    """It is told all the same."""
    counter.serve(service)
    counter.cancel(service)
    counter.press(1)
    until(
        lambda: [event for event in demo.stored("rating.excluded") if event["cause"] == "outside_service"],
        "the press is told as outside of a service",
    )
    assert counter.events("rating.given", service) == []


def test_silence_is_no_rating(counter: Counter, service: str) -> None:
    """Neither when the next service comes, nor when the time is over: no default stands for it."""
    first, second = f"{service}-1", f"{service}-2"
    counter.serve(first)
    counter.serve(second)
    for silent in (first, second):
        until(lambda name=silent: counter.events("rating.unanswered", name), f"{silent} is told as unanswered")  # type: ignore[misc]
        assert counter.events("rating.given", silent) == []
        assert counter.look(silent)["outcome"] == "unanswered"


def test_without_a_network_a_rating_waits_and_arrives_once(demo: Demo, counter: Counter, service: str) -> None:
    """The citizen is thanked all the same."""
    demo.act("network", "down")
    counter.serve(service)
    counter.press(3)
    until(lambda: counter.screen()["state"] in {"thanked", "idle"}, "the screen thanks")
    assert counter.look(service)["outcome"] == "given"
    assert counter.events("rating.given", service) == []
    demo.act("network", "up")
    rated(counter, service, 3)


def test_a_dead_disk_never_makes_two_ratings_of_one(demo: Demo, counter: Counter, service: str) -> None:
    """No thank-you while nothing is durable; when the disk has healed there is exactly one rating."""
    counter.serve(service)
    demo.act("disk", "die")
    counter.press(4)
    assert counter.screen()["state"] != "thanked"
    demo.act("disk", "mend")
    until(lambda: counter.look(service)["outcome"] == "given", "the rating is durable")
    rated(counter, service, 4)


def test_killed_in_the_middle_it_goes_on(demo: Demo, counter: Counter, service: str) -> None:
    """SIGKILL while a citizen is asked, and while one is thanked."""
    counter.serve(service)
    demo.comes_back("rating_terminal", demo.kill("rating_terminal"))
    counter.serve(service)  # the counter's software tries again, as it would after a lost answer
    counter.press(2)
    until(lambda: counter.look(service)["outcome"] == "given", "it is rated")
    demo.comes_back("rating_terminal", demo.kill("rating_terminal"))
    rated(counter, service, 2)
    after = f"{service}-after"
    counter.serve(after)
    counter.press(5)
    rated(counter, after, 5)
    assert len(counter.events("rating.given", service)) == 1


def test_a_lost_answer_is_asked_for_again(counter: Counter, service: str) -> None:
    """The same id and body: the same session; anything else is refused with a sentence."""
    first, again = counter.open(service), counter.open(service)
    assert (first.status_code, again.status_code) == (201, 200)
    assert {key: first.json()[key] for key in ("service", "window", "clerk", "opened")} == {
        key: again.json()[key] for key in ("service", "window", "clerk", "opened")
    }
    other = counter.open(service, clerk="li.qiang")
    assert other.status_code == 409
    assert other.headers["content-type"].startswith("application/problem+json")
    assert counter.open(f"{service}-x", window="7").status_code == 403
    stranger = httpx.post(f"{counter.url}/v1/services", json={}, headers={"Authorization": "Bearer no"})
    assert stranger.status_code == 401
    assert counter.cancel(service).status_code == 204
    assert counter.cancel(f"{service}-unknown").status_code == 404


def test_clerks_and_notices_of_the_demo_are_on_the_screen(counter: Counter, service: str) -> None:
    """With their pictures."""
    until(lambda: len(counter.screen()["notices"]) == 2, "both notices are there")
    counter.serve(service)
    clerk = until(lambda: counter.screen()["clerk"], "the clerk is shown")
    assert (clerk["name"], clerk["number"]) == ("王芳", "101")
    photo = httpx.get(httpx.URL(counter.screen_url).join(clerk["photo"]))
    assert photo.headers["content-type"] in {"image/png", "image/jpeg"}
    assert counter.cancel(service).status_code == 204


def test_every_rating_is_accounted_for(demo: Demo, counter: Counter, service: str) -> None:
    """`callpost ratings verify` while it runs."""
    counter.serve(service)
    counter.press(5)
    rated(counter, service, 5)
    settings = demo.folder / ".demo/post1/callpost.toml"
    command = [str(callpost), "ratings", "verify", "--settings", str(settings)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_code_opens_the_same_keys_on_a_phone_once(counter: Counter, service: str) -> None:
    """Through broker and centre; the second use, a forged code and an unknown device get a clear page."""
    counter.serve(service)
    address = counter.code()
    with httpx.Client(timeout=deadline_seconds, trust_env=False) as phone:
        page = phone.get(address)
        assert page.status_code == 200, page.text
        for words in ("非常满意", "满意", "基本满意", "不满意", "非常不满意"):
            assert words in page.text
        assert counter.look(service)["outcome"] == "open", "looking is no rating"
        site = {"Origin": f"{page.url.scheme}://{page.url.netloc.decode()}"}
        assert phone.post(address, data={"level": "3"}, headers=site).status_code == 200
        rated(counter, service, 3)
        assert counter.events("rating.given", service)[0]["source"] == "qr"
        assert phone.post(address, data={"level": "5"}, headers=site).status_code == 410
        forged = f"{address[:-6]}AAAAAA"
        assert phone.get(forged).status_code == 404
        assert phone.get(address.replace("demo.post1", "demo.post2")).status_code == 404
    assert len(counter.events("rating.given", service)) == 1


def test_no_code_is_shown_while_the_centre_cannot_be_reached(demo: Demo, counter: Counter, service: str) -> None:
    """A phone could do nothing with it."""
    counter.serve(service)
    until(lambda: counter.screen()["qr"], "the code is there")
    demo.act("network", "down")
    until(lambda: counter.screen()["qr"] is None, "the code has gone")
    demo.act("network", "up")
    until(lambda: counter.screen()["online"], "the centre is back")


def test_a_roster_from_the_centre_is_shown_and_kept(
    demo: Demo, operator: Operator, counter: Counter, service: str
) -> None:
    """A name of sixty characters and a photo come by command, and are there after a kill without any network."""
    name = "欧阳" * 30
    entry = {"clerk": "long.name", "number": "0815", "name": name, "photo": base64.b64encode(png(60, 80)).decode()}
    reply = operator.command("demo.post1", "roster.set", {"entries": [entry]})
    assert reply["status"] == "done", reply
    demo.act("network", "down")
    demo.comes_back("rating_terminal", demo.kill("rating_terminal"))
    counter.serve(service, clerk="long.name")
    shown = counter.screen()["clerk"]
    assert (shown["name"], shown["number"]) == (name, "0815")
    assert counter.photo(shown["photo"]) == png(60, 80)
    demo.act("network", "up")
