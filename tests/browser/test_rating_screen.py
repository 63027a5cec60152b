"""The rating screen in a real Chromium: every state, both languages, both sizes, and no way to break or leave it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from rating_terminal import wording
from support.browser import patient_milliseconds, stands_still
from support.patience import until
from support.rating_screen import PlayedScreen, asked, idle, played, reason, serving, thanked

pytestmark = pytest.mark.browser
axe = Path(str(files("axe_playwright_python") / "axe.min.js")).read_text(encoding="utf-8")
wcag = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
of_colours = ("color-contrast", "link-in-text-block")  # what another room changes: colours, and nothing else
unseen = 2  # of 255: Chromium rounds the edges of two paintings of the same page differently by one
sizes = ((800, 480), (1024, 600))
notice = {
    "notice": "n1", "title_zh": "国庆节办公时间", "title_en": "Holiday hours", "text_zh": "一日至七日休息。",
    "text_en": "Closed from 1 to 7.", "picture": None,
}  # fmt: skip
second = {**notice, "notice": "n2", "title_zh": "新增自助机", "title_en": "New machines"}
sixty = "阿卜杜热合曼·买买提依明·" * 5
endless = {
    "window": sixty, "ticket": "W" * 60, "clerk": {"clerk": "x", "number": "9" * 60, "name": sixty, "photo": "/photos/gone.svg"},
    "notices": [{**notice, "title_zh": sixty, "text_zh": sixty * 8, "text_en": "long " * 300, "picture": "/notices/gone/picture"}],
}  # fmt: skip
states: Mapping[str, Mapping[str, Any]] = {
    "welcome": idle,
    "notices": {**idle, "notices": [notice, second], "ticket": "A015", "demo": True},
    "endless": {**idle, **endless},
    "nobody": {**idle, "clerk": None},
    "asked": asked,
    "asked_endless": {**asked, **endless, "demo": True},
    "asked_offline": {**asked, "qr": None, "online": False},
    "three_keys": {**asked, "levels": [one for one in asked["levels"] if one["level"] in (5, 3, 1)]},
    "reason": reason,
    "thanked": thanked,
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this file."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        yield started
        started.close()


@pytest.fixture
def screen() -> Iterator[PlayedScreen]:
    """A screen that shows what it is told."""
    with played() as playing:
        yield playing


def touch_panel(browser: Browser, size: tuple[int, int] = sizes[0], **more: Any) -> BrowserContext:
    """Open a touch display; the scripts of axe-core are brought past the page's own policy by the browser."""
    return browser.new_context(viewport={"width": size[0], "height": size[1]}, has_touch=True, **more)


@pytest.fixture
def page(browser: Browser, screen: PlayedScreen) -> Iterator[Page]:
    """The page at 800 × 480; an error in a script or a broken policy fails the test."""
    wrong: list[str] = []
    context = touch_panel(browser, reduced_motion="reduce")
    opened = context.new_page()
    opened.set_default_timeout(patient_milliseconds)
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None)
    opened.goto(screen.url)
    expect(opened.locator("body")).to_have_attribute("data-state", "idle")
    yield opened
    context.close()
    assert wrong == []


def shows(page: Page, screen: PlayedScreen, state: Mapping[str, Any], **changed: Any) -> None:
    """Show a state, and wait until the page has it."""
    mark = f"m{id(state)}{json.dumps(changed, sort_keys=True)}" if state["session"] is None else state["session"]
    screen.show(state, **{"session": mark, **changed})
    expect(page.locator("body")).to_have_attribute("data-session", screen.shown["session"])
    expect(page.locator("body")).to_have_attribute("data-state", state["state"])


def outside(page: Page) -> list[str]:
    """Return what is not wholly on the screen, or whose text leaves its key."""
    return list(
        page.evaluate("""() => [...document.querySelectorAll("body *")].filter((at) => at.checkVisibility()).flatMap((at) => {
          const box = at.getBoundingClientRect();
          const out = box.left < -1 || box.top < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1;
          const full = at.tagName === "BUTTON" && (at.scrollWidth > at.clientWidth + 1 || at.scrollHeight > at.clientHeight + 1);
          return (out || full) && !at.closest("svg") ? [`${at.tagName}.${at.className} ${at.textContent.slice(0, 30)}`] : [];
        })""")
    )


@pytest.mark.parametrize("size", sizes, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("room", ["light", "dark"])
def test_every_state_is_accessible_and_stays_on_the_screen(
    browser: Browser, screen: PlayedScreen, size: tuple[int, int], room: Any
) -> None:
    """axe-core finds nothing against WCAG 2.2 AA; nothing is cut off, even with names of 60 characters."""
    context = touch_panel(browser, size, color_scheme=room, bypass_csp=True, reduced_motion="reduce")
    page = context.new_page()
    page.goto(screen.url)
    page.add_script_tag(content=axe)
    found: dict[str, list[str]] = {}
    for name, state in states.items():
        for language in ("zh", "en"):
            for large in (False, True) if (size, room) == (sizes[0], "light") else (False,):
                shows(page, screen, state, language=language, large=large, session=f"{name}-{language}-{large}")
                expect(page.locator("section[inert]")).to_have_count(0)
                rules = wcag if room == "light" else of_colours
                found[f"{name} {language} {large}"] = [*against_wcag(page, rules), *outside(page)]
    context.close()
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def against_wcag(page: Page, rules: Sequence[str] = wcag) -> list[str]:
    """Run axe-core on what is shown now; nothing moves, for the tests ask for reduced motion."""
    report = page.evaluate("(rules) => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })", list(rules))
    return [f"{rule['id']}: {node['html'][:90]}" for rule in report["violations"] for node in rule["nodes"]]


def test_out_of_service_is_accessible_too(browser: Browser, screen: PlayedScreen) -> None:
    """The page for when the terminal is away, in both rooms."""
    for room in ("light", "dark"):
        context = touch_panel(browser, color_scheme=room, bypass_csp=True, reduced_motion="reduce")
        page = context.new_page()
        page.route("**/screen/changes", lambda route: route.abort())
        page.goto(screen.url)
        page.add_script_tag(content=axe)
        expect(page.get_by_role("heading", name="暂停服务")).to_be_visible()
        page.wait_for_timeout(1000)
        assert [*against_wcag(page), *outside(page)] == []
        context.close()


def test_idle_shows_clerk_window_and_ticket(page: Page, screen: PlayedScreen) -> None:
    """Photo, name, number, window, ticket."""
    shows(page, screen, {**idle, "ticket": "A015"})
    for text in ("李秀英", "工号 0817", "窗口 3", "正在办理 A015"):
        expect(page.locator("body")).to_contain_text(text)


def test_a_broken_or_missing_photo_becomes_the_drawing(page: Page, screen: PlayedScreen) -> None:
    """The server answers 404, or there is no photo at all."""
    expect(page.locator("section:visible svg.photo")).to_have_count(1)
    expect(page.locator("img.photo")).to_have_count(0)
    shows(page, screen, idle, clerk={"clerk": "1", "number": "1", "name": "王伟", "photo": None})
    expect(page.locator("section:visible svg.photo")).to_have_count(1)


def test_five_keys_differ_in_word_colour_and_shape(page: Page, screen: PlayedScreen) -> None:
    """Five accessible names, five outlines, five colours; each key is large."""
    shows(page, screen, asked)
    keys = page.locator("#levels button")
    assert keys.all_inner_texts() == ["非常满意", "满意", "基本满意", "不满意", "非常不满意"]
    faces = page.locator("#levels use").evaluate_all(
        "(all) => all.map((one) => document.querySelector(one.getAttribute('href')).querySelector('.shape').outerHTML)"
    )
    colours = keys.evaluate_all("(all) => all.map((key) => getComputedStyle(key).borderColor)")
    assert len(set(faces)) == len(set(colours)) == 5
    for box in (key.bounding_box() for key in keys.all()):
        assert box is not None
        assert min(box["width"], box["height"]) >= 100
    expect(page.get_by_role("img", name="手机扫码评价")).to_be_visible()


@pytest.mark.parametrize("level", [5, 1])
def test_a_touch_is_sent_once_even_when_it_is_double(page: Page, screen: PlayedScreen, level: int) -> None:
    """Two quick taps are one press of this session."""
    shows(page, screen, asked)
    page.locator(f"[data-level='{level}']").dblclick()
    until(lambda: len(screen.touched) > 0)
    shows(page, screen, thanked, session="after")
    assert screen.touched == [("press", {"session": "s1", "level": level})]


def test_nobody_near_can_tell_which_key_was_touched(page: Page, screen: PlayedScreen) -> None:
    """While it is saved, and in the thanks, every pixel looks the same for every key."""
    # A picture may take longer than the page waits for an answer.
    page.evaluate("AbortSignal.timeout = () => new AbortController().signal")
    seen: list[tuple[bytes, bytes]] = []
    expect(page.locator("svg.photo")).to_have_count(2)
    for level in (5, 4, 3, 2, 1):
        screen.holds = True
        shows(page, screen, asked, session=f"s{level}", closes_in=None, qr=None)
        page.locator(f"[data-level='{level}']").tap()
        expect(page.locator("#levels")).to_have_attribute("data-busy", "true")
        waiting = page.screenshot(animations="disabled")
        screen.holds = False
        shows(page, screen, thanked, session=f"t{level}")
        seen.append((waiting, page.screenshot(animations="disabled")))
    for waits, thanks in seen[1:]:
        assert max(differ(waits, seen[0][0]), differ(thanks, seen[0][1])) <= unseen


def differ(one: bytes, other: bytes) -> int:
    """Return by how much the most different pixel of two pictures differs, of 255."""
    pictures = [cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR) for png in (one, other)]
    return int(np.abs(np.asarray(pictures[0], np.int16) - np.asarray(pictures[1], np.int16)).max())


def test_the_second_tap_of_a_double_tap_chooses_no_reason(page: Page, screen: PlayedScreen) -> None:
    """The reasons rest for a moment; then one tap is sent, and skipping sends none."""
    stands_still(page)
    shows(page, screen, asked)
    shows(page, screen, reason)
    expect(page.locator("section[data-view='reason']")).to_have_attribute("inert", "")
    page.clock.run_for(400)
    expect(page.locator("section[data-view='reason']")).to_have_attribute("inert", "")
    page.clock.run_for(100)
    expect(page.locator("section[inert]")).to_have_count(0)
    page.get_by_role("button", name="服务态度").tap()
    expect(page.get_by_role("button", name="跳过")).to_be_visible()
    page.get_by_role("button", name="跳过").tap()
    until(lambda: len(screen.touched) >= 2)
    assert screen.touched == [
        ("reason", {"session": "s1", "reason": "attitude"}),
        ("reason", {"session": "s1", "reason": None}),
    ]


def test_reload_in_the_middle_goes_on(page: Page, screen: PlayedScreen) -> None:
    """The state is the terminal's; a reloaded page shows the same question."""
    shows(page, screen, asked, language="en")
    page.reload()
    expect(page.get_by_role("button", name="Very satisfied")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_without_the_terminal_there_is_no_key_and_it_comes_back(page: Page, screen: PlayedScreen) -> None:
    """Out of service, in the language that was shown; then the question again."""
    shows(page, screen, asked, language="en")
    with played() as other:
        other.show(asked, language="en", session="s9")
        page.goto(other.url)
        expect(page.get_by_role("button", name="Very satisfied")).to_be_visible()
    expect(page.get_by_role("heading", name="Out of service")).to_be_visible()
    assert page.get_by_role("button").count() == 0
    with serving(other):
        expect(page.get_by_role("button", name="Very satisfied")).to_be_visible()


def test_a_terminal_that_hangs_is_shown_as_out_of_service(page: Page, screen: PlayedScreen) -> None:
    """A press that is not answered within seconds does not leave dead keys behind."""
    shows(page, screen, asked)
    page.route("**/screen/**", lambda _route: None)
    page.locator("[data-level='4']").tap()
    expect(page.get_by_role("heading", name="暂停服务")).to_be_visible()
    page.unroute_all(behavior="ignoreErrors")
    expect(page.get_by_role("button", name="非常满意")).to_be_visible()


def test_a_rating_that_cannot_be_saved_says_so_and_may_be_repeated(page: Page, screen: PlayedScreen) -> None:
    """No thanks, a sentence, and live keys."""
    screen.answer = 503
    shows(page, screen, asked)
    page.locator("[data-level='5']").tap()
    expect(page.get_by_role("alert")).to_have_text("您的评价未能保存，请再按一次")
    screen.answer = 204
    page.locator("[data-level='5']").tap()
    until(lambda: len(screen.touched) == 2)
    expect(page.locator("#trouble")).to_be_empty()


def test_the_language_key_has_every_catalogue(browser: Browser, tmp_path: Path) -> None:
    """A third folder is a third language; touching its key asks the terminal for it."""
    folder = tmp_path / "ug" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    lines = [f'msgid "{text}"\nmsgstr "ئۇ {text}"\n' for text in wording.texts.values()]
    (folder / "rating_terminal.po").write_text("\n".join(lines), encoding="utf-8")
    known = {**wording.languages(), **wording.languages(tmp_path)}
    with played(languages=known) as screen:
        screen.show(idle, languages=list(known))
        page = touch_panel(browser).new_page()
        page.goto(screen.url)
        page.get_by_role("button", name="ئۇيغۇرچە").tap()
        until(lambda: screen.touched == [("language", {"language": "ug"})])
        shows(page, screen, asked, language="ug", languages=list(known))
        expect(page.locator("html")).to_have_attribute("dir", "rtl")
        expect(page.get_by_role("button", name="ئۇ Very satisfied")).to_be_visible()
        assert outside(page) == []
        page.context.close()


def test_large_type_is_larger_and_asked_of_the_terminal(page: Page, screen: PlayedScreen) -> None:
    """The key says whether it is on; the words of the keys grow by half at least."""
    shows(page, screen, asked)
    word = page.locator("#levels span").first
    before = float(word.evaluate("(at) => parseFloat(getComputedStyle(at).fontSize)"))
    page.get_by_role("button", name="大字").tap()
    until(lambda: screen.touched == [("large", {"on": True})])
    shows(page, screen, asked, large=True, session="s2")
    expect(page.get_by_role("button", name="大字")).to_have_attribute("aria-pressed", "true")
    assert float(word.evaluate("(at) => parseFloat(getComputedStyle(at).fontSize)")) >= 1.5 * before


def test_notices_follow_each_other_and_can_be_stopped(browser: Browser, screen: PlayedScreen) -> None:
    """Every eight seconds the next one; a touch stops them, another one goes on."""
    page = touch_panel(browser).new_page()
    stands_still(page)
    screen.show(idle, notices=[notice, second])
    page.goto(screen.url)
    title = page.locator("#notice-title")
    expect(title).to_have_text("国庆节办公时间")
    page.clock.run_for(8500)
    expect(title).to_have_text("新增自助机")
    page.get_by_role("button", name="暂停播放").tap()
    page.clock.run_for(20_000)
    expect(title).to_have_text("新增自助机")
    page.get_by_role("button", name="继续播放").tap()
    page.clock.run_for(8500)
    expect(title).to_have_text("国庆节办公时间")
    page.context.close()


def test_nothing_scrolls_zooms_selects_or_opens(page: Page, screen: PlayedScreen) -> None:
    """Menu, selection, dragging, wheel zoom and shortcuts are refused; Tab and Enter serve those who cannot touch."""
    shows(page, screen, asked)
    refused = page.evaluate("""() => ["contextmenu", "dragstart", "selectstart", "drop"].map(
        (name) => !document.querySelector("h1").dispatchEvent(new Event(name, { bubbles: true, cancelable: true })))""")
    assert refused == [True] * 4
    keys = page.evaluate("""() => [["F5"], ["F12"], ["ArrowDown"], ["r", true], ["Tab"], ["Enter"]].map(([key, ctrlKey = false]) =>
        !document.body.dispatchEvent(new KeyboardEvent("keydown", { key, ctrlKey, bubbles: true, cancelable: true })))""")
    assert keys == [True, True, True, True, False, False]
    page.mouse.move(300, 300)
    page.mouse.wheel(0, 900)
    assert page.evaluate("[scrollX, scrollY, visualViewport.scale, String(getSelection())]") == [0, 0, 1, ""]
    assert page.evaluate("getComputedStyle(document.body).touchAction") == "none"
    assert page.locator("a, input, textarea, select, iframe").count() == 0


def test_the_page_can_be_used_by_a_switch_alone(page: Page, screen: PlayedScreen) -> None:
    """Tab reaches every key in order, with a ring that is seen; Enter presses."""
    shows(page, screen, asked)
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.level") == "5":
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    until(lambda: screen.touched == [("press", {"session": "s1", "level": 5})])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_setting_of_the_terminal_rules_over_the_rooms_light(page: Page, screen: PlayedScreen, theme: str) -> None:
    """`theme` in the state, when it is there."""
    shows(page, screen, idle, theme=theme)
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == theme


def test_voice_mode_plays_the_same_notes_for_every_key(browser: Browser, screen: PlayedScreen) -> None:
    """The oscillators that are started are the same after each level."""
    context = touch_panel(browser)
    context.add_init_script("""window.heard = []; const start = OscillatorNode.prototype.start;
        OscillatorNode.prototype.start = function (at) { window.heard.push(Math.round(this.frequency.value)); return start.call(this, at); };""")
    page = context.new_page()
    screen.show(idle, voice=True)
    page.goto(screen.url)
    expect(page.locator("body")).to_have_attribute("data-state", "idle")
    heard = []
    for level in (5, 4, 3, 2, 1):
        page.evaluate("window.heard.length = 0")
        shows(page, screen, asked, voice=True, session=f"s{level}")
        page.locator(f"[data-level='{level}']").tap()
        shows(page, screen, thanked, voice=True, session=f"t{level}")
        heard.append(page.evaluate("window.heard"))
    context.close()
    assert heard == [[659, 880, 523, 659, 784]] * 5
