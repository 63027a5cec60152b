"""What the listener decides, without supervisord: plain calls with made-up times."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from provisioning.listener import Do, Watch, fields, state_changed, ticked
from support.patience import deadline_seconds

second = 1_000_000_000
limit = 10 * second
start = 100 * second
fresh = Watch(stuck_ns=limit, started_ns=start)
works = Watch(stuck_ns=limit, started_ns=start, ready=True)


def test_the_first_sign_of_life_makes_the_post_ready() -> None:
    """And it is said again with each food for the watchdog: the first word may be lost."""
    after, decided = ticked(fresh, start + second, start + 2 * second)
    assert (after, decided) == (works, (Do.WORKS,))
    assert ticked(after, start + 6 * second, start + 7 * second) == (works, (Do.WORKS,))


def test_a_silent_panic_is_killed_alone_and_the_watchdog_still_fed() -> None:
    """After N seconds of silence."""
    assert ticked(works, start + second, start + second + limit)[1] == (Do.WORKS,)
    assert ticked(works, start + second, start + 2 * second + limit)[1] == (Do.KILL, Do.PING)


def test_after_twice_the_limit_systemd_acts() -> None:
    """A panic that hangs again and again must not feed the watchdog by being started."""
    restarted, _ = state_changed(works, "PROCESS_STATE_STARTING", "panic", start + 15 * second)
    assert ticked(restarted, start, start + 21 * second)[1] == (Do.TRIGGER,)
    assert ticked(works, start, start + 21 * second)[1] == (Do.KILL, Do.TRIGGER)


def test_a_starting_panic_has_three_times_the_time() -> None:
    """Importing takes seconds on a small machine; systemd's own time to start is still running."""
    assert ticked(fresh, None, start + 25 * second)[1] == ()
    assert ticked(fresh, None, start + 31 * second)[1] == (Do.KILL,)


def test_each_killed_start_gives_the_next_one_twice_the_time() -> None:
    """A card that takes a minute for the imports would otherwise never let panic come alive. Life ends the count."""
    watch, now = fresh, start
    took: list[int] = []
    for _ in range(5):
        began, decided = now, tuple[Do, ...]()
        watch, _ = state_changed(watch, "PROCESS_STATE_STARTING", "panic", now)
        while not decided:
            now += 5 * second
            watch, decided = ticked(watch, None, now)
        took.append((now - began) // second)
        assert decided == (Do.KILL,)
    assert took == [35, 65, 125, 245, 245]
    assert ticked(watch, now + second, now + 2 * second)[0].killed_starts == 0


def test_a_heartbeat_from_before_the_start_is_no_life() -> None:
    """The file survives a restart of the program."""
    assert ticked(fresh, start - second, start + second)[1] == ()


def test_only_panic_given_up_ends_supervisord() -> None:
    """Another program that is FATAL is no reason to take the panic path down."""
    assert state_changed(works, "PROCESS_STATE_FATAL", "panic", start)[1] == (Do.END,)
    assert state_changed(works, "PROCESS_STATE_FATAL", "media", start)[1] == ()
    assert state_changed(works, "PROCESS_STATE_EXITED", "panic", start)[1] == ()


@given(
    st.lists(st.tuples(st.integers(0, 60 * second), st.integers(0, 60 * second), st.booleans()), max_size=20),
)
def test_never_both_fed_and_triggered_and_a_living_panic_is_never_killed(
    steps: list[tuple[int, int, bool]],
) -> None:
    """Whatever comes in whatever order."""
    watch, now = fresh, start
    for forward, age, restart in steps:
        now += forward
        if restart:
            watch, _ = state_changed(watch, "PROCESS_STATE_STARTING", "panic", now)
        watch, decided = ticked(watch, now - age, now)
        assert not ({Do.WORKS, Do.PING} & set(decided) and Do.TRIGGER in decided)
        if age <= limit:
            assert Do.KILL not in decided


def test_headers_are_read_as_supervisord_writes_them() -> None:
    """Values may hold colons."""
    assert fields("ver:3.0 eventname:TICK_5 len:15 pool:a:b") == {
        "ver": "3.0", "eventname": "TICK_5", "len": "15", "pool": "a:b",
    }  # fmt: skip


def test_without_panic_systemd_is_fed_as_long_as_supervisord_ticks(tmp_path: Path) -> None:
    """A rating window alone: the post works with each tick, from the first one. The program itself, as supervisord runs it."""
    tick = "ver:3.0 server:supervisor serial:1 pool:listener poolserial:1 eventname:TICK_5 len:15\nwhen:1201063880"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(deadline_seconds)
        surroundings = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "SUPERVISOR_SERVER_URL": "unix:///nobody"}
        ended = subprocess.run(
            [sys.executable, "-m", "provisioning.listener"], input=2 * tick, env={**os.environ, **surroundings},
            capture_output=True, text=True, check=True, timeout=deadline_seconds,
        )  # fmt: skip
        assert ended.stdout == "READY\nRESULT 2\nOKREADY\nRESULT 2\nOKREADY\n"
        for _ in range(2):
            assert systemd.recv(100) == b"READY=1\nSTATUS=The post works\nWATCHDOG=1"
