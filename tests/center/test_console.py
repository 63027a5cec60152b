"""The console over HTTP: signing in, other sites' requests, pushes, commands and their replies."""

import json
import os
import pty
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.broker import Broker
from support.centre import Centre
from support.patience import deadline_seconds, until
from support.post import Post

raised = {"incident": "01INCIDENT", "level": "panic", "mode": "live", "trigger": "button"}


@pytest.fixture
def centre(tmp_path: Path, broker: Broker) -> Iterator[Centre]:
    """A running centre in demo mode."""
    with Centre.start(tmp_path, broker) as started:
        yield started


@pytest.fixture
def post(broker: Broker) -> Iterator[Post]:
    """A post that has reported itself."""
    with Post(broker.port) as connected:
        connected.birth(outboxes=[])
        yield connected


@pytest.fixture
def operator(centre: Centre) -> Iterator[httpx.Client]:
    """The signed-in demo operator."""
    with centre.signed_in() as client:
        yield client


@pytest.fixture
def incident(post: Post, centre: Centre, operator: httpx.Client) -> str:
    """The address of an open incident's page."""
    post.say("incident.raised", raised)
    until(lambda: operator.get("/incidents/01INCIDENT").status_code == 200)
    return "/incidents/01INCIDENT"


@contextmanager
def pushes(client: httpx.Client, address: str) -> Iterator[Iterator[dict[str, Any]]]:
    """Give what the server pushes; nothing is asked again."""
    with client.stream("GET", address) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = (line for line in response.iter_lines() if line.startswith("data: "))
        yield (json.loads(line.removeprefix("data: ")) for line in lines)


def in_terminal(command: list[str], typed: list[str]) -> tuple[int, str]:
    """Run a program in a terminal of its own and type when it asks; return exit code and what was shown."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(command[0], command)  # noqa: S606 - our own program
    shown = b""
    for text in typed:
        asked = b""
        while not asked.rstrip().endswith(b":"):
            asked += os.read(terminal, 1024)
        shown += asked
        os.write(terminal, text.encode() + b"\n")
    # The terminal of a program that has ended raises EIO.
    with suppress(OSError):
        while block := os.read(terminal, 1024):
            shown += block
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode()


def add_operator(centre: Centre, name: str, password: str, times: int = 2) -> tuple[int, str]:
    """Add an operator as an administrator does."""
    command = [sys.executable, "-m", "center.console.operators", "add", name]
    return in_terminal([*command, "--settings", str(centre.folder / "center.toml")], [password] * times)


def test_pages_ask_to_sign_in_first(centre: Centre) -> None:
    """Without a session pages lead to the form, and nothing else answers."""
    with httpx.Client(base_url=centre.url, headers={"Accept": "text/html"}, timeout=deadline_seconds) as client:
        assert client.get("/").headers["location"] == "/sign-in"
        assert client.get("/sign-in").status_code == 200
        for address in ("/live", "/incidents/01X/live", "/clips/01X"):
            assert client.get(address, headers={"Accept": "*/*"}).status_code == 401
        origin = {"Origin": centre.url}
        assert client.post("/incidents/01X/commands/ptz.stop", json={}, headers=origin).status_code == 401


def test_an_operator_added_on_the_terminal_signs_in_and_out(centre: Centre) -> None:
    """The password is read from the terminal; the session is an HttpOnly, strict cookie that signing out ends."""
    code, shown = add_operator(centre, "王伟", "correct horse battery")
    assert code == 0, shown
    assert "correct horse" not in shown
    with httpx.Client(base_url=centre.url, headers={"Origin": centre.url}, timeout=deadline_seconds) as client:
        wrong = client.post("/sign-in", data={"name": "王伟", "password": "wrong"})
        assert wrong.status_code == 403
        right = client.post("/sign-in", data={"name": "王伟", "password": "correct horse battery"})
        assert (right.status_code, right.headers["location"]) == (303, "/check")
        cookie = right.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        kept = dict(client.cookies)
        assert client.get("/check").status_code == 200
        assert "王伟" in client.get("/").text
        client.post("/sign-out")
    with httpx.Client(base_url=centre.url, cookies=kept, timeout=deadline_seconds) as old:
        assert old.get("/live").status_code == 401


def test_a_short_password_is_not_taken(centre: Centre) -> None:
    """Ten characters are the least."""
    code, shown = add_operator(centre, "short", "123", times=1)
    assert code != 0
    assert "at least 10" in shown


def test_guessing_is_slowed_down(centre: Centre) -> None:
    """After five wrong passwords even the sixth try has to wait, and is told how long."""
    with httpx.Client(base_url=centre.url, headers={"Origin": centre.url}, timeout=deadline_seconds) as client:
        answers = [client.post("/sign-in", data={"name": "x", "password": "y"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [403] * 5 + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 301


def test_a_forged_cookie_is_nobody(centre: Centre, operator: httpx.Client) -> None:
    """A session id without our signature does not sign in."""
    (value,) = operator.cookies.values()
    forged = httpx.get(f"{centre.url}/live", cookies={"callpost": value[:-2] + "xx"}, timeout=deadline_seconds)
    assert forged.status_code == 401


def test_another_sites_page_can_change_nothing(operator: httpx.Client, incident: str) -> None:
    """A request without our own origin is refused although it carries the cookie."""
    del operator.headers["Origin"]
    for origin in (None, "https://evil.example", "null", "http://127.0.0.1:1"):
        headers = {"Origin": origin} if origin else {}
        for address in (f"{incident}/commands/incident.close", f"{incident}/notes", "/sign-out"):
            assert operator.post(address, json={}, headers=headers).status_code == 403
    assert operator.get("/check").status_code == 200  # and the session was not ended by any of them


def test_every_answer_carries_the_security_headers(operator: httpx.Client) -> None:
    """No inline script runs, no other site frames the pages, and nothing is loaded from elsewhere."""
    for address in ("/", "/check", "/static/board.js", "/nowhere"):
        answer = operator.get(address, headers={"Accept": "text/html"})
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert "unsafe-inline" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|(src|href)=.https?:", answer.text)


def test_demo_sign_in_needs_a_loopback_host(centre: Centre) -> None:
    """A page elsewhere that was rebound to this machine gets nothing."""
    answer = httpx.get(f"{centre.url}/demo-sign-in", headers={"Host": "evil.example"}, timeout=deadline_seconds)
    assert answer.status_code == 404


def test_an_alarm_is_pushed_to_the_board(operator: httpx.Client, post: Post) -> None:
    """One stream, asked for once, tells of the press, of who has it, and of its end."""
    with pushes(operator, "/live") as board:
        assert next(board)["lists"]["open"] == []
        post.say("incident.raised", raised)
        shown = next(one for one in board if one["lists"]["open"])
        assert shown["sound"] == "panic"
        assert "报警" in shown["lists"]["open"][0]["html"]
        post.say("incident.acknowledged", {"incident": "01INCIDENT", "operator": "王伟"})
        taken = next(one for one in board if one["sound"] == "")
        assert "王伟" in taken["lists"]["open"][0]["html"]
        post.say("incident.closed", {"incident": "01INCIDENT", "disposition": "accidental", "by": "王伟", "presses": 1})
        closed = next(one for one in board if not one["lists"]["open"])
        assert "报警" not in closed["lists"]["closed"][0]["html"]


def test_the_board_works_without_ingests_datagrams(tmp_path: Path, broker: Broker) -> None:
    """A console that is never poked looks by itself."""
    with Centre.start(tmp_path, broker, poked=False) as centre, Post(broker.port) as post:
        with centre.signed_in() as client, pushes(client, "/live") as board:
            next(board)
            post.say("incident.raised", raised)
            assert next(one for one in board if one["lists"]["open"])


def test_a_command_reaches_the_post_as_the_contract_says(operator: httpx.Client, incident: str, post: Post) -> None:
    """Session, caller, operator, validity and body are there; the reply comes back; the timeline tells of it."""
    answer = operator.post(f"{incident}/commands/incident.dispatch", json={"team": "三队", "eta_minutes": 6})
    assert answer.json() == {"status": "done", "reason": None, "body": {}}
    name, command = post.commands.get(timeout=deadline_seconds)
    assert name == "incident.dispatch"
    assert command["body"] == {"incident": "01INCIDENT", "team": "三队", "eta_minutes": 6}
    assert (command["session"], command["operator"]) == ("01SESSION", "demo")
    assert re.fullmatch("[a-z0-9-]{1,64}", command["reply_to"])
    assert command["ttl_seconds"] > 0
    assert "三队" in operator.get(incident).text


def test_a_refusal_comes_back_with_its_reason(operator: httpx.Client, incident: str, post: Post) -> None:
    """What the post says is shown to the operator and kept on the timeline."""
    post.answer = lambda *_: {"status": "refused", "reason": "the camera does not answer"}
    answer = operator.post(f"{incident}/commands/ptz.preset", json={"preset": "gate"}).json()
    assert (answer["status"], answer["reason"]) == ("refused", "the camera does not answer")
    assert "the camera does not answer" in operator.get(incident).text


def test_a_post_that_does_not_answer_is_said_so(operator: httpx.Client, incident: str, post: Post) -> None:
    """Silence becomes a sentence, not a hanging page."""
    post.answer = lambda *_: None
    answer = operator.post(f"{incident}/commands/incident.silence", json={}).json()
    assert answer["status"] == "unanswered"
    assert "did not answer within" in answer["reason"]


def test_a_body_that_does_not_fit_is_refused_here(operator: httpx.Client, incident: str, post: Post) -> None:
    """Wrong bodies, unknown commands and those that are not for operators never reach the post."""
    wrong = operator.post(f"{incident}/commands/ptz.move", json={"pan": 7})
    assert wrong.status_code == 422
    assert wrong.headers["content-type"] == "application/problem+json"
    assert operator.post(f"{incident}/commands/device.restart", json={}).status_code == 404
    assert post.commands.empty()


def test_the_posts_own_offer_is_handed_out_once(operator: httpx.Client, incident: str, post: Post) -> None:
    """The first operator to ask gets it; nobody gets it again."""
    post.publish("call/offer", {"id": "01OFFER", "incident": "01INCIDENT", "sdp": "v=0"})
    taken = until(lambda: operator.post(f"{incident}/call/take", json={}).json())
    assert taken == {"offer": "01OFFER", "sdp": "v=0"}
    assert operator.post(f"{incident}/call/take", json={}).json() == {}


def test_answering_acknowledges(operator: httpx.Client, incident: str, post: Post) -> None:
    """A call is offered first, and the acknowledgement goes beside it."""
    post.answer = lambda name, _: {"body": {"sdp": "v=0 answer"} if name == "call.offer" else {}}
    answer = operator.post(f"{incident}/call/offer", json={"sdp": "v=0 offer"}).json()
    assert answer["body"] == {"sdp": "v=0 answer"}
    assert [post.commands.get(timeout=deadline_seconds)[0] for _ in range(2)] == ["call.offer", "incident.acknowledge"]


def test_a_note_appears_on_the_pushed_timeline(operator: httpx.Client, incident: str) -> None:
    """Notes need no post; they are escaped."""
    with pushes(operator, f"{incident}/live") as page:
        next(page)
        operator.post(f"{incident}/notes", json={"note": "<b>穿红衣服</b>"})
        told = next(one for one in page if "穿红衣服" in json.dumps(one, ensure_ascii=False))
        assert "<b>" not in told["lists"]["timeline"][0]["html"]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("demo = false", "HTTPS is required"),
        ("prot = 1", "did you mean port"),
        ('demo = true\ntime_zone = "Mars"', "is no time zone"),
        ('demo = true\nrecords = "/proc/none/console.sqlite3"', "/proc/none/console.sqlite3: cannot be used"),
    ],
)
def test_wrong_settings_end_with_a_sentence(tmp_path: Path, line: str, sentence: str) -> None:
    """The installer is told which key to change; exit code 78."""
    file = tmp_path / "center.toml"
    file.write_text(f"[console]\n{line}\n")
    command = [sys.executable, "-m", "center.console", "--settings", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=deadline_seconds)
    assert (done.returncode, done.stdout) == (78, "")
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for 127.0.0.1."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    made = [
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=127.0.0.1",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
    ]
    command = ["openssl", "req", "-x509", *made, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


def test_over_https_the_cookie_is_bound_to_host_and_encryption(tmp_path: Path, broker: Broker) -> None:
    """With a certificate the console speaks only HTTPS, says so for a year, and marks its cookie."""
    certificate, key = self_signed(tmp_path)
    trusted = ssl.create_default_context(cafile=str(certificate))
    files = f'certificate_file = "{certificate}"\nkey_file = "{key}"\n'
    with Centre.start(tmp_path, broker, console=files) as centre:
        address = f"https://127.0.0.1:{centre.port}"
        answer = httpx.get(f"{address}/demo-sign-in", verify=trusted, timeout=deadline_seconds)
        assert answer.headers["set-cookie"].startswith("__Host-callpost=")
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert "Secure" in answer.headers["set-cookie"]
        assert "strict-transport-security" in answer.headers
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{centre.url}/sign-in", timeout=deadline_seconds)
