"""The brake on guessing passwords, and who counts as a page of ours; pure, without a clock."""

import pytest

from center.console.auth import Brake
from center.console.guard import is_loopback, same_origin


def test_five_failures_stop_the_sixth_until_the_first_is_old() -> None:
    """Others are not held up, and time or success lets go."""
    brake = Brake()
    for second in range(5):
        assert brake.wait("a", second) == 0
        brake.failed("a", second)
    assert brake.wait("a", 10) == 290
    assert brake.wait("b", 10) == 0
    assert brake.wait("a", 300) == 0
    brake.failed("a", 10)
    brake.succeeded("a")
    assert brake.wait("a", 10) == 0


@pytest.mark.parametrize(
    ("origin", "host", "ours"),
    [
        ("https://centre:8443", "centre:8443", True),
        ("https://centre", "centre:8443", False),
        ("https://centre.evil", "centre", False),
        ("null", "centre", False),
        (None, "centre", False),
        ("", "", False),
    ],
)
def test_only_the_very_same_host_is_ours(origin: str | None, host: str, ours: bool) -> None:
    """Host and port must be the same."""
    assert same_origin(origin, host) is ours


def test_names_of_this_machine() -> None:
    """With and without ports and brackets."""
    assert is_loopback(["127.0.0.1:8443", "localhost", "[::1]:8443", "::1"])
    assert not is_loopback(["127.0.0.1", "127.0.0.1.evil.example"])
    assert not is_loopback([None])
