"""What outlives a restart: the incident as text, the scratch in the run directory, and what is left of a timer."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.event import ClockState, Stamp, rfc3339
from edge.panic.incident import Incident, Level, Mode, Siren, State, Timer, idle
from edge.panic.memory import Memory, Numbered, Scratch, as_text, from_text, key
from edge.panic.timers import Due, Timers, boottime_seconds

eight = datetime(2026, 11, 2, 8, tzinfo=UTC)
stamp = Stamp(eight, "boot", 1_000_000_000_000, ClockState.SYNCHRONISED)
due = Due("boot", stamp.mono + 60_000_000_000, rfc3339(eight + timedelta(seconds=60)), "synchronised")
incident = Incident(
    State.ANSWERED,
    "A",
    Level.PANIC,
    Mode.DRILL,
    "button",
    presses=3,
    siren=Siren.SILENCED,
    received=True,
    caller="王",
    speaking=True,
    timers=frozenset({Timer.SIREN_LIMIT, Timer.CALL_LEASE}),
)
whole = Memory(incident, rfc3339(eight), Numbered("panic-alarm", "01E", 4), {Timer.SIREN_LIMIT: due})
written = as_text(whole)[key]


@pytest.mark.parametrize("memory", [whole, Memory(), replace(whole, alarm=None, due={})])
def test_what_is_kept_is_read_back(memory: Memory) -> None:
    """Down to the last field."""
    assert from_text(as_text(memory)) == memory


def test_nothing_kept_means_no_incident() -> None:
    """A new post, or one that has never been pressed."""
    assert from_text({}) == Memory()
    assert from_text({"wall": "2026"}).incident == idle


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "5",
        "[]",
        "{}",
        '{"incident": 5, "raised": "", "alarm": null, "due": {}}',
        '{"incident": {"state": "lost"}, "raised": "", "alarm": null, "due": {}}',
        '{"incident": {}, "raised": "", "alarm": null, "due": {}}',
        written.replace('"PANIC"', '"LOUD"'),
        written.replace('"epoch"', '"epooch"'),
        written.replace('"mono"', '"monoo"'),
        written.replace('"presses"', '"pressses"'),
        json.dumps(json.loads(written) | {"due": []}),
        json.dumps(json.loads(written) | {"alarm": "x"}),
    ],
)
def test_what_cannot_be_read_is_a_value_error(text: str) -> None:
    """The program must go on, without it; nothing else may come out of here."""
    with pytest.raises(ValueError, match=r"."):
        from_text({key: text})


def test_the_scratch_gives_back_what_was_written(tmp_path: Path) -> None:
    """The last of it."""
    scratch = Scratch(tmp_path / "incident.json")
    assert scratch.read() == {}
    scratch.write({"a": "1"})
    scratch.write({"a": "报警"})
    assert scratch.read() == {"a": "报警"}


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe"])
def test_an_unreadable_scratch_is_none(tmp_path: Path, content: bytes) -> None:
    """The disk is asked instead."""
    (tmp_path / "incident.json").write_bytes(content)
    assert Scratch(tmp_path / "incident.json").read() == {}


def test_a_scratch_that_cannot_be_written_is_forgotten(tmp_path: Path) -> None:
    """The older note is no longer true: a restart must not go on with it."""
    scratch = Scratch(tmp_path / "incident.json")
    scratch.write({"a": "1"})
    (tmp_path / "incident.new").mkdir()  # a file cannot be opened in its place
    scratch.write({"a": "2"})
    assert scratch.read() == {}
    Scratch(tmp_path / "missing" / "incident.json").write({"a": "1"})
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize(
    ("now", "left"),
    [
        (replace(stamp, mono=stamp.mono + 45_000_000_000), 15),
        (replace(stamp, mono=stamp.mono + 90_000_000_000), 0),
        # The wall clock was set in between: in the same boot it does not matter.
        (replace(stamp, mono=stamp.mono + 45_000_000_000, wall=eight + timedelta(days=900)), 15),
        # The machine has started again: the wall clock tells.
        (replace(stamp, boot="next", mono=5, wall=eight + timedelta(seconds=50)), 10),
        (replace(stamp, boot="next", mono=5, wall=eight + timedelta(days=1)), 0),
        (replace(stamp, boot="next", mono=5, wall=eight - timedelta(days=1)), 100),
        (replace(stamp, boot="next", mono=5, wall=eight + timedelta(seconds=50), state=ClockState.FLOOR), 10),
        # Nobody knows what time it is: the full length, rather a siren too long than none.
        (replace(stamp, boot="next", mono=5, wall=eight + timedelta(days=1), state=ClockState.NONE), 100),
    ],
)
def test_a_timer_goes_on_with_what_was_left(now: Stamp, left: float) -> None:
    """Never more than its full length, here 100 s, never less than nothing."""
    assert due.left(now, 100) == left


def test_a_timer_noted_by_a_clock_without_time_begins_anew_after_a_reboot() -> None:
    """Its wall time meant nothing."""
    now = replace(stamp, boot="next", mono=5, wall=eight + timedelta(seconds=50))
    assert replace(due, state="none").left(now, 100) == 100


async def test_timers_run_out_once_and_are_forgotten() -> None:
    """Started anew they run once, stopped they do not run."""
    fired: list[Timer] = []
    last = asyncio.Event()

    def take(timer: Timer) -> None:
        fired.append(timer)
        if timer is Timer.CALL_LEASE:
            last.set()

    timers = Timers(take)
    timers.start(Timer.NEXT_PATH, 0, stamp)
    timers.start(Timer.SIREN_LIMIT, 60, stamp)
    assert timers.due[Timer.SIREN_LIMIT] == due
    timers.start(Timer.SIREN_LIMIT, 0, stamp)
    timers.start(Timer.SECOND_CENTRE, 0, stamp)
    timers.stop(Timer.SECOND_CENTRE)
    timers.stop(Timer.SECOND_CENTRE)
    timers.start(Timer.CALL_LEASE, 0.01, stamp)
    await last.wait()
    assert sorted(fired) == [Timer.CALL_LEASE, Timer.NEXT_PATH, Timer.SIREN_LIMIT]
    assert timers.due == {}


def test_the_boot_clock_goes_forward() -> None:
    """In seconds."""
    assert 0 < boottime_seconds() <= boottime_seconds()
