"""Builds what the guest of the device lane boots from, once: each stage is kept under a hash of what it is made of.

`python -m support.guest_image` builds what is missing; with `--ready` it only tells whether everything is there.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

repository = Path(__file__).resolve().parents[2]
recipes = repository / "tests" / "device" / "guest"
cannot_run = 77
"""The exit code of a lane that cannot run here."""
kept_of_each_stage = 2


class CannotBuild(Exception):
    """The guest cannot be had on this machine; the text says why in one line."""


@dataclass(frozen=True)
class Image:
    """Everything that a boot needs; the disks are never written, a boot writes beside them."""

    linux: Path
    root: Path
    opt: Path


@dataclass(frozen=True)
class Stage:
    """One step of building: what it is made of decides its folder."""

    name: str
    minutes: int
    made_of: tuple[Path | str, ...]

    @property
    def folder(self) -> Path:
        """Where its result is or will be."""
        return cache() / f"{self.name}-{_hash(self.made_of)}"

    @property
    def done(self) -> bool:
        """Whether the result is there, whole."""
        return (self.folder / "done").exists()


def cache() -> Path:
    """Return the folder of all stages, in the user's cache folder."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "callpost" / "device"


def kernel() -> Stage:
    """Linux as a program."""
    return Stage("kernel", 8, (recipes / "kernel.config", recipes / "build-kernel"))


def root() -> Stage:
    """Debian with the kernel's modules."""
    own = (recipes / "packages.txt", recipes / "build-root", *files(recipes / "files"))
    return Stage("root", 3, (*own, kernel().folder.name))


def opt() -> Stage:
    """The locked Python packages."""
    return Stage("opt", 1, (recipes / "build-opt", repository / "uv.lock"))


def ready() -> bool:
    """Whether all stages that take minutes are built."""
    return all(stage.done for stage in (kernel(), root(), opt()))


def built() -> Image:
    """Build what is missing and return the image. Raises CannotBuild."""
    check_machine(("mmdebstrap", "flex", "bison", "mke2fs", "depmod"), recipes.parent / "apt-packages.txt")
    with alone("lock"):
        build(kernel(), lambda to: [recipes / "build-kernel", to])
        build(root(), lambda to: [recipes / "build-root", kernel().folder, to])
        build(opt(), lambda to: [recipes / "build-opt", to])
    return Image(kernel().folder / "linux", root().folder / "root.ext4", opt().folder / "opt.ext4")


def build(stage: Stage, command: Callable[[Path], Iterable[Path | str]]) -> Path:
    """Run a stage's recipe unless its result is there; return its folder. Raises CannotBuild."""
    if not stage.done:
        tell(f"building {stage.name} (about {stage.minutes} min, kept in {stage.folder})")
        shutil.rmtree(stage.folder, ignore_errors=True)
        stage.folder.mkdir(parents=True)
        began = time.monotonic()
        _run([str(word) for word in command(stage.folder)], stage)
        (stage.folder / "done").touch()
        tell(f"{stage.name} is built, after {time.monotonic() - began:.0f} s")
    forget_older(stage)
    return stage.folder


def check_machine(programs: Iterable[str], packages: Path) -> None:
    """Raise CannotBuild where no recipe would work; `packages` is the list of Debian packages with these programs."""
    if platform.machine() != "x86_64":
        raise CannotBuild(f"the guest is built on x86-64, and this is {platform.machine()}")
    if os.geteuid() != 0:
        raise CannotBuild("making the guest's disk needs root; run it with sudo")
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        raise CannotBuild(f"{', '.join(missing)} missing; run scripts/install-apt {packages.relative_to(repository)}")


def tell(text: str) -> None:
    """Say how far it is, on standard error."""
    print(f"device lane: {text}", file=sys.stderr, flush=True)


def _run(command: list[str], stage: Stage) -> None:
    log = stage.folder / "build.log"
    with log.open("wb") as out:
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False)
    if ended.returncode != 0:
        last = (log.read_text(errors="replace").strip().splitlines() or ["it said nothing"])[-1]
        raise CannotBuild(f"building {stage.name} failed ({last[:200]}); {log} says more")


def forget_older(stage: Stage) -> None:
    """Keep the newest few of a stage: a branch changed to and fro must not build each time, nor fill the disk."""
    (stage.folder / "done").touch()
    folders = list(cache().glob(f"{stage.name}-*"))
    found = sorted((one for one in folders if (one / "done").exists()), key=lambda one: (one / "done").stat().st_mtime)
    for folder in {*folders} - {*found[-kept_of_each_stage:]}:
        shutil.rmtree(folder)


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Let one build of this name run at a time: two would fill each other's folders."""
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / name).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, always in the same order."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _hash(made_of: Iterable[Path | str]) -> str:
    found = hashlib.sha256()
    for one in made_of:
        if isinstance(one, Path):
            found.update(f"{one.relative_to(repository)} {one.stat().st_mode:o}\n".encode())
            found.update(one.read_bytes())
        else:
            found.update(one.encode())
    return found.hexdigest()[:12]


def main() -> int:
    """Build everything, or tell whether it is built."""
    if "--ready" in sys.argv:
        return 0 if ready() else 1
    try:
        built()
    except CannotBuild as why:
        tell(f"skipped: {why}")
        return cannot_run
    tell("the guest is built")
    return 0


if __name__ == "__main__":
    sys.exit(main())
