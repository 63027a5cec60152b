"""The small parts: opening hours, blank time, limits and patterns, pictures, roster, notices, settings."""

import base64
import struct
import time
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from edge.clock import SimulatedClock
from edge.kinds.commands import NoticePublish, RosterEntry, RosterSet
from edge.settings import SettingsError, load
from rating_terminal import blank, pictures, secret_files, watch
from rating_terminal.blank import Blank, Presence, Report
from rating_terminal.hours import Hours
from rating_terminal.ledger import Known, Ledger, slots
from rating_terminal.notices import Notices, TooManyNotices, most_notices
from rating_terminal.presence import Watchman, seen_key
from rating_terminal.roster import Clerk, Roster
from rating_terminal.settings import RatingSettings
from rating_terminal.visit import Outcome
from support.patience import until
from support.rating import RatingProcess, write_settings

monday = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def png(width: int = 3, height: int = 2) -> bytes:
    """Make a small grey PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + b"\x80" * width for _ in range(height)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


jpeg = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    b"\xff\xc0\x00\x0b\x08\x00\x02\x00\x03\x01\x01\x11\x00\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x00\xff\xd9"
)


def text(content: bytes) -> str:
    """Write base64."""
    return base64.b64encode(content).decode()


def test_opening_hours() -> None:
    """Days and minutes, the end excluded; seconds between two moments."""
    hours = Hours.read(("Mon-Fri 09:00-12:00", "Mon-Thu 13:30-17:00", "Sat 10:00-24:00"))
    assert hours.open_at(monday)
    assert not hours.open_at(monday - timedelta(minutes=1))
    assert not hours.open_at(monday.replace(hour=12))
    assert hours.open_seconds(monday, monday + timedelta(days=1)) == 6.5 * 3600
    assert hours.open_seconds(monday.replace(second=30), monday.replace(minute=1)) == 30
    assert hours.open_seconds(monday, monday - timedelta(days=1)) == 0


@pytest.mark.parametrize("line", ["", "Mon", "Fri-Mon 09:00-17:00", "Mon 17:00-09:00", "Mon 9-17", "Mon 09:00-25:00"])
def test_wrong_opening_hours_are_told(line: str) -> None:
    """With what to write instead."""
    with pytest.raises(ValueError, match=r"write (for instance|the earlier)"):
        Hours.read((line,))


def test_blank_time() -> None:
    """Nothing to rate with, in the opening hours, for longer than a page takes to load."""
    away, there = Presence(False, False), Presence(False, True)
    state, report = blank.look(Blank(), away, is_open=True, at=0, after=60)
    assert (state.since, report) == (0, None)
    assert blank.look(state, there, is_open=True, at=59, after=60) == (Blank(), None)
    told = Report(61, "the screen and the keypad were away")
    assert blank.look(state, there, is_open=True, at=61, after=60) == (Blank(), told)
    assert blank.look(state, away, is_open=False, at=61, after=60) == (Blank(), told)
    again, report = blank.look(state, away, is_open=True, at=600, after=60)
    assert (again.since, report) == (600, Report(600, told.reason))
    assert blank.look(Blank(), away, is_open=False, at=0, after=60) == (Blank(), None)
    assert Presence(None, False).reason == "the keypad was away"


async def test_time_without_power_is_blank_time_too() -> None:
    """Told once the clock is true, and only the opening hours of it."""
    clock = SimulatedClock()
    records: list[tuple[str, object]] = []
    hours = Hours.read(("Mon-Sun 00:00-24:00",))
    watchman = Watchman(
        "1",
        hours=hours,
        zone=ZoneInfo("Asia/Shanghai"),
        clock=clock,
        record=lambda kind, data: records.append((kind, data["seconds"])),
        after_seconds=60,
    )
    watchman.restore({seen_key: (clock.stamp().wall - timedelta(hours=2)).isoformat()})
    await clock.act("set", {"wall": "2026-11-21T00:00:00Z"})
    watchman.look(Presence(True, None))
    assert records == []
    await clock.act("mend", {})
    for _ in range(2):
        watchman.look(Presence(True, None))
    assert len(records) == 1
    assert float(str(records[0][1])) == pytest.approx(7200, abs=60)


def test_limits() -> None:
    """So many in any minute; what is beyond is added up and told."""
    rate, taken = watch.Rate(2), []
    for at in (0, 1, 2, 59.9, 60, 61):
        rate, within = rate.take(at)
        taken.append(within)
    assert taken == [True, True, False, False, True, True]
    folded = None
    for at in range(5):
        folded = watch.fold(folded, at)
    assert folded
    assert folded.evidence.startswith("5 more presses within 4 s")
    assert not watch.due(folded, 63)
    assert watch.due(folded, 64)
    assert not watch.due(None, 64)


def test_patterns() -> None:
    """Bursts, rows and hands quicker than eyes; people's ratings raise none of them."""

    def seen(every: float, level: int, after: float, count: int = 30) -> tuple[watch.Seen, ...]:
        return tuple(watch.Seen(number * every, level or 1 + number % 5, after) for number in range(count))

    def kinds(past: tuple[watch.Seen, ...]) -> list[str]:
        return [anomaly.kind for anomaly in watch.anomalies(past)]

    assert kinds(seen(120, 0, 5)) == []
    assert kinds(seen(5, 0, 5)) == ["burst"]
    assert kinds(seen(120, 5, 5)) == ["row"]
    assert kinds(seen(120, 0, 0.3)) == ["quick"]
    assert kinds(()) == []
    assert len(watch.remember(seen(1, 1, 1, 80)[:50], watch.Seen(0, 1, 1))) == 50


def test_pictures_are_what_they_say() -> None:
    """PNG and JPEG with both ends; the name follows from the content."""
    assert pictures.read(text(png())).name.endswith(".png")
    assert pictures.read(text(jpeg)).ending == "jpg"
    assert pictures.read(text(png())).name != pictures.read(text(png(4))).name


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("%%%", "not base64"),
        (text(b"GIF89a"), "neither"),
        (text(b"<svg onload=alert(1)>"), "neither"),
        (text(png()[:-9]), "cut off"),
        (text(jpeg[:-2]), "cut off"),
        (text(b"\xff\xd8\xff\xd9"), "cut off"),
        (text(b"\xff\xd8\xff\xe0\x00\x00" + b"\0" * 9 + b"\xff\xd9"), "cut off"),
        (text(png(5000, 1)), "5000×1"),
        (text(png(0, 1)), "0×1"),
    ],
)
def test_a_broken_picture_is_refused_with_a_reason(given: str, reason: str) -> None:
    """It never reaches the browser."""
    with pytest.raises(ValueError, match=reason):
        pictures.read(given)


def test_the_roster_survives_and_forgets(tmp_path: Path) -> None:
    """A clerk with a broken photo is still a clerk; photos that nobody shows are deleted."""
    roster = Roster(tmp_path)
    assert roster.find("c9") == Clerk("c9")
    entries = (
        RosterEntry(clerk="c1", number="007", name="王" * 60, photo=text(png())),
        RosterEntry(clerk="c2", name="李", photo="broken"),
    )
    assert roster.publish(RosterSet(entries=entries)) == [
        "the photo of c2 is not shown: it is not base64 (Incorrect padding)"
    ]
    again = Roster(tmp_path)
    assert again.find("c1").name == "王" * 60
    assert again.find("c2") == Clerk("c2", "", "李", "")
    name = again.find("c1").photo
    assert again.photos.find(name) == (png(), "image/png")
    for other in ("../roster.json", "roster.json", "x.png", "", name + "\0"):
        assert again.photos.find(other) is None
    again.publish(RosterSet(entries=()))
    assert again.photos.find(name) is None
    (tmp_path / "roster.json").write_text("[{]")
    assert Roster(tmp_path).find("c1") == Clerk("c1")


def test_notices(tmp_path: Path) -> None:
    """Published, replaced, withdrawn, run out; kept over a restart."""
    notices = Notices(tmp_path)
    until = (now + timedelta(hours=1)).isoformat()
    assert notices.publish(NoticePublish(notice="a", title_zh="甲", picture=text(jpeg), until=until), now) == []
    assert notices.publish(NoticePublish(notice="b", title_zh="乙", picture="x" * 5), now) != []
    again = Notices(tmp_path)
    assert [one.notice for one in again.shown(now)] == ["a", "b"]
    assert [one.notice for one in again.shown(now + timedelta(hours=2))] == ["b"]
    found = again.find("a")
    assert found
    assert again.pictures.find(found.picture) == (jpeg, "image/jpeg")
    again.publish(NoticePublish(notice="a", title_zh="丙"), now)
    assert again.pictures.find(found.picture) is None
    assert again.withdraw("a")
    assert not again.withdraw("a")
    for wrong in ("tomorrow", "2026-12-01T00:00:00"):
        with pytest.raises(ValueError, match="until is"):
            again.publish(NoticePublish(notice="c", title_zh="丁", until=wrong), now)
    for number in range(most_notices - 1):
        again.publish(NoticePublish(notice=f"n{number}", title_zh="戊"), now)
    with pytest.raises(TooManyNotices, match="withdraw one first"):
        again.publish(NoticePublish(notice="more", title_zh="己"), now)
    (tmp_path / "notices.json").write_text('[{"notice": "a", "title_zh": "x", "until": "never"}]')
    assert Notices(tmp_path).shown(now) == []


def test_clerks_and_notices_reach_the_screen(tmp_path: Path) -> None:
    """The real program, and again after a kill: from its own disk, without any centre."""
    with RatingProcess(tmp_path) as rating:
        entry = {"clerk": "c1", "number": "007", "name": "王芳", "photo": text(png())}
        assert rating.command("roster.set", entries=[entry])["status"] == "done"
        assert rating.command("notice.publish", notice="a", title_zh="甲", picture=text(jpeg))["status"] == "done"
        rating.open(clerk="c1")
        for _ in range(2):
            shown = rating.shown()
            assert (shown["clerk"]["number"], shown["clerk"]["name"]) == ("007", "王芳")
            assert rating.screen.get(shown["clerk"]["photo"]).content == png()
            assert rating.screen.get(shown["notices"][0]["picture"]).content == jpeg
            rating.kill()
            rating.start()
        assert rating.command("notice.withdraw", notice="a")["status"] == "done"
        assert rating.command("notice.withdraw", notice="a")["status"] == "refused"
        assert rating.shown()["notices"] == []
        rating.open(clerk="nobody published him")
        assert rating.shown()["clerk"]["name"] == "nobody published him"


def test_an_unplugged_keypad_is_a_fault_and_blank_time(tmp_path: Path) -> None:
    """No page is connected either: nobody can rate."""
    more = 'opening_hours = ["Mon-Sun 00:00-24:00"]\nblank_after_seconds = 1\n'
    with RatingProcess(tmp_path, more=more) as rating:
        rating.local.post("/v1/sim/keypad/unplug", json={}).raise_for_status()
        away = int(rating.hear("device.fault_raised", part="keypad")["mono"])
        assert "keypad" in rating.faults()
        # Blank time is the passing of time; it has to pass.
        until(lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME) - away > 3_000_000_000)
        rating.local.post("/v1/sim/keypad/mend", json={}).raise_for_status()
        told = rating.hear("rating.blank")
        assert told["data"]["reason"] == "the screen and the keypad were away"
        assert told["data"]["seconds"] >= 1


def test_a_keypad_whose_chip_is_missing_is_a_fault_and_the_screen_works(tmp_path: Path) -> None:
    """The reason names the label; a service is opened and rated all the same."""
    missing = {
        "CALLPOST_RATING_TERMINAL__GPIO": '{ chip_label = "nowhere" }',
        "CALLPOST_RATING_TERMINAL__KEYPAD": '{ make = "gpio", pins_keys = ["BAD", 6, 7, 8, 9] }',
    }
    with RatingProcess(tmp_path, environment=missing) as rating:
        told = rating.hear("device.fault_raised", part="keypad")
        assert 'no GPIO chip is labelled "nowhere"' in told["data"]["reason"]
        assert not rating.status()["keypad"]["plugged"]
        service = rating.open()
        assert rating.touch(5) == 204
        assert rating.outcome(service) == "given"


def test_the_ledger_remembers_and_forgets_the_oldest() -> None:
    """What is kept brings back the same services, in their order."""
    ledger, kept = Ledger(), dict[str, str]()
    for number in range(slots + 3):
        known = Known(ledger.next_number, f"x{number}", f"s{number}", "1", "c", "", "", "")
        kept |= ledger.add(known)
    kept |= ledger.end(f"x{slots}", Outcome.GIVEN)
    assert len(kept) == slots
    again = Ledger()
    again.restore(kept | {"service-1": "damaged", "other": "x"})
    assert again.of_service("s2") is None
    assert again.of_session(f"x{slots}") == ledger.of_service(f"s{slots}")
    assert again.next_number == slots + 3
    assert again.end("nobody", Outcome.GIVEN) == {}


def test_tokens_and_keys(tmp_path: Path) -> None:
    """A short or odd token is refused with a sentence; a key is made once, and again when it is damaged."""
    path = tmp_path / "token"
    for wrong in ("short", "two words of a token", "令牌" * 20):
        path.write_text(wrong)
        with pytest.raises(ValueError, match="is no token: write"):
            secret_files.token_in(path)
    key = secret_files.own_key(tmp_path / "key")
    assert secret_files.own_key(tmp_path / "key") == key
    (tmp_path / "key").write_bytes(b"half")
    assert len(secret_files.own_key(tmp_path / "key")) == 32


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ('opening_hours = ["Mon"]', "is no opening time"),
        ('time_zone = "Mars"', "is no time zone"),
        ('qr = { base_url = "centre" }', "base_url"),
        ('screen = { off = true }\nkeypad = { make = "off" }', "neither screen nor keypad"),
        ("policy = { levels = 2 }", "policy.levels"),
        ("windows = 1", "did you mean window?"),
        ('policy = { reasons = [{key="a",zh="a",en="a"},{key="a",zh="b",en="b"}] }', "the same key"),
    ],
)
def test_wrong_settings_are_refused_with_a_sentence(tmp_path: Path, wrong: str, sentence: str) -> None:
    """One that an installer can act on."""
    path = write_settings(tmp_path)
    lines = path.read_text().splitlines()
    keys = {line.split(" =")[0] for line in wrong.splitlines()}
    kept = [line for line in lines if line.split(" =")[0] not in keys]
    path.write_text("\n".join([*kept, wrong]))
    with pytest.raises(SettingsError, match=sentence.replace("?", r"\?")):
        load(path, "rating_terminal", RatingSettings)
