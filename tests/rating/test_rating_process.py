"""The real program: killed in every state, without a disk, for weeks without a centre, and with everybody pressing at once."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx
import pytest

from support.panic_process import fits
from support.patience import until
from support.rating import RatingProcess, at_once, qr, slow, write_settings

last_wins = slow.replace("policy = {", 'policy = { press = "last",')
impatient = slow.replace("save_seconds = 10", "save_seconds = 1")


def asked(rating: RatingProcess) -> str:
    """Nobody has pressed."""
    return rating.open()


def pressed(rating: RatingProcess) -> str:
    """The press and the kill race."""
    service = rating.open()
    assert rating.touch(5) == 204
    return service


def reason(rating: RatingProcess) -> str:
    """The citizen is asked why."""
    service = rating.open()
    assert rating.touch(1) == 204
    assert rating.shown()["state"] == "reason"
    return service


def reasoned(rating: RatingProcess) -> str:
    """The citizen has said why."""
    service = reason(rating)
    rating.screen.post("/screen/reason", json={"session": rating.shown()["session"], "reason": "waiting"})
    return service


def scanned(rating: RatingProcess) -> str:
    """The service went on on a phone."""
    service = rating.open()
    rating.link(connected=True)
    assert rating.command("rating.submit", code=code_of(rating))["status"] == "done"
    rating.open()
    assert rating.status()["on_phones"] == 1
    return service


def code_of(rating: RatingProcess) -> str:
    """The code that the screen shows; made from the same session by the program itself."""
    from support.rating_codes import code_for  # noqa: PLC0415 - only some tests need it

    return code_for(rating)


@pytest.mark.parametrize("policy", [slow, last_wins], ids=["first", "last"])
def test_killed_in_every_state(tmp_path: Path, policy: str) -> None:
    """An open service goes on with its session; a durable press is counted once, and never lost."""
    ways: dict[Callable[[RatingProcess], str], str] = {
        asked: "open",
        pressed: "given",
        reason: "given",
        reasoned: "given",
        scanned: "open",
    }
    with RatingProcess(tmp_path, more=policy + qr) as rating:
        for way, outcome in ways.items():
            service = way(rating)
            session = rating.shown()["session"]
            rating.kill()
            rating.start()
            assert rating.outcome(service) == outcome, way.__name__
            if outcome == "open":
                assert rating.shown()["session"] == session, way.__name__
            count = len(rating.stored("rating.given", service=service))
            assert count == (1 if outcome == "given" else 0), way.__name__
        given = rating.stored("rating.given")
        assert [event["data"]["level"] for event in given] == [5, 1, 1]
        # With "last", the reason of a rating that may still change is held back with it.
        assert given[2]["data"]["reasons"] == ["waiting"]
        assert rating.faults() == {}


def test_every_press_is_either_thanked_and_durable_or_nothing(tmp_path: Path) -> None:
    """Killed at odd moments around a press: whoever got an answer is in the books, exactly once."""
    with RatingProcess(tmp_path) as rating:
        for level in (5, 4, 3, 2, 1):
            service = rating.open()
            session = rating.shown()["session"]
            status, _ = at_once(partial(answered, rating, level, session), rating.kill)
            rating.start()
            if status == 204:
                assert rating.outcome(service) == "given"
            if rating.outcome(service) == "open":
                assert rating.touch(level) == 204
        rating.open()
        services = [event["data"]["service"] for event in rating.stored("rating.given")]
        assert services == [f"case-{number}" for number in range(1, 6)]
        assert [event["data"]["level"] for event in rating.stored("rating.given")] == [5, 4, 3, 2, 1]


def answered(rating: RatingProcess, level: int, session: str) -> int:
    """Touch; 0 when the program died under the finger."""
    try:
        return rating.touch(level, session)
    except httpx.HTTPError:
        return 0


@pytest.mark.parametrize("fault", ["fill", "die"])
def test_a_disk_that_fails(tmp_path: Path, fault: str) -> None:
    """The citizen is told and may press again; the last press counts once, and a kill with a dead disk invents nothing."""
    with RatingProcess(tmp_path, more=impatient) as rating:
        service = rating.open()
        rating.disk(fault)
        assert rating.touch(4) == 503
        assert (rating.shown()["state"], rating.shown()["unsaved"]) == ("asked", True)
        assert rating.touch(5) == 503
        assert rating.stored("rating.given") == []
        until(lambda: "disk" in rating.faults())
        rating.disk("mend")
        until(lambda: rating.shown()["state"] == "thanked")
        until(lambda: rating.stored("rating.given", service=service, level=5))
        assert len(rating.stored("rating.given")) == 1
        assert len(rating.stored("rating.excluded", cause="duplicate", level=4)) == 1
        until(lambda: "disk" not in rating.faults())
        lost = rating.open()
        until(lambda: rating.stored("rating.asked", service=lost))
        rating.disk(fault)
        assert rating.touch(1) == 503
        rating.kill()
        write_settings(tmp_path, slow)
        rating.start()
        assert rating.outcome(lost) == "open"
        assert rating.touch(2) == 204


def test_a_press_that_the_disk_never_took_counts_when_the_time_is_over(tmp_path: Path) -> None:
    """It goes out by datagram, and to the disk when that heals."""
    short = "policy = { answer_seconds = 2, save_seconds = 0.2 }\n"
    with RatingProcess(tmp_path, more=short) as rating:
        rating.disk("die")
        service = until(partial(pressed_unsaved, rating), "a citizen presses in time")
        rating.hear("rating.given", service=service, level=4)
        rating.disk("mend")
        until(lambda: len(rating.stored("rating.given", service=service)) == 1)


def pressed_unsaved(rating: RatingProcess) -> str:
    """Serve a citizen who presses in vain; "" for one whose time was over before the press came."""
    service = rating.open()
    status = rating.touch(4)
    assert status in {503, 409}
    return service if status == 503 else ""


def test_weeks_without_a_centre(tmp_path: Path) -> None:
    """Everything stays, in order and through restarts; then it is acknowledged, and recorded − acknowledged = on disk."""
    with RatingProcess(tmp_path) as rating:
        for number in range(60):
            rating.open()
            if number % 3:
                assert rating.touch(number % 3 + 3) == 204
            if number == 30:
                rating.kill()
                rating.start()
        rating.open()
        until(lambda: len(rating.stored("rating.unanswered")) == 20)
        assert len(rating.stored("rating.given")) == 40
        assert counts(rating) == (40, 0)
        rating.acknowledge_all()
        until(lambda: counts(rating) == (40, 40))
        assert rating.stored("rating.given") == []
        assert rating.touch(5) == 204
        until(lambda: counts(rating) == (41, 40))
        rating.kill()
        rating.start()
        assert counts(rating) == (41, 40)
        assert (rating.kept("recorded"), rating.kept("acknowledged")) == ("41", "40")
        assert len(rating.stored("rating.given")) == 1


def counts(rating: RatingProcess) -> tuple[int, int]:
    """Ratings recorded and acknowledged since the installation."""
    found = rating.status()["counts"]
    return found["recorded"], found["acknowledged"]


def test_screen_keypad_and_phone_at_once(tmp_path: Path) -> None:
    """One service, one rating; all other presses are excluded with evidence."""
    with RatingProcess(tmp_path, more=slow + qr) as rating:
        for number in range(1, 9):
            rating.link(connected=True)  # said again and again, as the forwarder does: it is believed for a minute
            service = rating.open()
            session, code = rating.shown()["session"], code_of(rating)
            at_once(
                partial(rating.touch, 5, session),
                partial(rating.touch, 4, session),
                partial(rating.key, 3),
                partial(rating.key, 5),
                partial(rating.command, "rating.submit", code=code, level=4),
                partial(rating.command, "rating.submit", code=code, level=5),
            )
            until(partial(rating.stored, "rating.given", service=service))
            until(partial(excluded, rating, 5 * number))
            assert len(rating.stored("rating.given", service=service)) == 1


def excluded(rating: RatingProcess, count: int) -> bool:
    """Whether so many presses were excluded as duplicates."""
    return len(rating.stored("rating.excluded", cause="duplicate")) == count


def test_a_child_at_the_keypad_fills_no_disk(tmp_path: Path) -> None:
    """Presses outside a service are listed up to a limit; a rating is never among what is folded."""
    few = slow.replace("excluded_per_minute = 600", "excluded_per_minute = 5")
    with RatingProcess(tmp_path, more=few) as rating:
        for _ in range(30):
            rating.key(1)
        service = rating.open()
        rating.key(5)
        until(lambda: rating.stored("rating.given", service=service, level=5))
        assert len(rating.stored("rating.excluded")) == 5


def test_the_screen_is_for_this_machine(tmp_path: Path) -> None:
    """A foreign Host or Origin, and garbage on every route, do no harm."""
    with RatingProcess(tmp_path) as rating:
        service = rating.open()
        press = {"session": rating.shown()["session"], "level": 1}
        for headers in ({"host": "evil.example"}, {"origin": "http://evil.example"}, {"origin": "null"}):
            assert rating.screen.post("/screen/press", json=press, headers=headers).status_code == 403
        for route in ("press", "reason", "language", "large"):
            for content in (
                b"",
                b"{",
                b"[]",
                b"{}",
                b'{"level": 9}',
                b"\xff",
                b"x" * 20_000,
                b'{"session": "\\ud800"}',
            ):
                status = rating.screen.post(f"/screen/{route}", content=content).status_code
                assert status in {413, 422}, (route, content[:20])
        for address in (
            "/photos/../x",
            "/photos/x.png",
            "/notices/x/picture",
            "/qr/x.svg",
            "/static/../__main__.py",
            "/x",
        ):
            assert rating.screen.get(address).status_code == 404, address
        assert rating.screen.post("/screen/language", json={"language": "xx"}).status_code == 422
        assert rating.outcome(service) == "open"
        assert rating.stored("rating.given") == []


def test_garbage_at_the_local_interface(tmp_path: Path) -> None:
    """Each gets a client error and a sentence."""
    with RatingProcess(tmp_path) as rating:
        for route in ("/v1/acks", "/v1/link", "/v1/commands/rating.submit", "/v1/commands/roster.set"):
            for content in (b"", b"[]", b"{}", b'{"id": 1}', b'{"id":"a","operator":"b","body":{"x":1}}'):
                answer = rating.local.post(route, content=content, headers={"content-type": "application/json"})
                assert answer.status_code == 422, (route, content)
                assert answer.json()["detail"]
        order = {"id": "a", "operator": "b", "body": {}}
        assert rating.local.post("/v1/commands/incident.close", json=order).status_code == 404


def test_language_and_size_last_until_the_next_citizen(tmp_path: Path) -> None:
    """Who chooses while waiting keeps it for the rating."""
    with RatingProcess(tmp_path) as rating:
        rating.screen.post("/screen/language", json={"language": "en"}).raise_for_status()
        rating.screen.post("/screen/large", json={"on": True}).raise_for_status()
        rating.open()
        assert (rating.shown()["language"], rating.shown()["large"]) == ("en", True)
        rating.open()
        assert (rating.shown()["language"], rating.shown()["large"]) == ("zh", False)


def test_ticket_numbers_do_not_reach_the_disk(tmp_path: Path) -> None:
    """The screen shows the number; the disk has a keyed hash, the same for the same ticket."""
    number = "4711081542007231"  # so long that no clock and no hash on the disk holds it by chance
    with RatingProcess(tmp_path) as rating:
        rating.open(subject=f"TICKET-{number}")
        assert rating.shown()["ticket"] == f"TICKET-{number}"
        rating.open(subject=f"TICKET-{number}")
        first, second = rating.stored("rating.asked")
        assert first["data"]["subject"] == second["data"]["subject"] != ""
        rating.stop()
        for path in (tmp_path / "state").rglob("*"):
            assert path.is_dir() or number.encode() not in path.read_bytes(), path
        for secret in ("tickets.key",):
            assert (tmp_path / "state" / "rating_terminal" / secret).stat().st_mode & 0o777 == 0o600


def test_the_thanks_are_the_same_for_every_key(tmp_path: Path) -> None:
    """Nothing in the state of the screen tells the level."""
    no_reasons = slow.replace("policy = {", "policy = { reasons = [],")
    with RatingProcess(tmp_path, more=no_reasons) as rating:
        states = []
        for level in (5, 1):
            rating.open()
            assert rating.touch(level) == 204
            shown = rating.shown()
            states.append({name: value for name, value in shown.items() if name not in {"session", "closes_in"}})
        assert states[0] == states[1]
        assert not [event for event in rating.heard() if fits(event, "device.fault_raised", {})]
