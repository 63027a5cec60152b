"""Clears up behind a demo, however it ended: waits for its supervisors to go, then removes their sockets.

The launcher holds the other end of standard input and writes the process id of every supervisord that it starts.
End of file means that the launcher has gone, even by SIGKILL. Whatever then does not stop in time is killed.
"""

import contextlib
import os
import select
import shutil
import signal
import sys
import time
from pathlib import Path

patience_seconds = 30.0


def main() -> None:
    """Run as `python -m provisioning.demo.janitor DIRECTORY`."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends when its work is done, and not before
    directory = Path(sys.argv[1])
    supervisors = [handle for line in sys.stdin if (handle := _handle(int(line))) is not None]
    end_all(supervisors, patience_seconds)
    shutil.rmtree(directory, ignore_errors=True)


def _handle(pid: int) -> int | None:
    # A handle, unlike a number, can never come to mean another process.
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        return None


def end_all(handles: list[int], patience: float) -> None:
    """Ask the processes to end, wait `patience` seconds in all, kill the rest."""
    for handle in handles:
        _send(handle, signal.SIGTERM)
    deadline = time.monotonic() + patience
    for handle in handles:
        if not _ended(handle, deadline - time.monotonic()):
            _send(handle, signal.SIGKILL)
            _ended(handle, 5)
        os.close(handle)


def _send(handle: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(handle, number)


def _ended(handle: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    return bool(poll.poll(max(0.0, seconds) * 1000))


if __name__ == "__main__":
    main()
