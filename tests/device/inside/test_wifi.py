"""An access point and a station on two radios of the kernel: the ground that a captive portal stands on."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.guest_post import shell
from support.patience import deadline_seconds, until

point = "192.168.50.1"
access_point = """\
interface=wlan0
driver=nl80211
ssid=callpost
hw_mode=g
channel=1
"""
addresses = """\
interface=wlan0
bind-interfaces
port=0
no-resolv
no-hosts
dhcp-range=192.168.50.10,192.168.50.50,1h
dhcp-option=3,192.168.50.1
dhcp-leasefile={folder}/leases
"""
station = 'network={\n ssid="callpost"\n key_mgmt=NONE\n}\n'
# Debian's own script would rewrite resolv.conf of the whole guest.
take_address = """\
#!/bin/sh
[ "$reason" = BOUND ] && ip addr replace "$new_ip_address/24" dev "$interface"
exit 0
"""


def test_a_station_joins_and_gets_an_address(tmp_path: Path) -> None:
    """Open Wi-Fi beside the post: joined, addressed, and the post's address answers over the air."""
    began = time.monotonic()
    with radios(), running(tmp_path):
        until(lambda: "Connected" in far("iw", "dev", "wlan1", "link"), "the station has joined", every=0.2)
        print(f"figure: a station joins the Wi-Fi after {time.monotonic() - began:.1f} s")
        hook = tmp_path / "take-address"
        hook.write_text(take_address)
        hook.chmod(0o755)
        far(
            "dhclient",
            "-1",
            "-sf",
            hook,
            "-lf",
            tmp_path / "dhclient.leases",
            "-pf",
            tmp_path / "dhclient.pid",
            "wlan1",
        )
        until(lambda: "192.168.50." in far("ip", "-brief", "address", "show", "wlan1"), "the station has an address")
        with socket.create_server((point, 0)) as server:
            server.settimeout(deadline_seconds)
            port = server.getsockname()[1]
            far(sys.executable, "-c", f"import socket; socket.create_connection(('{point}', {port}), 20).close()")
            server.accept()[0].close()
        shell("pkill", "--pidfile", tmp_path / "dhclient.pid")


@contextmanager
def radios() -> Iterator[None]:
    """Two radios, the second in a network namespace of its own: the phone."""
    shell("modprobe", "mac80211_hwsim")
    shell("ip", "netns", "add", "phone")
    try:
        until(lambda: Path("/sys/class/net/wlan1/phy80211/name").exists(), "the second radio")
        radio = Path("/sys/class/net/wlan1/phy80211/name").read_text().strip()
        shell("iw", "phy", radio, "set", "netns", "name", "phone")
        shell("ip", "address", "add", f"{point}/24", "dev", "wlan0")
        yield
    finally:
        shell("ip", "netns", "delete", "phone")
        shell("modprobe", "--remove", "mac80211_hwsim")


@contextmanager
def running(folder: Path) -> Iterator[None]:
    """Access point and DHCP server of the post, and the phone that looks for them."""
    files = {"hostapd.conf": access_point, "dnsmasq.conf": addresses.format(folder=folder), "station.conf": station}
    for name, text in files.items():
        (folder / name).write_text(text)
    commands = (
        ["hostapd", folder / "hostapd.conf"],
        ["dnsmasq", "--keep-in-foreground", "-C", folder / "dnsmasq.conf", "--pid-file"],
        ["ip", "netns", "exec", "phone", "wpa_supplicant", "-i", "wlan1", "-c", folder / "station.conf"],
    )
    started = [subprocess.Popen([str(word) for word in command]) for command in commands]
    try:
        yield
        assert all(process.poll() is None for process in started), "hostapd, dnsmasq or wpa_supplicant has ended"
    finally:
        for process in started:
            process.terminate()
            process.wait(20)


def far(*command: str | Path) -> str:
    """Run a command on the phone."""
    return shell("ip", "netns", "exec", "phone", *command)
