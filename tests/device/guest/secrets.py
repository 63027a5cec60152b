"""Makes the certificates of the guest's post and of its centre, and the token of the counter; run inside the guest."""

import shutil
import sys
from pathlib import Path

sys.path.insert(0, "/src/tests")

from support.certificates import Authority

centre_address = "198.51.100.2"
post = Path("/etc/callpost/secrets")
centre = Path("/etc/callpost-center/secrets")


def give(secret: bytes, to: Path, group: str) -> None:
    """Write a secret so that its group alone may read it."""
    to.write_bytes(secret)
    shutil.chown(to, "root", group)
    to.chmod(0o440)


def main() -> None:
    """Make them all."""
    centre.mkdir(parents=True)
    authority = Authority.make(centre, "ca")
    for name in ("ingest", "console"):
        authority.issue(name)
    authority.issue("broker", host=centre_address)
    device = authority.issue("guest.gate")
    forwarder = post / "forwarder"
    give(authority.file.read_bytes(), forwarder / "ca.pem", "callpost-forwarder")
    give(device.certificate.read_bytes(), forwarder / "device.pem", "callpost-forwarder")
    give(device.key.read_bytes(), forwarder / "device.key", "callpost-forwarder")
    counter = authority.issue("counter", host="127.0.0.1")
    window = post / "rating_terminal"
    give(counter.certificate.read_bytes(), window / "counter.pem", "callpost-rating_terminal")
    give(counter.key.read_bytes(), window / "counter.key", "callpost-rating_terminal")
    token = b"a-token-of-the-guest-and-nobody-else\n"
    give(token, window / "counter-token", "callpost-rating_terminal")


if __name__ == "__main__":
    main()
