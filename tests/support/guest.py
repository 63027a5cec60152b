"""A post that boots: user-mode Linux with the devices of tests/device/guest, and the project installed as on a Pi."""

import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

from support import guest_image
from support.guest_image import CannotBuild, Image, Stage, recipes, repository
from support.patience import until

memory_mebibytes = 1536
boot_minutes = 6
patience = 5
"""How much longer than elsewhere to wait: one processor, slower, and of a machine that may have others to serve."""
console_lines = 25


@dataclass(frozen=True)
class Disks:
    """What a guest has written: copy-on-write files beside the image's disks."""

    image: Image
    folder: Path

    def copy_to(self, folder: Path) -> "Disks":
        """Copy what was written, so that a boot does not change these."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("root.cow", "opt.cow"):
            # Their holes are most of them.
            subprocess.run(["cp", "--sparse=always", self.folder / name, folder / name], check=True)
        return Disks(self.image, folder)

    def command(self, share: Path) -> list[str]:
        """Return the command that boots from these disks."""
        return [
            str(self.image.linux), f"mem={memory_mebibytes}M", "root=/dev/ubda", "rw",
            f"ubd0={self.folder / 'root.cow'},{self.image.root}", f"ubd1={self.folder / 'opt.cow'},{self.image.opt}",
            "con=null", "con0=null,fd:1", f"uml_dir={share / 'uml'}", "quiet", "panic=-1", "systemd.show_status=0",
            f"share={share}", f"source={repository}",
        ]  # fmt: skip


class Machine(Protocol):
    """What can be switched on."""

    def command(self, share: Path) -> list[str]:
        """Return the command that runs it with its console on standard output and shares a folder with it."""


class Boot:
    """One run of the guest, from power-on to power-off."""

    def __init__(self, machine: Machine, share: Path, job: str) -> None:
        """Switch it on; `job` is a shell script, run in the folder `share`, which both sides see."""
        share.mkdir(parents=True, exist_ok=True)
        self.share = share
        for name in ("job.out", "job.rc"):
            (share / name).unlink(missing_ok=True)
        (share / "job").write_text(f"export TEST_PATIENCE={patience}\n{job}", encoding="utf-8")
        self._console = share / "console.log"
        with self._console.open("wb") as console:
            self._process = subprocess.Popen(
                machine.command(share), stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True
            )
        _prefer(self._process.pid)

    def lines(self, minutes: float) -> Iterator[str]:
        """Yield what the job prints as it prints it, until the guest is off. Raises TimeoutError, and cuts the power."""
        deadline, read = time.monotonic() + minutes * 60, 0
        while True:
            ended = self._process.poll() is not None
            text = self.output()[read:]
            whole = text if ended else text[: text.rfind("\n") + 1]
            read += len(whole)
            yield from whole.splitlines()
            if ended:
                return
            if time.monotonic() > deadline:
                self.cut()
                raise TimeoutError(f"the guest did not end within {minutes:.0f} min\n{self.last_words()}")
            time.sleep(0.2)  # a folder shared with a guest gives no event

    def output(self) -> str:
        """Return what the job has printed so far."""
        try:
            return (self.share / "job.out").read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""

    def wait(self, minutes: float) -> int:
        """Wait for the power-off and return the job's exit code. Raises TimeoutError; RuntimeError when it left none."""
        for _ in self.lines(minutes):
            pass
        return self.code()

    def code(self) -> int:
        """Return the exit code of the job. Raises RuntimeError when it left none."""
        try:
            return int((self.share / "job.rc").read_text())
        except FileNotFoundError:
            raise RuntimeError(f"the guest went off before its job had ended\n{self.last_words()}") from None

    def until_there(self, name: str, seconds: float = boot_minutes * 60) -> str:
        """Wait for a file in the shared folder, and return what it says."""

        def there() -> bool:
            assert self._process.poll() is None, f"the guest went off\n{self.last_words()}"
            return (self.share / name).exists()

        until(there, f"{name} in the shared folder", seconds, every=0.1)
        return (self.share / name).read_text(encoding="utf-8")

    def cut(self) -> None:
        """Cut the power: what the guest has not written to its disk is lost."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        # A guest is several processes, and each that has not ended holds the lock of its disks.
        until(lambda: not _runs(self._process.pid), "every process of the guest has ended")

    def last_words(self) -> str:
        """Return the ends of the job's output and of the console."""
        console = self._console.read_text(encoding="utf-8", errors="replace")
        both = [*self.output().splitlines()[-console_lines:], "console:", *console.splitlines()[-console_lines:]]
        return "\n".join(both)


def _runs(group: int) -> bool:
    """Whether a process of this group has not ended."""

    def is_one(process: psutil.Process) -> bool:
        try:
            return os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE
        except (ProcessLookupError, psutil.NoSuchProcess):
            return False

    return any(is_one(process) for process in psutil.process_iter())


def _prefer(process: int) -> None:
    """Let the guest's session go before other work of this machine: it stands for a device that has its CPU to itself."""
    group = Path(f"/proc/{process}/autogroup")
    if group.exists():  # not every kernel groups its sessions
        group.write_text("-10")


def installed() -> Disks:
    """Return the disks of a post on which the project is installed, as a technician installs it. Raises CannotBuild."""
    image = guest_image.built()
    wheel = built_wheel()
    stage = Stage("installed", 1, _made_of(image, wheel))
    with guest_image.alone("lock"):
        if not stage.done:
            guest_image.tell("installing the project in the guest")
            shutil.rmtree(stage.folder, ignore_errors=True)
            _install(Disks(image, stage.folder), wheel)
            (stage.folder / "done").touch()
        guest_image.forget_older(stage)
    return Disks(image, stage.folder)


def _install(disks: Disks, wheel: Path) -> None:
    disks.folder.mkdir(parents=True)
    share = disks.folder / "share"
    share.mkdir()
    shutil.copy(wheel, share)
    boot = Boot(disks, share, "exec sh -eux /src/tests/device/guest/install\n")
    code = boot.wait(minutes=20)
    if code != 0:
        raise RuntimeError(f"the installation ended with {code}\n{boot.last_words()}")


def built_wheel() -> Path:
    """Return the wheel of the project as it is now."""
    folder = repository / ".tools" / "wheel"
    shutil.rmtree(folder, ignore_errors=True)
    command = [os.environ.get("UV", "uv"), "build", "--quiet", "--wheel", "--out-dir", str(folder)]
    subprocess.run(command, cwd=repository, check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def _made_of(image: Image, wheel: Path) -> tuple[Path | str, ...]:
    own = tuple(recipes / name for name in ("install", "secrets.py", "callpost.toml", "pi.conf"))
    ours = (*own, *(repository / "systemd").iterdir())
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return (*sorted(ours), digest, image.root.parent.name, image.opt.parent.name)


__all__ = ["Boot", "CannotBuild", "Disks", "Machine", "built_wheel", "installed"]
