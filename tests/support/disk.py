"""Disks that really fail: a small tmpfs that fills up, and device errors from a preloaded shim."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

source = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* While the file $CALLPOST_FAULT_FLAG exists, writing to files under $CALLPOST_FAULT_DIR fails with the errno in it. */
static int fault(int fd) {
    const char *flag = getenv("CALLPOST_FAULT_FLAG"), *folder = getenv("CALLPOST_FAULT_DIR");
    char link[64], path[4096];
    if (!flag || !folder || access(flag, F_OK)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (strncmp(path, folder, strlen(folder))) return 0;
    FILE *file = fopen(flag, "r");
    int number = EIO;
    if (file) { if (fscanf(file, "%d", &number) != 1) number = EIO; fclose(file); }
    return number;
}

#define GUARDED(result, name, parameters, arguments)                      \
    result name parameters {                                             \
        static result (*real) parameters;                                \
        int number = fault(fd);                                          \
        if (number) { errno = number; return -1; }                       \
        if (!real) real = (result (*) parameters) dlsym(RTLD_NEXT, #name); \
        return real arguments;                                           \
    }

GUARDED(ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size))
GUARDED(ssize_t, pwrite, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at))
GUARDED(ssize_t, pwrite64, (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at))
GUARDED(int, fsync, (int fd), (fd))
GUARDED(int, fdatasync, (int fd), (fd))
GUARDED(int, ftruncate, (int fd, off_t size), (fd, size))
GUARDED(int, ftruncate64, (int fd, off64_t size), (fd, size))
"""


class FaultyDisk:
    """A folder whose device fails while it is told to; `environment` goes to the process that shall feel it."""

    def __init__(self, shim: Path, folder: Path, flag: Path) -> None:
        """Begin in good health."""
        self._flag = flag
        self.environment = {
            "LD_PRELOAD": str(shim),
            "CALLPOST_FAULT_DIR": str(folder),
            "CALLPOST_FAULT_FLAG": str(flag),
        }

    def fail(self, number: int) -> None:
        """Fail with an errno from now on."""
        fresh = self._flag.with_suffix(".new")
        fresh.write_text(str(number))
        fresh.replace(self._flag)

    def heal(self) -> None:
        """Work again."""
        self._flag.unlink()


def faulty_disk(work: Path, folder: Path) -> FaultyDisk:
    """Compile the shim into a work folder; skips the test where there is no C compiler."""
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("no gcc to compile the failing disk")
    text, shim = work / "faulty_disk.c", work / "faulty_disk.so"
    text.write_text(source)
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", shim, text, "-ldl"], check=True)
    return FaultyDisk(shim, folder, work / "fault")


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    """Mount a disk of this size; skips the test for who may not mount."""
    folder.mkdir(parents=True)
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", folder], check=False, capture_output=True
        ).returncode
    )
    if not mounted:
        pytest.skip("needs root to mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path) -> Path:
    """Write until there is no room; returns the file that takes it."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue
    return ballast
