"""A child process that may hang, or say the same thing without end: whatever it does costs a bounded amount."""

import os
import select
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

# Enough for a sentence that lists the sound devices of a post.
KEPT_BYTES = 4096
# All that a pipe holds, so that one read empties it.
PIPE_BYTES = 65_536

Process = subprocess.Popen[bytes]


@contextmanager
def running(command: list[str]) -> Iterator["Child"]:
    """Run a child, away from the terminal's Ctrl-C, and kill it at the end; OSError when it cannot be started.

    PR_SET_PDEATHSIG goes by the thread that starts the child: the thread that enters must stay until the end.
    """
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, bufsize=0, stdin=pipe, stdout=pipe, stderr=pipe, pipesize=PIPE_BYTES, process_group=0
    ) as process:
        try:
            yield Child(process)
        finally:
            process.kill()


class Child:
    """The running child: what it writes on stdout is received, of its stderr only the end is kept."""

    def __init__(self, process: Process) -> None:
        self._stdin, self._stdout, self._stderr = (
            stream.fileno() for stream in (process.stdin, process.stdout, process.stderr) if stream is not None
        )
        self._kept = b""
        self._poll = select.poll()
        for file in (self._stdin, self._stdout, self._stderr):
            os.set_blocking(file, False)
        for file in (self._stdout, self._stderr):
            self._poll.register(file, select.POLLIN)

    def receive(self, seconds: float) -> bytes | None:
        """Give what has come on stdout, b"" when it has ended, None when nothing came in this time, or maybe sooner."""
        ready = [file for file, _ in self._poll.poll(seconds * 1000)]
        if self._stderr in ready and not self._keep():
            self._poll.unregister(self._stderr)
        return os.read(self._stdout, PIPE_BYTES) if self._stdout in ready else None

    def give(self, data: bytes) -> None:
        """Write at most 4096 bytes (PIPE_BUF) to its stdin; OSError when it has ended or does not read."""
        os.write(self._stdin, data)

    def kept(self) -> bytes:
        """Give the end of what it said on stderr, at most KEPT_BYTES."""
        self._keep()
        return self._kept

    def last_line(self) -> str:
        """Give the last thing that it said on stderr, or ""."""
        return self.kept().decode(errors="replace").strip().rpartition("\n")[-1]

    def _keep(self) -> bool:
        try:
            said = os.read(self._stderr, PIPE_BYTES)
        except BlockingIOError:
            return True
        self._kept = (self._kept + said)[-KEPT_BYTES:]
        return bool(said)
