"""How a driver's thread calls its listener."""

import pytest

from drivers.telling import tell


def test_tells_what_it_is_given() -> None:
    """Arguments pass through."""
    heard: list[tuple[int, str]] = []
    tell(lambda number, word: heard.append((number, word)), 1, "one")
    assert heard == [(1, "one")]


def test_logs_a_failing_listener(caplog: pytest.LogCaptureFixture) -> None:
    """The driver's thread survives, and the log says why."""

    def failing() -> None:
        raise RuntimeError("no ears")

    tell(failing)
    assert "no ears" in caplog.text
