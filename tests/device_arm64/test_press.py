"""The project on the processor of a Raspberry Pi: one boot, one installation, one press."""

import time
from pathlib import Path

import pytest

from support.arm64 import Virt, shared_folder
from support.guest import Boot, built_wheel

boot_minutes = 30
job = """\
set -e
booted() { cut -d ' ' -f 1 /proc/uptime; }
echo "figure: arm64, the kernel's start -> the job: $(booted) s"
sh -eu /src/tests/device_arm64/guest/devices
sh -eux /src/tests/device_arm64/guest/install
echo "figure: arm64, the kernel's start -> installed: $(booted) s"
# lgpio leaves pipes where it starts: not in the shared folder, which takes none.
cd /run
exec /opt/callpost/.venv/bin/python -u /src/tests/device_arm64/guest/press.py
"""


def test_one_press_on_arm64(machine: Virt, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Installed from wheels and started by systemd, the post answers one press with light, siren and a record."""
    share = shared_folder(tmp_path / "share", built_wheel())
    began = time.monotonic()
    boot = Boot(machine, share, job)
    for line in boot.lines(boot_minutes):
        with capsys.disabled():
            print(f"guest: {line}", flush=True)
    assert boot.code() == 0, boot.last_words()
    print(boot.output())
    print(f"figure: arm64, power-on -> power-off: {time.monotonic() - began:.0f} s")
