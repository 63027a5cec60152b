"""The generated supervisord configuration, read back by supervisord's own parser."""

import shlex
import string
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from supervisor.options import ServerOptions  # type: ignore[import-untyped]

from edge.settings import Device
from provisioning.render import (
    Program,
    Supervision,
    demo_supervision,
    device_supervision,
    panic_start_retries,
    supervisord_conf,
)

device = Device(id="demo.post1", state=Path("/srv/state"), run=Path("/srv/run"))
binaries = Path("/opt/callpost/.venv/bin")
settings = Path("/etc/callpost/callpost.toml")


def _read(text: str, folder: Path) -> dict[str, object]:
    """Parse as supervisord does, and return its programs by name."""
    path = folder / "supervisord.conf"
    path.write_text(text)
    options = ServerOptions()
    options.configfile = str(path)
    with path.open() as file:
        options.read_config(file)
    return {
        process.name: process
        for group in options.configroot.supervisord.process_group_configs
        for process in group.process_configs
    }


def test_the_device_runs_each_program_as_its_own_user(tmp_path: Path) -> None:
    """User, umask, directory, and no prefix that a post does not need."""
    made = device_supervision(device, settings=settings, binaries=binaries, stuck_seconds=10)
    text = supervisord_conf(made)
    for name in ("panic", "forwarder", "media"):
        section = text.split(f"[program:{name}]")[1].split("[")[0]
        assert f"user=callpost-{name}\n" in section
        assert "umask=027\n" in section
        assert f"directory=/srv/run/{name}\n" in section
        assert f"{binaries}/callpost-{name} --settings {settings}\n" in section
        assert 'PYTHONSAFEPATH="1"' in section
    assert "setpriv" not in text
    assert "chmod=0700" in text


def test_panic_starts_first_and_stops_last_and_comes_back_for_ever() -> None:
    """Supervisord stops in the reverse order of priorities."""
    made = device_supervision(device, settings=settings, binaries=binaries, stuck_seconds=10)
    by_priority = sorted(made.programs, key=lambda program: program.priority)
    assert [program.name for program in by_priority] == ["listener", "panic", "forwarder", "media"]
    tries = {program.name: program.start_retries for program in made.programs}
    assert tries["panic"] == panic_start_retries
    assert tries["media"] > 1000


def test_the_rating_window_stops_before_the_panic_path() -> None:
    """It calls media, so it starts last and stops first; the kernel may take it before panic."""
    both = device.model_copy(update={"roles": ("rating", "panic")})
    made = device_supervision(both, settings=settings, binaries=binaries, stuck_seconds=10)
    by_priority = [program.name for program in sorted(made.programs, key=lambda program: program.priority)]
    assert by_priority == ["listener", "panic", "forwarder", "media", "rating_terminal"]
    window = next(program for program in made.programs if program.name == "rating_terminal")
    assert window.user == "callpost-rating_terminal"
    assert window.command[0] == "choom"


def test_a_window_without_a_key_needs_no_panic() -> None:
    """Then the listener watches nobody, and feeds systemd as long as supervisord ticks."""
    alone = device.model_copy(update={"roles": ("rating",)})
    made = device_supervision(alone, settings=settings, binaries=binaries, stuck_seconds=10)
    assert [program.name for program in made.programs] == ["forwarder", "media", "rating_terminal", "listener"]
    assert "--alive" not in made.programs[-1].command


def test_the_demo_has_the_same_programs_without_users_and_none_outlives_its_parent() -> None:
    """One shape for both."""
    made = demo_supervision(
        device, settings=settings, binaries=binaries, stuck_seconds=10, logs=Path("/tmp/logs"), environment={}
    )
    on_device = device_supervision(device, settings=settings, binaries=binaries, stuck_seconds=10)
    assert [program.name for program in made.programs] == [program.name for program in on_device.programs]
    for program in made.programs:
        assert program.user is None
        assert program.command[:3] == ("setpriv", "--pdeathsig", "KILL")


plain = st.text(string.ascii_letters + string.digits + " %_-.,:/=+#'$(){}[]äö中", min_size=1).filter(
    lambda text: text == text.strip() and text == text.strip("'") and " #" not in text
)


@given(words=st.lists(plain, min_size=1, max_size=4), value=plain)
def test_supervisord_reads_what_was_meant(
    words: list[str], value: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Commands and environments with blanks, percent signs, quotes and Chinese survive."""
    folder = tmp_path_factory.mktemp("conf")
    program = Program("odd", ("/bin/echo", *words), 1, Path("/"), {"VALUE": value})
    read = _read(supervisord_conf(Supervision(folder, (program,), folder)), folder)["odd"]
    assert shlex.split(read.command) == ["/bin/echo", *words]  # type: ignore[attr-defined]
    assert read.environment == {"VALUE": value}  # type: ignore[attr-defined]


@pytest.mark.parametrize("bad", ["a\nb", 'say "no"', "a ;b", "a #b", "a\t#b"])
def test_what_the_format_cannot_hold_is_refused(bad: str) -> None:
    """Better a sentence than a configuration that means something else."""
    program = Program("odd", ("/bin/true",), 1, Path("/"), {"VALUE": bad})
    with pytest.raises(ValueError, match="cannot stand"):
        supervisord_conf(Supervision(Path("/x"), (program,)))
    with pytest.raises(ValueError, match="cannot stand"):
        supervisord_conf(Supervision(Path("/x"), (replace(program, environment={}, directory=Path(f"/{bad}\n")),)))
