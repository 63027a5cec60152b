"""Rating pages in a real browser: charts that say what their tables say, one sheet of paper, names, a phone's page."""

import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from rating_terminal.evaluation import Quarter
from support import browser
from support.broker import Broker
from support.centre import Centre
from support.post import Post
from support.seeded_ratings import seed, units, zone

pytestmark = pytest.mark.browser
code = "AbCd-_0123456789" * 3


@pytest.fixture(scope="module")
def ratings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The signed-in operator's page on /ratings, with a quarter of data behind it."""
    folder = tmp_path_factory.mktemp("browser")
    seed(Quarter.of(datetime.now(zone).date())).store(folder)
    with (
        Broker.start(folder) as broker,
        Post(broker.port) as post,
        Centre.start(folder, broker, extra=units) as centre,
    ):
        post.birth(outboxes=[], roles=["panic", "rating"])
        post.answer = lambda *_: {"body": {"window": "1", "clerk": "张三", "reasons": []}}
        with browser.page() as page:
            page.goto(f"{centre.url}/demo-sign-in")
            page.wait_for_url("**/check")
            page.goto(f"{centre.url}/")
            page.get_by_role("link", name=re.compile("服务评价")).click()
            yield page


def at(page: Page, path: str) -> None:
    """Go to another page of the same centre."""
    page.goto(re.sub(r"(https?://[^/]+).*", r"\1", page.url) + path)


def test_the_board_links_to_ratings_without_the_alarm_word(ratings: Page) -> None:
    """The head has the link on every page; no link there has 报警."""
    at(ratings, "/")
    expect(ratings.get_by_role("link", name=re.compile("服务评价"))).to_have_count(1)
    expect(ratings.get_by_role("link", name=re.compile("报警"))).to_have_count(0)


def test_every_chart_is_drawn_from_a_table_beside_it(ratings: Page) -> None:
    """Each canvas has a name and as many bars as its table has rows."""
    at(ratings, "/ratings")
    expect(ratings.get_by_role("heading", level=1)).to_contain_text("服务评价")
    figure = ratings.locator("figure.chart")
    expect(figure).to_have_attribute("data-drawn", "3")
    expect(figure.get_by_role("img")).to_have_accessible_name(re.compile("各等级占比"))
    assert ratings.locator("#unit-shares tbody tr").count() == 3
    drawn = figure.evaluate("figure => figure.drawn.data.datasets.map(one => one.data.reduce((a, b) => a + b, 0))")
    assert sum(drawn) == pytest.approx(300)


@pytest.mark.parametrize("width", [360, 800, 1440])
@pytest.mark.parametrize(
    "path", ["/ratings", "/ratings/unit/交通大厅", "/ratings/cases", "/ratings/anomalies", "/roster", "/notices"]
)
def test_no_page_is_wider_than_its_screen(ratings: Page, path: str, width: int) -> None:
    """Tables scroll by themselves; the page does not. Every control has a name."""
    ratings.set_viewport_size({"width": width, "height": 900})
    at(ratings, path)
    assert ratings.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    for control in ratings.locator("main button:visible, main a:visible, main select:visible").all():
        expect(control).to_have_accessible_name(re.compile(r"\S"))


def test_a_unit_is_printed_on_one_sheet(ratings: Page) -> None:
    """A4, without the head of the page and without forms."""
    ratings.set_viewport_size({"width": 1440, "height": 900})
    at(ratings, "/ratings/unit/户籍大厅")
    expect(ratings.locator("figure.chart").first).to_have_attribute("data-drawn", "2")
    paper = ratings.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1


def test_the_citizens_page_has_five_named_keys_without_scripts(ratings: Page) -> None:
    """One tap gives the rating; the page loads no script at all."""
    ratings.set_viewport_size({"width": 360, "height": 740})
    at(ratings, f"/r/school.gate/{code}")
    expect(ratings.locator("script")).to_have_count(0)
    for name in ("非常满意", "满意", "基本满意", "不满意", "非常不满意"):
        expect(ratings.get_by_role("button", name=re.compile(f"^{name}"))).to_have_count(1)
    assert ratings.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    ratings.get_by_role("button", name=re.compile("^非常满意")).click()
    expect(ratings.get_by_role("heading", level=1)).to_contain_text("感谢您的评价")
