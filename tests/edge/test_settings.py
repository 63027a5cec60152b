"""Settings: every mistake is one sentence that names the key, the file and what to write."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge import settings
from edge.panic.settings import PanicSettings
from edge.settings import Device, SettingsError, load, nearest, password_in, read
from support.edge_settings import write_settings
from support.patience import deadline_seconds


def sentence(path: Path) -> str:
    """Return the sentence for a file that is wrong."""
    with pytest.raises(SettingsError) as wrong:
        load(path, "panic", PanicSettings)
    return str(wrong.value)


def test_a_good_file_is_read(tmp_path: Path) -> None:
    """With its paths."""
    device, own = load(write_settings(tmp_path), "panic", PanicSettings)
    assert device.id == "school.gate"
    assert device.state_dir("panic") == tmp_path / "state" / "panic"
    assert device.socket("panic") == tmp_path / "run" / "panic" / "api.sock"
    assert device.wake_socket == tmp_path / "run" / "wake" / "forwarder.sock"
    assert own.policy.siren_limit_seconds == 180


mistakes = [
    # what is written instead, the key as it must be named, what to write
    ('id = "school.gate"', 'id = "school gate"', "device.id is 'school gate'", "pattern"),
    ('id = "school.gate"', "", "device.id is missing", "add it under [device]"),
    ("demo = true", "demo = true\ncolour = 1", "device.colour is unknown", "known here: "),
    ("demo = true", "demoo = true", "device.demoo is unknown", "did you mean demo?"),
    ("demo = true", 'demo = true\nlog_level = "loud"', "device.log_level is 'loud'", "write one of 'debug', 'info'"),
    ("demo = true", 'demo = true\nroles = ["kitchen"]', "device.roles.0 is 'kitchen'", "write one of 'panic'"),
    ("demo = true", 'demo = "perhaps"', "device.demo is 'perhaps'", "boolean"),
    ('light = { make = "simulated" }', "", "panic.light is missing", "add it under [panic]"),
    ('light = { make = "simulated" }', 'light = { make = "candle" }', "panic.light is ", "write one of 'gpio', "),
    ('light = { make = "simulated" }', "light = {}", "panic.light does not say which part", "make = "),
    ('light = { make = "simulated" }', 'light = { make = "simulated", pin = 3 }', "panic.light.pin is unknown", "make"),
    ('light = { make = "simulated" }', 'light = { make = "gpio", pim = 3 }', "panic.light.pim", "did you mean pin?"),
    (
        'light = { make = "simulated" }',
        'light = { make = "gpio" }',
        "panic.light.pin is missing",
        "under [panic.light]",
    ),
    ('light = { make = "simulated" }', 'light = { make = "gpio", pin = 40 }', "panic.light.pin: 40", "27"),
    ('light = { make = "simulated" }', 'light = { make = "gpio", pin = "5" }', "panic.light.pin: ", "number 5 without"),
    ('light = { make = "simulated" }', 'light = { make = "gpio", pin = "" }', "panic.light.pin: ''", "gpioinfo"),
    ('light = { make = "simulated" }', 'light = { make = "gpio", pin = true }', "panic.light.pin: True", "gpioinfo"),
    ('gpio = { factory = "none" }', 'gpio = { factroy = "none" }', "panic.gpio.factroy", "did you mean factory?"),
    ('gpio = { factory = "none" }', 'gpio = { factory = "magic" }', "panic.gpio.factory is 'magic'", "'lgpio'"),
    ("demo = true", "demo = false", 'panic.button.make is "simulated"', "write the real make"),
    ("[panic]", "[panic]\npolicy.siren_limit_seconds = 0", "panic.policy.siren_limit_seconds is 0", "greater than 0"),
    ("[panic]", '[panic]\npolicy.siren_limit_seconds = "long"', "panic.policy.siren_limit_seconds", "number"),
    ("[panic]", "[panic]\npolicy.siren_limit = 5", "panic.policy.siren_limit", "did you mean siren_limit_seconds?"),
    ("[panic]", "[panic]\npolicy.next_path_seconds = 60", "panic.policy: second_centre_seconds", "write for instance"),
    ("[panic]", '[panic]\npolicy.button_level = "assist"', "panic.policy.button_level", "write one of 'panic'"),
]


@pytest.mark.parametrize(("line", "instead", "key", "advice"), mistakes, ids=[f"{m[1][:40]}" for m in mistakes])
def test_a_mistake_is_one_sentence(tmp_path: Path, line: str, instead: str, key: str, advice: str) -> None:
    """It names the file, the key and what to write."""
    path = write_settings(tmp_path, replace=(line, instead))
    told = [line for line in sentence(path).splitlines() if key in line]
    assert len(told) == 1, sentence(path)
    assert told[0].startswith(f"{path}: ")
    assert advice in told[0]
    others = [line for line in sentence(path).splitlines() if line not in told]
    assert all("is missing" in line for line in others), "a misspelt key may also be missing, and nothing else is told"


def test_a_pin_is_not_given_twice(tmp_path: Path) -> None:
    """Both parts are named."""
    pins = 'light = { make = "gpio", pin = 5 }\nbuzzer = 1'
    path = write_settings(tmp_path, replace=('light = { make = "simulated" }', pins.splitlines()[0]))
    path.write_text(path.read_text().replace('siren = { make = "simulated" }', 'siren = { make = "gpio", pin = 5 }'))
    assert "siren and light are both on pin 5" in sentence(path)


def test_a_line_is_not_given_twice_by_its_name(tmp_path: Path) -> None:
    """A number beside it may be another line; only the chip knows."""
    path = write_settings(
        tmp_path, replace=('light = { make = "simulated" }', 'light = { make = "gpio", pin = "OUT" }')
    )
    written = path.read_text()
    path.write_text(written.replace('siren = { make = "simulated" }', 'siren = { make = "gpio", pin = "OUT" }'))
    assert "siren and light are both on pin OUT" in sentence(path)
    path.write_text(written.replace('siren = { make = "simulated" }', 'siren = { make = "gpio", pin = 5 }'))
    _, settings = load(path, "panic", PanicSettings)
    assert (settings.light.pins(), settings.siren.pins()) == (("OUT",), (5,))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """And how to name another."""
    path = tmp_path / "none.toml"
    assert sentence(path) == f"{path}: cannot be read (No such file or directory); name the file with --settings"


@pytest.mark.parametrize("content", [b"[device\n", b"\xff\xfe\x00", b"a = 1\na = 2\n"])
def test_a_file_that_is_not_toml_is_named(tmp_path: Path, content: bytes) -> None:
    """With the line, where there is one."""
    path = tmp_path / "callpost.toml"
    path.write_bytes(content)
    assert sentence(path).startswith(f"{path}: is not TOML: ")


def test_a_table_that_is_a_value_is_named(tmp_path: Path) -> None:
    """`device = 5` is no table."""
    path = tmp_path / "callpost.toml"
    path.write_text("device = 5\n")
    assert sentence(path).startswith(f"{path}: device is 5; ")


def test_the_environment_lies_over_the_file(tmp_path: Path) -> None:
    """Two underscores between the levels; TOML where it is TOML, else the word as it is."""
    path = write_settings(tmp_path)
    tables = read(
        path,
        {
            "CALLPOST_DEVICE__ID": "school.back",
            "CALLPOST_DEVICE__DEMO": "false",
            "CALLPOST_PANIC__POLICY__SIREN_LIMIT_SECONDS": "7.5",
            "CALLPOST_NEW__TABLE": "[1, 2]",
            "CALLPOST_LONELY": "ignored: it names no table",
            "PATH": "/bin",
        },
    )
    assert (tables["device"]["id"], tables["device"]["demo"]) == ("school.back", False)
    assert tables["panic"]["policy"] == {"siren_limit_seconds": 7.5}
    assert tables["new"] == {"table": [1, 2]}
    assert "lonely" not in tables


def test_the_environment_cannot_put_a_table_into_a_value(tmp_path: Path) -> None:
    """The variable is named."""
    with pytest.raises(SettingsError, match="CALLPOST_DEVICE__ID__X in the environment: id is a value"):
        read(write_settings(tmp_path), {"CALLPOST_DEVICE__ID__X": "1"})


def test_the_nearest_key_is_offered() -> None:
    """Or all of them, when none is near."""
    assert nearest("siern", ["siren", "light"]) == "did you mean siren?"
    assert nearest("xyz", ["siren", "light"]) == "known here: light, siren"
    assert nearest("xyz", []) == "known here: nothing"


def test_the_defaults_are_the_contracts() -> None:
    """Section 1."""
    device = Device(id="a.b")
    assert (str(device.state), str(device.run)) == ("/var/lib/callpost", "/run/callpost")
    assert str(settings.default_file) == "/etc/callpost/callpost.toml"


@pytest.mark.parametrize(
    ("url", "found"),
    [("mqtt://user:secret@host", True), ("mqtt://user@host", False), ("mqtt://host:1883", False), ("a:b@c", False)],
)
def test_a_password_in_an_address_is_found(url: str, found: bool) -> None:
    """It belongs into a file of its own."""
    assert password_in(url) is found


@pytest.mark.parametrize(
    ("line", "instead", "told"),
    [
        ('id = "school.gate"', 'idd = "school.gate"', "did you mean id?"),
        ("[panic]", "[panic", "is not TOML"),
        ('light = { make = "simulated" }', 'light = { make = "gpio", pin = 3 }', 'factory = "none"'),
    ],
)
def test_the_program_says_it_and_exits_78(tmp_path: Path, line: str, instead: str, told: str) -> None:
    """One sentence a problem on stderr, never a traceback; 78 is EX_CONFIG."""
    path = write_settings(tmp_path, replace=(line, instead))
    clean = {key: value for key, value in os.environ.items() if not key.startswith("CALLPOST_")}
    ended = subprocess.run(
        [sys.executable, "-m", "edge.panic", "--settings", path],
        capture_output=True,
        text=True,
        timeout=deadline_seconds,
        check=False,
        env=clean,
    )
    assert ended.returncode == 78
    assert ended.stderr.startswith("callpost-panic: ")
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""
