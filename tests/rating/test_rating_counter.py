"""The counter's interface of the real program: the contract's words, retries, garbage, and its own OpenAPI."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok

from support.patience import deadline_seconds, until
from support.rating import RatingProcess, at_once, staff_token, token, write_settings

body = {"service": "case-1", "window": "1", "clerk": "王", "subject": "A012"}


@pytest.fixture(name="rating", scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RatingProcess]:
    """One window for the tests that leave nothing behind."""
    with RatingProcess(tmp_path_factory.mktemp("counter")) as rating:
        yield rating


def problem(answer: httpx.Response, status: int) -> str:
    """Check that an answer is a problem document, and return its sentence."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    sentence: str = answer.json()["detail"]
    assert len(sentence.split()) >= 3
    return sentence


def test_a_retry_after_a_lost_answer_is_the_same_session(tmp_path: Path) -> None:
    """201, then 200 with the same body, also from a program that was killed in between; another body is 409."""
    with RatingProcess(tmp_path) as rating:
        opened = rating.counter.post("/v1/services", json=body)
        assert opened.status_code == 201
        assert opened.json() == {
            "service": "case-1",
            "window": "1",
            "clerk": "王",
            "state": "open",
            "opened": opened.json()["opened"],
            "closes": opened.json()["closes"],
        }
        for _ in range(2):
            again = rating.counter.post("/v1/services", json=body)
            assert (again.status_code, again.json()) == (200, opened.json())
            for other in ({"clerk": "李"}, {"subject": "A013"}):
                problem(rating.counter.post("/v1/services", json=body | other), 409)
            rating.kill()
            rating.start()
        assert rating.touch(5) == 204
        closed = rating.counter.post("/v1/services", json=body)
        assert (closed.status_code, closed.json()["state"]) == (200, "closed")
        rating.kill()
        rating.start()
        assert rating.counter.post("/v1/services", json=body).status_code == 200
        assert rating.status()["open_service"] is None
        assert len(rating.stored("rating.asked")) == len(rating.stored("rating.given")) == 1


def test_many_at_once_open_one_service(rating: RatingProcess) -> None:
    """A counter that loses its patience."""
    asked = body | {"service": "impatient"}
    answers = at_once(*[lambda: rating.counter.post("/v1/services", json=asked).status_code] * 8)
    assert sorted(answers) == [200] * 7 + [201]
    until(lambda: len(rating.stored("rating.asked", service="impatient")) == 1)


def test_the_next_service_ends_the_one_before_as_unanswered(rating: RatingProcess) -> None:
    """No default."""
    earlier, later = rating.open(), rating.open()
    assert (rating.outcome(earlier), rating.outcome(later)) == ("unanswered", "open")
    until(lambda: rating.stored("rating.unanswered", service=earlier))
    assert rating.stored("rating.given", service=earlier) == []
    problem(rating.counter.delete(f"/v1/services/{earlier}"), 409)


def test_cancelling(rating: RatingProcess) -> None:
    """Once and twice; not what was rated, not what is unknown."""
    service = rating.open("a/strange id?%")
    address = "/v1/services/a%2Fstrange%20id%3F%25"
    assert rating.counter.delete(address).status_code == 204
    assert rating.counter.delete(address).status_code == 204
    assert rating.counter.get(address).json()["outcome"] == "cancelled"
    until(lambda: rating.stored("rating.excluded", service=service, cause="cancelled"))
    rated = rating.open()
    rating.key(1)
    until(lambda: rating.outcome(rated) == "given")
    problem(rating.counter.delete(f"/v1/services/{rated}"), 409)
    problem(rating.counter.delete("/v1/services/nobody"), 404)
    problem(rating.counter.get("/v1/services/nobody"), 404)


def test_the_counter_cannot_tell_a_bad_rating(rating: RatingProcess) -> None:
    """Neither by a word nor by the time that the question for a reason takes."""
    answers = []
    for level in (5, 1):
        service = rating.open()
        assert rating.touch(level) == 204
        answer = rating.counter.get(f"/v1/services/{service}").json()
        answers.append({key: value for key, value in answer.items() if key not in {"service", "opened", "closes"}})
    assert answers[0] == answers[1]
    assert answers[0]["outcome"] == "given"


def test_the_token(rating: RatingProcess) -> None:
    """None, a wrong one, and odd ones are refused before anything else is said."""
    for header in ({}, {"authorization": "Bearer x"}, {"authorization": token}, {"authorization": f"Basic {token}"}):
        answer = httpx.post(f"{rating.counter_url}/v1/services", json=body, headers=header, timeout=deadline_seconds)
        problem(answer, 401)
        assert answer.headers["www-authenticate"].startswith("Bearer")
    odd = [(b"authorization", "Bearer 令牌".encode())]
    answer = httpx.post(f"{rating.counter_url}/v1/services", json=body, headers=odd, timeout=deadline_seconds)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"[]", 422),
        (b'{"service": "s"}', 422),
        (json.dumps(body | {"more": 1}).encode(), 422),
        (json.dumps(body | {"service": ""}).encode(), 422),
        (json.dumps(body | {"service": "   "}).encode(), 422),
        (json.dumps(body | {"service": "x" * 81}).encode(), 422),
        (json.dumps(body | {"service": "a\u0000b"}).encode(), 422),
        (b'{"service": "\\ud800", "window": "1"}', 422),
        (json.dumps(body | {"service": 7}).encode(), 422),
        (json.dumps(body | {"window": "2"}).encode(), 403),
        (b"\xff\xfe", 422),
        (b"x" * 20_000, 413),
        (b"[" * 10_000, 400),
    ],
)
def test_what_is_malformed_gets_a_sentence(rating: RatingProcess, content: bytes, status: int) -> None:
    """RFC 9457, and the program lives on."""
    answer = rating.counter.post("/v1/services", content=content, headers={"content-type": "application/json"})
    problem(answer, status)
    assert rating.status()["window"] == "1"


def test_too_many_services_in_a_minute(tmp_path: Path) -> None:
    """A counter that has gone mad is told to wait."""
    path = write_settings(tmp_path)
    path.write_text(path.read_text().replace("services_per_minute = 6000", "services_per_minute = 3"))
    with RatingProcess(tmp_path, settings=path) as rating:
        for _ in range(3):
            rating.open()
        problem(rating.counter.post("/v1/services", json=body | {"service": "more"}), 429)


def test_the_staffs_test_is_excluded_with_evidence(tmp_path: Path) -> None:
    """With the staff's own token, not with the counter's; it counts nothing."""
    with RatingProcess(tmp_path) as rating:
        problem(rating.counter.put("/v1/staff-test", json={"on": True}), 401)
        staff = {"authorization": f"Bearer {staff_token}"}
        rating.counter.put("/v1/staff-test", json={"on": True}, headers=staff).raise_for_status()
        assert rating.shown()["staff_test"] is True
        rating.open()
        assert rating.touch(1) == 204
        rating.screen.post("/screen/reason", json={"session": rating.shown()["session"], "reason": None})
        excluded = rating.hear("rating.excluded", cause="staff_test", level=1)
        assert "test mode" in excluded["data"]["evidence"]
        rating.counter.put("/v1/staff-test", json={"on": False}, headers=staff).raise_for_status()
        rating.open()
        problem(rating.counter.put("/v1/staff-test", json={"on": True}, headers=staff), 409)
        assert rating.touch(5) == 204
        until(lambda: len(rating.stored("rating.given")) == 1)
        assert len(rating.stored("rating.asked")) == 1


def test_plain_http_is_for_a_demo_on_loopback(tmp_path: Path) -> None:
    """Otherwise the program does not start, and says what to write."""
    path = write_settings(tmp_path)
    path.write_text(path.read_text().replace("counter = {", 'counter = { listen = "0.0.0.0",'))
    rating = RatingProcess(tmp_path, settings=path)
    with pytest.raises(AssertionError, match="certificate_file and key_file"):
        rating.start()
    rating.__exit__()


def test_schemathesis_finds_no_server_error(rating: RatingProcess) -> None:
    """It reads the program's own OpenAPI and tries what fits and what does not; bounded in number."""
    schema = schemathesis.openapi.from_url(f"{rating.counter_url}/openapi.json", timeout=deadline_seconds)
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert {operation.label for operation in operations} == {
        "POST /v1/services",
        "GET /v1/services/{service}",
        "DELETE /v1/services/{service}",
        "PUT /v1/staff-test",
    }
    for operation in operations:
        walk(operation, schemathesis.GenerationMode.POSITIVE)
        if operation.body:  # any text is a service's name, so there is no wrong address
            walk(operation, schemathesis.GenerationMode.NEGATIVE)
    assert rating.status()["window"] == "1"


def walk(operation: Any, mode: Any) -> None:
    """Try one route with 25 bodies and addresses."""

    @settings(
        max_examples=25,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}
        answer = case.call(timeout=deadline_seconds)
        case.validate_response(answer, checks=[not_a_server_error])

    run()
