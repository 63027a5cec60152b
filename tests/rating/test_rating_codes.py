"""The codes of the QR: what is good, forged, old, used, another device's or signed with an older key."""

import base64
from pathlib import Path

import pytest

from rating_terminal.codes import BadCode, Codes, Fault
from support.patience import until
from support.rating import RatingProcess, at_once, qr, slow
from support.rating_codes import code_for, link_for

session = "0123456789abcdef0123456789abcdef"
day = 86_400.0


def codes(folder: Path, device: str = "school.gate", window: str = "1", valid: float = 300) -> Codes:
    """Codes of a device, with keys in this folder."""
    return Codes(folder / "codes.json", device, window, valid_seconds=valid, rotate_seconds=30 * day)


def fault(made: Codes, code: str, now: float) -> Fault:
    """Why a code is not taken."""
    with pytest.raises(BadCode) as refused:
        made.check(code, now)
    return refused.value.fault


def test_a_code_is_good_until_it_expires(tmp_path: Path) -> None:
    """Also for the program's next life; its key is nobody else's to read."""
    code, expires = codes(tmp_path).make(session, 1000.0)
    assert len(code) == 50
    assert codes(tmp_path).check(code, 1299.0) == (session, expires)
    assert fault(codes(tmp_path), code, 1300.0) is Fault.EXPIRED
    assert (tmp_path / "codes.json").stat().st_mode & 0o777 == 0o600


def test_every_changed_bit_is_forged(tmp_path: Path) -> None:
    """Each of the 37 bytes is signed or is the signature."""
    made = codes(tmp_path)
    code, _ = made.make(session, 1000.0)
    raw = base64.urlsafe_b64decode(code + "==")
    for bit in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        text = base64.urlsafe_b64encode(changed).decode().rstrip("=")
        # A higher expiry or another key is forged; a key that was never made is told as old when the code says so.
        assert fault(made, text, 1000.0) in {Fault.FORGED, Fault.EXPIRED}
    assert made.check(code, 1000.0)[0] == session


@pytest.mark.parametrize(
    "text", ["", "x", "A" * 50, "A" * 49, "A" * 400, "ÿ" * 50, "码" * 50, "A" * 50 + "=", "+" * 50]
)
def test_garbage_is_forged(tmp_path: Path, text: str) -> None:
    """Whatever somebody types."""
    made = codes(tmp_path)
    made.make(session, 4e9)
    assert fault(made, text, 1000.0) in {Fault.FORGED, Fault.EXPIRED}


def test_another_device_and_another_window_have_other_codes(tmp_path: Path) -> None:
    """Even when they had the same key."""
    code, _ = codes(tmp_path).make(session, 1000.0)
    assert fault(codes(tmp_path, device="school.back"), code, 1000.0) is Fault.FORGED
    assert fault(codes(tmp_path, window="2"), code, 1000.0) is Fault.FORGED
    (tmp_path / "other").mkdir()
    other = codes(tmp_path / "other")
    other.make(session, 1000.0)
    assert fault(other, code, 1000.0) is Fault.FORGED


def test_a_rotated_key_is_kept_until_its_codes_have_expired(tmp_path: Path) -> None:
    """By time and by hand; then it is deleted."""
    made = codes(tmp_path)
    code, _ = made.make(session, 1000.0)
    made.rotate(1100.0)
    assert made.check(code, 1299.0)[0] == session
    first = (tmp_path / "codes.json").read_text()
    fresh, _ = made.make(session, 1100.0)
    assert fresh[:2] != code[:2]
    made.make(session, 1100.0 + 31 * day)
    assert (tmp_path / "codes.json").read_text() != first
    made.rotate(1100.0 + 32 * day)
    assert fault(made, fresh, 1100.0 + 32 * day) is Fault.EXPIRED


def test_a_damaged_key_file_makes_new_codes(tmp_path: Path) -> None:
    """The old ones are no longer good, the window goes on."""
    code, _ = codes(tmp_path).make(session, 1000.0)
    for content in ("", "no json", "[]", '[{"number": 1}]', '{"a": 1}'):
        (tmp_path / "codes.json").write_text(content)
        made = codes(tmp_path)
        fresh, _ = made.make(session, 1000.0)
        assert made.check(fresh, 1000.0)[0] == session
        assert fault(made, code, 1000.0) in {Fault.FORGED, Fault.EXPIRED}


def test_a_phone_rates_once(tmp_path: Path) -> None:
    """The real program: scan, look, rate; again it is used; a code of the screen that was rated by a key is used too."""
    with RatingProcess(tmp_path, more=slow + qr) as rating:
        rating.open()
        assert rating.shown()["qr"] is None, "without a centre nobody could open it"
        rating.link(connected=True)
        link = link_for(rating)
        assert link.startswith("https://centre.example/r/school.gate/")
        code = code_for(rating)
        looked = rating.command("rating.submit", code=code)
        assert looked["status"] == "done"
        assert (looked["body"]["window"], looked["body"]["clerk"]) == ("1", "c1")
        bad = rating.command("rating.submit", code=code, level=1, reasons=["no such"])
        assert (bad["status"], rating.shown()["state"]) == ("refused", "asked")
        assert rating.command("rating.submit", code=code, level=1, reasons=["waiting"])["status"] == "done"
        given = rating.hear("rating.given", source="qr", level=1)
        assert given["data"]["reasons"] == ["waiting"]
        for level in ({}, {"level": 5}):
            assert rating.command("rating.submit", code=code, **level)["reason"].startswith("used")
        until(lambda: rating.stored("rating.excluded", source="qr", cause="duplicate", level=5))
        rating.open()
        code = code_for(rating)
        assert rating.touch(5) == 204
        assert rating.command("rating.submit", code=code)["reason"].startswith("used")
        forged = ("A" if code[10] != "A" else "B").join((code[:10], code[11:]))
        assert rating.command("rating.submit", code=forged, level=1)["reason"].startswith("forged")
        rating.open()
        code = code_for(rating)
        rating.open()
        assert rating.command("rating.submit", code=code, level=1)["reason"].startswith("expired")
        assert len(rating.stored("rating.given")) == 2
        rating.link(connected=False)
        assert rating.shown()["qr"] is None


def test_two_phones_with_one_code(tmp_path: Path) -> None:
    """One of them has rated."""
    with RatingProcess(tmp_path, more=slow + qr) as rating:
        rating.link(connected=True)
        rating.open()
        code = code_for(rating)
        replies = at_once(*[lambda: rating.command("rating.submit", code=code, level=4)["status"]] * 5)
        assert sorted(replies) == ["done", *["refused"] * 4]
        until(lambda: rating.stored("rating.given"))  # written a moment after the phone was answered
        until(lambda: len(rating.stored("rating.excluded")) == 4)
        assert len(rating.stored("rating.given")) == 1


def test_a_scanned_code_is_good_after_the_window_moved_on(tmp_path: Path) -> None:
    """The citizen walks on with the phone; a restart in between loses nothing."""
    with RatingProcess(tmp_path, more=slow + qr) as rating:
        rating.link(connected=True)
        service = rating.open()
        code = code_for(rating)
        rating.command("rating.submit", code=code)
        rating.open()
        assert rating.outcome(service) == "open"
        rating.kill()
        rating.start()
        assert rating.command("rating.submit", code=code, level=3)["status"] == "done"
        assert rating.outcome(service) == "given"
