"""A settings file for panic with simulated parts, to be written with or without mistakes in it."""

from pathlib import Path

device = """\
[device]
id = "school.gate"
demo = true
state = "{folder}/state"
run = "{folder}/run"
"""
parts = """\
[panic]
gpio = { factory = "none" }
button = { make = "simulated" }
assist = { make = "simulated" }
key_switch = { make = "simulated" }
tamper = { make = "simulated" }
light = { make = "simulated" }
siren = { make = "simulated" }
lamp_called = { make = "simulated" }
lamp_answered = { make = "simulated" }
lamp_ready = { make = "simulated" }
lamp_watched = { make = "simulated" }
power = { make = "simulated" }
"""


def write_settings(folder: Path, *, replace: tuple[str, str] = ("", ""), more: str = "") -> Path:
    """Write `callpost.toml` into the folder; `replace` changes one line of it, `more` is added at the end."""
    text = device.format(folder=folder) + parts + more
    path = folder / "callpost.toml"
    path.write_text(text.replace(*replace) if replace[0] else text, encoding="utf-8")
    return path
