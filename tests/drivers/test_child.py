"""A child process that hangs, floods, ends or was never there."""

import os

import psutil
import pytest

from drivers.child import KEPT_BYTES, PIPE_BYTES, Child, running
from support.patience import until


def received(child: Child) -> bytes:
    """Wait for something on stdout, or its end."""
    came: list[bytes] = []

    def comes() -> bool:
        received = child.receive(0.1)
        came.extend([] if received is None else [received])
        return bool(came)

    until(comes, every=0)
    return came[0]


def test_what_it_says_is_received_and_answered() -> None:
    """Both directions of the pipe."""
    with running(["cat"]) as child:
        child.give(b"a block")
        assert received(child) == b"a block"


def test_the_end_is_told_with_its_last_words() -> None:
    """The line before the end is the reason; those above it are a library's chatter."""
    with running(["sh", "-c", "echo chatter >&2; echo 'no such device' >&2; exit 1"]) as child:
        assert received(child) == b""
        assert child.last_line() == "no such device"


def test_one_that_says_nothing_does_not_hold_us_up() -> None:
    """There is nothing to receive, and at the end it is gone."""
    with running(["sleep", "1000"]) as child:
        assert child.receive(0.01) is None
        assert child.last_line() == ""
    assert psutil.Process().children() == []


def test_a_flood_of_errors_is_read_and_forgotten(capfd: pytest.CaptureFixture[str]) -> None:
    """Megabytes are taken off its hands, a few kilobytes are kept, and none of it comes out on our own stderr."""

    def has_flooded() -> bool:
        assert child.receive(0.01) is None
        assert len(child.kept()) <= KEPT_BYTES
        return bool(flooding.io_counters().write_chars > 50 * PIPE_BYTES)

    with running(["sh", "-c", "exec yes 'the same error' 3>&1 >&2"]) as child:
        flooding = psutil.Process().children()[0]
        until(has_flooded, every=0)
        assert child.last_line() in "the same error"
    assert psutil.Process().children() == []
    assert capfd.readouterr() == ("", "")


def test_one_that_does_not_read_is_an_error_and_not_a_wait() -> None:
    """Whoever gives sound to a hanging device goes on with other things."""

    def give_on() -> None:
        for _ in range(PIPE_BYTES):
            child.give(bytes(1920))

    with running(["sleep", "1000"]) as child, pytest.raises(BlockingIOError):
        give_on()


def test_giving_to_one_that_has_ended_is_an_error() -> None:
    """BrokenPipeError, as everywhere."""
    with running(["true"]) as child:
        ended = psutil.Process().children()[0]
        until(lambda: ended.status() == psutil.STATUS_ZOMBIE)
        with pytest.raises(BrokenPipeError):
            child.give(b"a block")


def test_a_program_that_is_not_there_is_an_error() -> None:
    """The reason is the system's."""
    with pytest.raises(FileNotFoundError, match="no-such-program"), running(["no-such-program"]):
        pass


def test_an_interrupt_at_the_terminal_is_ours_to_handle() -> None:
    """Ctrl-C goes to the whole process group, and the child is in one of its own."""
    with running(["sleep", "1000"]):
        assert os.getpgid(psutil.Process().children()[0].pid) != os.getpgid(0)
