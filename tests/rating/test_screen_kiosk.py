"""The kiosk's unit and policies, read by systemd's own tools and held against the page that they are for."""

import json
import re
import subprocess
from pathlib import Path

systemd = Path(__file__).parents[2] / "systemd"
unit = (systemd / "callpost-kiosk.service").read_text(encoding="utf-8")


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """`systemd-analyze verify`, with a compositor and a browser where the unit expects them."""
    placed = tmp_path / "callpost-kiosk.service"
    text = unit
    for name in ("cage", "chromium"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\n", encoding="utf-8")
        program.chmod(0o755)
        text = text.replace(f"/usr/bin/{name}", str(program))
    placed.write_text(text, encoding="utf-8")
    (tmp_path / "callpost.service").write_text((systemd / "callpost.service").read_text(encoding="utf-8"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(placed)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "callpost-kiosk.service" not in done.stderr


def test_the_browser_has_its_own_user_and_no_way_out() -> None:
    """Kiosk, no pinch, no swipe back, no second console, nothing kept, and no address but this machine's."""
    for line in ("User=callpost-kiosk", "Restart=always", "IPAddressDeny=any", "IPAddressAllow=localhost"):
        assert f"\n{line}\n" in unit
    for flag in ("--kiosk", "--incognito", "--disable-pinch", "--overscroll-history-navigation=0", "--noerrdialogs"):
        assert re.search(rf"\s{flag}(\s|$)", unit)
    assert "--no-sandbox" not in unit
    assert not re.search(r"/cage [^-]*-s\b", unit)


def test_the_policies_allow_the_screen_and_nothing_else() -> None:
    """The one address of the policies is the one that the unit opens."""
    policies = json.loads((systemd / "callpost-kiosk-policy.json").read_text(encoding="utf-8"))
    assert policies["URLBlocklist"] == ["*"]
    opened = re.search(r"CALLPOST_SCREEN=(\S+?)/?\n", unit)
    assert opened is not None
    assert policies["URLAllowlist"] == [opened[1]]
    assert policies["DeveloperToolsAvailability"] == 2
