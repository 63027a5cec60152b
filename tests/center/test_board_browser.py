"""The console in a real browser: the pushed board, its accessible names, the call with its picture."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support import browser
from support.broker import Broker
from support.call_post import CallPost
from support.centre import Centre
from support.patience import deadline_seconds

raised = {"incident": "01INCIDENT", "level": "panic", "mode": "live", "trigger": "button"}
alarm_word = re.compile("报警")
pytestmark = pytest.mark.browser


@pytest.fixture
def post(broker: Broker) -> Iterator[CallPost]:
    """A post with a real peer connection behind it."""
    with CallPost(broker.port) as connected:
        connected.birth(outboxes=[])
        yield connected


@pytest.fixture
def board(tmp_path: Path, broker: Broker, post: CallPost) -> Iterator[Page]:
    """The board, reached as the demo's operator reaches it: signed in, then past the sound check."""
    with Centre.start(tmp_path, broker) as centre, browser.page() as page:
        page.goto(f"{centre.url}/demo-sign-in")
        page.wait_for_url("**/check")
        expect(page.locator("#microphone-result")).to_have_attribute("data-state", "good")
        page.get_by_role("link", name="进入值班台").click()
        expect(page.locator("#bar")).to_have_attribute("data-state", "good")
        yield page


def moving(page: Page, frames: int) -> None:
    """Wait until so many frames were shown; read without eval, which the page's policy forbids."""
    deadline = time.monotonic() + deadline_seconds
    while page.evaluate("window.callpost?.frames ?? 0") < frames:
        assert time.monotonic() < deadline, page.evaluate("JSON.stringify(window.callpost)")
        page.wait_for_timeout(50)


def answered(page: Page) -> None:
    """Open the incident from the board and answer it; returns when pictures move."""
    page.get_by_role("link", name=alarm_word).click()
    page.get_by_role("button", name=re.compile("接听")).click()
    moving(page, 5)


def test_three_alarms_at_once_are_pushed_as_one_link_each(board: Page, post: CallPost) -> None:
    """Every open incident is exactly one link with 报警; taken ones say by whom; closed ones lose the word."""
    assert board.get_by_role("link", name=alarm_word).count() == 0
    for name, mode in (("01A", "live"), ("01B", "live"), ("01C", "drill")):
        post.say("incident.raised", {**raised, "incident": name, "mode": mode})
    links = board.get_by_role("link", name=alarm_word)
    expect(links).to_have_count(3)
    expect(links.first).to_have_accessible_name(re.compile("第一小学东门.*", re.DOTALL))
    expect(board.get_by_role("link", name=re.compile("报警.*演练", re.DOTALL))).to_have_count(1)
    expect(board.locator("body")).to_have_attribute("data-sound", "panic")
    for name in ("01A", "01B"):
        post.say("incident.acknowledged", {"incident": name, "operator": "王伟"})
    expect(board.get_by_role("link", name=re.compile("报警.*王伟", re.DOTALL))).to_have_count(2)
    expect(board.locator("body")).to_have_attribute("data-sound", "drill")
    for name in ("01A", "01B", "01C"):
        post.say("incident.closed", {"incident": name, "disposition": "test", "by": "王伟", "presses": 1})
    expect(board.locator("a.incident")).to_have_count(0)
    expect(board.locator(".closed .row")).to_have_count(3)
    assert board.get_by_role("link", name=alarm_word).count() == 0


def test_answering_makes_an_offer_and_shows_the_picture(board: Page, post: CallPost) -> None:
    """Without an offer of the post the browser offers; pictures move, and the post hears the microphone."""
    post.say("incident.raised", raised)
    answered(board)
    assert board.locator("video").count() == 1
    measured = board.evaluate("window.callpost")
    assert measured["way"] == "offer"
    assert measured["clickedAt"] < measured["connectedAt"]
    assert measured["firstFrameAt"] > measured["clickedAt"]
    assert "audio" in post.heard_tracks()
    expect(board.locator("#speaking")).to_have_attribute("data-state", "heard")
    board.get_by_role("button", name=re.compile("挂断")).click()
    expect(board.get_by_role("button", name=re.compile("接听"))).to_be_visible()


def test_the_posts_own_offer_is_answered_first(board: Page, post: CallPost) -> None:
    """A fresh offer of the post saves a round trip."""
    browser.stands_still(board)  # the page gives such a connection three seconds
    post.say("incident.raised", raised)
    post.offer("01INCIDENT", "01OFFER")
    answered(board)
    assert board.evaluate("window.callpost.way") == "answer"


def test_a_refused_answer_falls_back_to_an_offer(board: Page, post: CallPost) -> None:
    """When the post no longer wants its own offer, the operator sees the gate all the same."""
    post.refuse_answers = True
    post.say("incident.raised", raised)
    post.offer("01INCIDENT", "01OFFER")
    answered(board)
    assert board.evaluate("window.callpost.way") == "offer"


def test_the_picture_comes_back_when_media_restarts(board: Page, post: CallPost) -> None:
    """A call that breaks off is offered again without a click."""
    post.say("incident.raised", raised)
    answered(board)
    browser.stands_still(board)
    post.hang_up()
    expect(board.locator("[data-call]")).to_have_attribute("data-call", "lost")
    before = board.evaluate("window.callpost.frames")
    board.clock.resume()
    moving(board, before + 5)


def test_a_silent_incident_is_listened_to_until_speaking_is_confirmed(board: Page, post: CallPost) -> None:
    """The first offer carries no microphone; after the confirmed step it does."""
    post.say("incident.raised", {**raised, "level": "silent"})
    answered(board)
    expect(board.locator("#speaking")).to_have_attribute("data-state", "listening")
    offers = [body for name, body in list(post.commands.queue) if name == "call.offer"]
    assert offers[-1]["body"]["speak"] is False
    board.get_by_role("button", name=re.compile("向现场讲话")).click()
    board.get_by_role("button", name=re.compile("确定讲话")).click()
    expect(board.locator("#speaking")).to_have_attribute("data-state", "heard")
    offers = [body for name, body in list(post.commands.queue) if name == "call.offer"]
    assert offers[-1]["body"]["speak"] is True


def test_a_refusal_is_shown_and_closing_ends_the_call(board: Page, post: CallPost) -> None:
    """The operator reads why a command was refused; closing needs one button with 结束警情."""
    post.say("incident.raised", raised)
    answered(board)
    calls = post.answer
    post.answer = lambda name, body: (
        {"status": "refused", "reason": "the dome is jammed"} if name == "ptz.preset" else calls(name, body)
    )
    board.get_by_role("button", name=re.compile("大门")).click()
    expect(board.locator("#reply")).to_contain_text("the dome is jammed")
    closing = board.get_by_role("button", name=re.compile("结束警情"))
    expect(closing).to_have_count(1)
    closing.click()
    post.say("incident.closed", {"incident": "01INCIDENT", "disposition": "real", "by": "demo", "presses": 1})
    expect(closing).to_be_disabled()
    expect(board.locator("[data-call]")).to_have_attribute("data-call", "over")
