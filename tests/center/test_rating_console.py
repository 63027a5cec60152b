"""Rating pages over HTTP: figures, cases, scores, exports, roster and notices, the citizen's page; on a real broker."""

import csv
import io
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook

from rating_terminal.evaluation import Quarter
from support.broker import Broker
from support.centre import Centre
from support.patience import deadline_seconds, until
from support.post import Post
from support.seeded_ratings import Seeding, seed, units, zone
from support.small_pictures import png

quarter = Quarter.of(datetime.now(zone).date())
code = "AbCd-_0123456789" * 3
addresses = count(1)
page_headers = {"Accept": "text/html"}
offered = {"window": "1", "clerk": "张三", "reasons": [{"key": "waiting", "zh": "等候时间长", "en": "Long wait"}]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the centre of this file's tests lives; starting one for each test would take minutes."""
    return tmp_path_factory.mktemp("ratings")


@pytest.fixture(scope="module")
def seeding(folder: Path) -> Seeding:
    """Ratings that lie in the centre's file before it starts."""
    seeding = seed(quarter)
    seeding.service("school.gate/1", datetime.now(zone), 1, "=cmd|' /C calc'!A0")
    seeding.store(folder)
    return seeding


@pytest.fixture(scope="module")
def broker(folder: Path) -> Iterator[Broker]:
    """A broker for all of them."""
    with Broker.start(folder) as started:
        yield started


@pytest.fixture(scope="module")
def terminal(broker: Broker) -> Iterator[Post]:
    """A terminal that has reported itself."""
    with Post(broker.port) as connected:
        connected.birth(outboxes=[], roles=["panic", "rating"])
        yield connected


@pytest.fixture(scope="module")
def centre(folder: Path, broker: Broker, terminal: Post, seeding: Seeding) -> Iterator[Centre]:
    """A running centre with three units that knows the terminal."""
    extra = f"{units}[console.ratings]\npublic_per_minute = 25\n"
    with Centre.start(folder, broker, extra=extra) as started:
        with started.signed_in() as client:
            until(lambda: terminal.device in client.get("/roster").text)
        yield started


@pytest.fixture
def post(centre: Centre, terminal: Post) -> Post:
    """The terminal, with nothing heard yet and the usual answer."""
    while not terminal.commands.empty():
        terminal.commands.get()
    terminal.answer = lambda *_: {"body": offered}
    return terminal


@pytest.fixture
def operator(centre: Centre) -> Iterator[httpx.Client]:
    """The signed-in demo operator."""
    with centre.signed_in() as client:
        yield client


@pytest.fixture
def citizen(centre: Centre) -> Iterator[httpx.Client]:
    """A phone behind the centre's own proxy: no cookie, an address of its own, the Origin that a browser sends."""
    address = f"192.0.2.{next(addresses)}"
    headers = {**page_headers, "Origin": centre.url, "X-Forwarded-For": address}
    with httpx.Client(base_url=centre.url, headers=headers, timeout=deadline_seconds) as client:
        yield client


def page_of(client: httpx.Client, address: str) -> str:
    """Return a page that must be there, without its spaces at line ends."""
    answer = client.get(address, headers=page_headers)
    assert answer.status_code == 200, answer.text
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|(src|href)=.https?:", answer.text)
    return answer.text


def first_case(client: httpx.Client) -> str:
    """Return the address of the first case of the quarter."""
    found = re.search(r'href="(/ratings/cases/[^"]+)"', page_of(client, "/ratings/cases"))
    assert found
    return found[1]


def test_rating_pages_are_for_operators_only(centre: Centre) -> None:
    """Without a session every page leads to the form, and nothing can be changed."""
    pages = ("/ratings", "/ratings/unit/x", "/ratings/cases", "/ratings/anomalies", "/roster", "/notices")
    headers = {**page_headers, "Origin": centre.url}
    with httpx.Client(base_url=centre.url, headers=headers, timeout=deadline_seconds) as client:
        for address in (*pages, "/ratings/export.csv", "/ratings/export.xlsx", "/roster/photo?clerk=x"):
            assert client.get(address).headers["location"] == "/sign-in"
        for address in ("/roster/clerks", "/roster/publish", "/notices", "/ratings/unit/户籍大厅/scores"):
            assert client.post(address, data={"clerk": "x", "title_zh": "x", "quarter": ""}).status_code == 401


def test_the_quarter_names_best_and_last_and_judges_nobody_by_three(operator: httpx.Client) -> None:
    """Units stand in their order; the one with three perfect ratings is shown, and not ranked."""
    page = page_of(operator, "/ratings")
    order = page[page.index("order-title") : page.index("shares-title")]
    assert order.index("户籍大厅") < order.index("本季度最佳") < order.index("交通大厅") < order.index("本季度末位")
    assert order.index("本季度末位") < order.index("老街窗口") < order.index("评价数量不足")
    assert "抽查" in order  # a source that is missing is named
    assert "不在服务过程中" in page


def test_other_quarters_and_wrong_ones(operator: httpx.Client) -> None:
    """A quarter without ratings is an empty page; what is no quarter gets a sentence."""
    assert "尚无评价" in page_of(operator, f"/ratings?quarter={quarter.before}")
    wrong = operator.get("/ratings?quarter=2026-Q9")
    assert (wrong.status_code, "is no quarter" in wrong.text) == (422, True)
    assert operator.get("/ratings/unit/nowhere").status_code == 404


def test_scores_from_elsewhere_enter_the_composite(operator: httpx.Client) -> None:
    """A spot check is stored with its quarter, weighs in, can be taken back, and nonsense is refused."""
    address = "/ratings/unit/交通大厅"
    given = {"quarter": str(quarter), "spot_check": "88", "online": ""}
    assert operator.post(f"{address}/scores", data=given).status_code == 303
    assert re.search(r"抽查.{0,120}88\.0 ×", page_of(operator, address), re.DOTALL)
    assert operator.post(f"{address}/scores", data={**given, "spot_check": ""}).status_code == 303
    assert "88.0 ×" not in page_of(operator, address)
    for wrong in ("101", "-1", "nan", "x"):
        assert operator.post(f"{address}/scores", data={**given, "spot_check": wrong}).status_code == 422


def test_a_case_is_called_back_replied_to_and_closed(operator: httpx.Client) -> None:
    """Each step is kept with who and when; a step out of order, or taken twice, is refused."""
    address = first_case(operator)
    page = page_of(operator, address)
    assert "待办理" in page
    assert operator.post(f"{address}/steps", data={"state": "closed", "note": "x"}).status_code == 409
    steps: tuple[Mapping[str, str], ...] = (
        {"state": "called_back", "note": "<b>已致电</b>", "result": "satisfied"},
        {"state": "replied", "note": "已书面答复"},
        {"state": "closed", "note": "已整改"},
    )
    for step in steps:
        assert operator.post(f"{address}/steps", data=step).status_code == 303
        assert operator.post(f"{address}/steps", data=step).status_code == 409
    page = page_of(operator, address)
    assert "&lt;b&gt;已致电" in page
    assert page.count("demo") >= 3
    assert "已结束" in page
    assert operator.get("/ratings/cases/school.gate/no:such:1").status_code == 404


def test_anomalies_come_with_their_evidence(operator: httpx.Client) -> None:
    """The burst, the clerk whom nobody answers, presses outside services, blank time; nothing is missing a reason."""
    page = page_of(operator, "/ratings/anomalies")
    for word in ("短时间内大量评价", "该人员的参评率远低于本单位", "服务过程之外的按键", "工作时间内无法评价"):
        assert word in page
    assert "no service was open" in page
    assert "10 / 60 = 17%" in page


def test_exports_open_again_and_hold_no_formula(operator: httpx.Client, seeding: Seeding) -> None:
    """XLSX and CSV have every unit, window, clerk and case; a name that looks like a formula is text."""
    book = load_workbook(io.BytesIO(operator.get("/ratings/export.xlsx").content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [cell for cell in cells if cell.data_type == "f"] == []
    assert any(cell.value == "'=cmd|' /C calc'!A0" for cell in cells)
    rows = list(book.worksheets[1].iter_rows(values_only=True))
    given = [str(one) for one in rows[0]].index("已评价 / Given")
    assert sum(int(str(row[given])) for row in rows[1:]) == sum(
        one.event.kind == "rating.given" for one in seeding.facts
    )
    answer = operator.get("/ratings/export.csv")
    assert "attachment" in answer.headers["content-disposition"]
    text = answer.content.decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    assert any("交通大厅" in line for line in lines)
    assert not [cell for line in lines for cell in line if re.match(r"[=+@\t\r]|-\D", cell)]


def test_the_roster_is_published_to_the_chosen_terminal(operator: httpx.Client, post: Post) -> None:
    """Photos are checked; the command is the contract's; what the terminal says is shown."""
    clerk = {"clerk": "zhang", "number": "012", "name": "张三"}
    wrong = operator.post("/roster/clerks", data=clerk, files={"photo": ("a.png", b"<svg>")})
    assert (wrong.status_code, "只能使用完整的" in wrong.text) == (422, True)
    for given in (clerk, {**clerk, "name": "张三丰"}):
        photo = {"photo": ("a.png", png(60, 80))} if given is clerk else None
        assert operator.post("/roster/clerks", data=given, files=photo).status_code == 303
    assert operator.get("/roster/photo?clerk=zhang").headers["content-type"] == "image/png"
    post.answer = lambda *_: {"status": "refused", "reason": "the disk is full"}
    assert operator.post("/roster/publish", data={"device": post.device, "clerk": "zhang"}).status_code == 303
    name, command = post.commands.get(timeout=deadline_seconds)
    assert (name, command["reply_to"], command["operator"]) == ("roster.set", "fleet", "demo")
    (entry,) = command["body"]["entries"]
    assert (entry["name"], entry["photo"][:8]) == ("张三丰", "iVBORw0K")
    assert "the disk is full" in page_of(operator, "/roster")
    assert operator.post("/roster/publish", data={"device": "no.device", "clerk": "zhang"}).status_code == 422
    assert operator.post("/roster/clerks/remove", data={"clerk": "zhang"}).status_code == 303
    assert "尚无人员" in page_of(operator, "/roster")


def test_a_notice_is_published_and_withdrawn(operator: httpx.Client, post: Post) -> None:
    """It can be removed only after every terminal has let go of it."""
    given = {"title_zh": "国庆放假", "title_en": "Holiday", "until": "2026-12-31"}
    picture = {"picture": ("a.png", png(600, 400))}
    assert operator.post("/notices", data=given, files=picture).status_code == 303
    found = re.search(r"/notices/(\w{26})/publish", page_of(operator, "/notices"))
    assert found
    address, chosen = f"/notices/{found[1]}", {"device": post.device}
    assert operator.post(f"{address}/publish", data=chosen).status_code == 303
    name, command = post.commands.get(timeout=deadline_seconds)
    assert (name, command["body"]["notice"], command["body"]["until"]) == (
        "notice.publish", found[1], "2026-12-31T16:00:00.000000Z",
    )  # fmt: skip
    assert "已发布" in page_of(operator, "/notices")
    assert operator.post(f"{address}/remove", data={}).status_code == 409
    assert operator.post(f"{address}/withdraw", data=chosen).status_code == 303
    assert post.commands.get(timeout=deadline_seconds)[0] == "notice.withdraw"
    assert operator.post(f"{address}/remove", data={}).status_code == 303
    assert "尚无公告" in page_of(operator, "/notices")


def test_a_citizen_looks_and_rates_once(citizen: httpx.Client, post: Post, folder: Path) -> None:
    """Looking asks without a level; the key sends it with its reason; thanks are the same for every level."""
    address = f"/r/{post.device}/{code}"
    page = page_of(citizen, address)
    assert re.findall(r'<button class="key[^>]*value="(\d)"', page) == ["5", "4", "3", "2", "1"]
    assert "等候时间长" in page
    assert "/ratings" not in page
    thanks = {citizen.post(address, data={"level": level, "reason": "waiting"}).text for level in "521"}
    assert len(thanks) == 1
    assert "感谢您的评价" in thanks.pop()
    asked = [post.commands.get(timeout=deadline_seconds) for _ in range(4)]
    assert {name for name, _ in asked} == {"rating.submit"}
    assert [(one["body"]["level"], one["body"]["reasons"]) for _, one in asked] == [
        (None, []), (5, []), (2, ["waiting"]), (1, ["waiting"]),
    ]  # fmt: skip
    assert {one["body"]["code"] for _, one in asked} == {code}
    assert kept_of_citizens(folder) == []


def kept_of_citizens(folder: Path) -> list[str]:
    """Return where in the files of the centre the code is kept."""
    with closing(sqlite3.connect(folder / "console.sqlite3")) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [one for one in tables if code in str(db.execute(f"SELECT * FROM {one}").fetchall())]  # noqa: S608


@pytest.mark.parametrize(
    ("said", "status", "word"),
    [
        ("forged: this code was not made by this window", 404, "二维码无效"),
        ("expired: this code is no longer good", 410, "二维码已过期"),
        ("used: this service has already been rated", 410, "已经评价过"),
        ("the disk is full", 409, "评价未能保存"),
    ],
)
def test_refused_codes_get_a_clear_page(citizen: httpx.Client, post: Post, said: str, status: int, word: str) -> None:
    """In words for citizens, when looking and when rating; the device's own sentence is not shown."""
    post.answer = lambda *_: {"status": "refused", "reason": said}
    for answer in (
        citizen.get(f"/r/{post.device}/{code}"),
        citizen.post(f"/r/{post.device}/{code}", data={"level": 5}),
    ):
        assert (answer.status_code, word in answer.text, said in answer.text) == (status, True, False)


def test_a_window_out_of_reach_gets_a_clear_page(citizen: httpx.Client, post: Post) -> None:
    """A silent device, and one that has gone, are told as such; nothing was saved, and the page says so."""
    post.answer = lambda *_: None
    answer = citizen.get(f"/r/{post.device}/{code}")
    assert (answer.status_code, "暂时无法连接窗口" in answer.text) == (503, True)
    post.publish("state", {"online": False, "session": post.session}, retain=True)
    while not post.commands.empty():
        post.commands.get()
    until(lambda: citizen.post(f"/r/{post.device}/{code}", data={"level": 5}).elapsed.total_seconds() < 3)
    assert "尚未保存" in citizen.get(f"/r/{post.device}/{code}").text
    post.answer = lambda *_: {"body": offered}
    post.birth(outboxes=[], roles=["panic", "rating"])
    # So seldom that the number of a minute is not used up, however long the birth takes to be stored.
    until(lambda: citizen.get(f"/r/{post.device}/{code}").status_code == 200, every=3.0)


@pytest.mark.parametrize("address", [f"/r/no.device/{code}", "/r/school.gate/short", "/r/school.gate/" + "a" * 401])
def test_what_cannot_be_a_code_is_not_even_asked(citizen: httpx.Client, post: Post, address: str) -> None:
    """Unknown devices and impossible codes end here."""
    answer = citizen.get(address)
    assert (answer.status_code, "二维码无效" in answer.text) == (404, True)
    assert post.commands.empty()


def test_only_forms_of_this_centre_may_rate(citizen: httpx.Client, post: Post) -> None:
    """No Origin is allowed (some phones send none), another one is not; a missing or impossible level is no rating."""
    address = f"/r/{post.device}/{code}"
    for origin in ("https://evil.example", "null"):
        assert citizen.post(address, data={"level": 5}, headers={"Origin": origin}).status_code == 403
    for wrong in ({}, {"level": 6}, {"level": "x"}):
        assert citizen.post(address, data=wrong).status_code in (413, 422)
    assert post.commands.empty()
    del citizen.headers["Origin"]
    assert citizen.post(address, data={"level": 5}).status_code == 200


def test_one_address_cannot_flood_a_window(citizen: httpx.Client, post: Post) -> None:
    """After the minute's number there is a page that asks to wait, and the device is left alone."""
    answers: list[Any] = [citizen.get(f"/r/{post.device}/{code}") for _ in range(26)]
    assert [answer.status_code for answer in answers] == [200] * 25 + [429]
    assert int(answers[-1].headers["retry-after"]) <= 61
    assert "请求过于频繁" in answers[-1].text
    assert post.commands.qsize() == 25


def test_the_citizens_page_sets_no_cookie(citizen: httpx.Client, post: Post) -> None:
    """Nothing is stored on the phone, and search engines are told to leave it."""
    answer = citizen.get(f"/r/{post.device}/{code}")
    assert "set-cookie" not in answer.headers
    assert answer.headers["x-robots-tag"] == "noindex"
    assert answer.headers["cache-control"] == "no-store"
