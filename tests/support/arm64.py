"""A post on the processor of a Raspberry Pi: QEMU's machine `virt` with Debian's own arm64 kernel (docs/device-lane.md)."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from support.guest_image import Stage, alone, build, check_machine, files, repository

recipes = repository / "tests" / "device_arm64" / "guest"
packages = recipes.parent / "apt-packages.txt"
shared_units = repository / "tests" / "device" / "guest" / "files" / "etc" / "systemd"
programs = (
    "mmdebstrap", "arch-test", "qemu-aarch64-static", "qemu-system-aarch64", "aarch64-linux-gnu-gcc-12", "depmod",
    "mke2fs", "cpio", "file",
)  # fmt: skip
memory_mebibytes = 1536


@dataclass(frozen=True)
class Virt:
    """Everything that a boot needs; nothing is written to the disks, so each boot begins like the first."""

    kernel: Path
    root: Path
    opt: Path

    def command(self, share: Path) -> list[str]:
        """Return the command that boots it."""
        return [
            # When the tests are killed, the machine goes with them.
            "setpriv", "--pdeathsig", "KILL", "--", "qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-smp", "2", "-m", f"{memory_mebibytes}",
            "-accel", "tcg,thread=multi,tb-size=512", "-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot",
            "-kernel", str(self.kernel / "vmlinuz"), "-initrd", str(self.kernel / "initrd"),
            "-append", "console=ttyAMA0 quiet panic=-1 systemd.show_status=0 mitigations=off cryptomgr.notests nokaslr",
            "-device", "virtio-rng-pci", *_disk(self.root / "root.ext4"), *_disk(self.opt / "opt.ext4"),
            *_shared("host", share), *_shared("source", repository, ",readonly=on"),
        ]  # fmt: skip


def _disk(file: Path) -> tuple[str, str]:
    return ("-drive", f"file={file},format=raw,if=virtio,snapshot=on")


def _shared(name: str, folder: Path, more: str = "") -> tuple[str, str]:
    return ("-virtfs", f"local,path={folder},mount_tag={name},security_model=none{more}")


def kernel() -> Stage:
    """Debian's kernel, gpio-sim, and the initial RAM disk."""
    return Stage("arm64-kernel", 1, tuple(recipes / name for name in ("build-kernel", "modules.txt", "init")))


def root() -> Stage:
    """Debian."""
    own = tuple(recipes / name for name in ("packages.txt", "build-root", "as-arm64"))
    units = tuple(shared_units / name for name in ("journald.conf.d/guest.conf", "system/job.service"))
    return Stage("arm64-root", 7, (*own, *files(recipes / "files"), *units))


def opt() -> Stage:
    """The locked Python packages as aarch64 wheels."""
    return Stage("arm64-opt", 1, (recipes / "build-opt", repository / "uv.lock"))


def built() -> Virt:
    """Build what is missing and return the machine. Raises CannotBuild."""
    check_machine(programs, packages)
    with alone("lock-arm64"):
        return Virt(
            kernel=build(kernel(), lambda to: [recipes / "build-kernel", to]),
            root=build(root(), lambda to: [recipes / "build-root", to]),
            opt=build(opt(), lambda to: [recipes / "build-opt", to]),
        )


def shared_folder(at: Path, wheel: Path) -> Path:
    """Make the folder that a guest finds the project's wheel in."""
    at.mkdir(parents=True)
    shutil.copy(wheel, at)
    return at
