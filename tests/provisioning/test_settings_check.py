"""`callpost settings check`: every kind of wrong setting is one sentence that names key and file, never a traceback."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from provisioning.check import problems_in

good = """
[device]
id = "demo.post1"
demo = true
[panic]
gpio = { factory = "none" }
button = { make = "simulated" }
light = { make = "simulated" }
siren = { make = "simulated" }
[forwarder]
centres = [{ name = "main", addresses = ["127.0.0.1:18830"] }]
[media]
camera = { make = "off" }
ptz = { make = "off" }
speaker = { make = "off" }
microphone = { make = "off" }
"""


def _problems(folder: Path, text: str) -> list[str]:
    path = folder / "callpost.toml"
    path.write_text(text)
    return problems_in(path)


def test_good_settings_have_no_problems(tmp_path: Path) -> None:
    """The smallest post."""
    assert _problems(tmp_path, good) == []


@pytest.mark.parametrize(
    ("find", "write", "expected"),
    [
        ("[media]", "[medai]\n[media]", ["[medai] is unknown", "did you mean media?"]),
        ("demo = true", "demo = true\nroels = []", ["device.roels", "did you mean roles?"]),
        ("demo = true", 'demo = "perhaps"', ["device.demo"]),
        ("demo = true", "demo = false", ["panic.button.make", "simulated"]),
        ("[media]", "[media]\nring_seconds = 900.0", ["media.ring_seconds"]),
        ("[media]", '[media]\nupload = { key = "/nowhere/key.pem" }', ["media.upload.key", "/nowhere/key.pem"]),
        ("[device]", "[device", ["is not TOML"]),
        (
            'light = { make = "simulated" }',
            'light = { make = "gpio", pin = 17 }\nassist = { make = "gpio", pin = 17 }',
            ["pin 17"],
        ),
        (
            'camera = { make = "off" }',
            'camera = { make = "rtsp", url = "rtsp://a:secret@10.0.0.2/x" }',
            ["media.camera"],
        ),
    ],
)
def test_a_wrong_setting_is_a_sentence(tmp_path: Path, find: str, write: str, expected: list[str]) -> None:
    """With the file and the key in it."""
    problems = _problems(tmp_path, good.replace(find, write, 1))
    assert problems
    assert all(str(tmp_path / "callpost.toml") in problem for problem in problems)
    assert any(all(text in problem for text in expected) for problem in problems), problems
    assert not any("secret" in problem for problem in problems)


rating = """
[rating_terminal]
window = "3"
keypad = { make = "gpio", pins_keys = [5, 6, 13, 19, 26] }
[rating_terminal.counter]
token_file = "TOKEN"
"""


@pytest.mark.parametrize(
    ("find", "write", "expected"),
    [
        ("", "", []),
        ("[5, 6, 13, 19, 26]", "[17, 6, 13, 19, 26]", ["rating_terminal.keypad and panic.light", "pin 17"]),
        ("[5, 6, 13, 19, 26]", "[5, 5, 13, 19, 26]", ["rating_terminal.keypad", "twice"]),
        ('"TOKEN"', '"/nowhere/token"', ["rating_terminal.counter.token_file", "/nowhere/token"]),
        ('window = "3"', 'windwo = "3"', ["rating_terminal.windwo", "did you mean window?"]),
        ('make = "gpio", pins_keys', 'make = "hid", pins_kyes', ["rating_terminal.keypad.pins_kyes is unknown"]),
        ("demo = true", "demo = false", ["rating_terminal", "counter needs HTTPS"]),
    ],
)
def test_the_rating_window_is_checked_with_the_rest(tmp_path: Path, find: str, write: str, expected: list[str]) -> None:
    """Also its pins against those of the panic post: the two programs could not find out by themselves."""
    (tmp_path / "token").write_text("secret\n")
    text = good.replace("demo = true", 'demo = true\nroles = ["panic", "rating"]', 1) + rating
    text = text.replace('light = { make = "simulated" }', 'light = { make = "gpio", pin = 17 }', 1)
    if find:
        assert find in text
        text = text.replace(find, write, 1)
    problems = _problems(tmp_path, text.replace("TOKEN", str(tmp_path / "token")))
    assert bool(problems) == bool(expected), problems
    assert not expected or any(all(word in problem for word in expected) for problem in problems), problems


def test_all_problems_are_listed_at_once(tmp_path: Path) -> None:
    """An installer corrects them in one go."""
    text = good.replace("[media]", "[media]\nring_seconds = 0.0").replace("demo = true", "demo = false")
    problems = _problems(tmp_path, text)
    assert len(problems) >= 3


def _callpost(*words: str) -> "subprocess.CompletedProcess[str]":
    callpost = Path(sys.executable).parent / "callpost"
    return subprocess.run([str(callpost), *words], capture_output=True, text=True, check=False)


def test_the_command_says_it_with_its_exit_code(tmp_path: Path) -> None:
    """Exit 0 when all is good, 1 otherwise; JSON for programs; a missing file is a sentence as well."""
    path = tmp_path / "callpost.toml"
    path.write_text(good)
    assert _callpost("settings", "check", "--settings", str(path)).returncode == 0
    path.write_text(good.replace("id =", "di ="))
    done = _callpost("settings", "check", "--json", "--settings", str(path))
    assert done.returncode == 1
    assert json.loads(done.stdout)["ok"] is False
    missing = _callpost("settings", "check", "--settings", str(tmp_path / "none.toml"))
    assert missing.returncode == 1
    assert "cannot be read" in missing.stdout
    assert "Traceback" not in missing.stdout + missing.stderr + done.stderr


@how(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, len(good)), junk=st.text(max_size=12))
def test_junk_never_ends_in_a_traceback(tmp_path: Path, position: int, junk: str) -> None:
    """Whatever somebody types into the file."""
    text = good[:position] + junk + good[position:]
    (tmp_path / "callpost.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert isinstance(problems_in(tmp_path / "callpost.toml"), list)


def test_supervisor_render_refuses_what_the_check_refuses(tmp_path: Path) -> None:
    """The unit calls only this one: supervisord's configuration of before stays, and systemd shows the sentence."""
    path, to = tmp_path / "callpost.toml", tmp_path / "supervisor"
    command = ("supervisor", "render", "--settings", str(path), "--to", str(to))
    path.write_text(good)
    assert _callpost(*command).returncode == 0
    before = (to / "supervisord.conf").read_text()
    path.write_text(good.replace("[media]", "[medai]\n[media]").replace("demo.post1", "demo.post2"))
    answer = _callpost(*command)
    assert answer.returncode == 1
    assert "did you mean media?" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert (to / "supervisord.conf").read_text() == before
