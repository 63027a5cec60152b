"""Whether a program's last life was ended, or ended by itself."""

from pathlib import Path

import pytest

from edge import last_life
from edge.faults import Faults
from edge.last_life import LastLife


def test_the_first_life_has_none_before_it(tmp_path: Path) -> None:
    """After a start of the machine the run directory is empty."""
    assert LastLife(tmp_path, lambda: 0).begin() is None


def test_a_life_that_was_stopped_is_not_told(tmp_path: Path) -> None:
    """An orderly end takes the mark away."""
    LastLife(tmp_path, lambda: 0).begin()
    LastLife(tmp_path, lambda: 0).end()
    assert LastLife(tmp_path, lambda: 0).begin() is None


@pytest.mark.parametrize(
    ("before", "now", "reason"),
    [
        (0, 0, last_life.killed),
        (3, 4, last_life.no_memory),
        (None, None, last_life.killed),
        (None, 4, last_life.killed),
        (3, None, last_life.killed),
    ],
)
def test_a_life_that_ended_by_itself_is_told_with_its_reason(
    tmp_path: Path, before: int | None, now: int | None, reason: str
) -> None:
    """Want of memory is told only when the kernel has counted one more."""
    LastLife(tmp_path, lambda: before).begin()
    assert LastLife(tmp_path, lambda: now).begin() == reason


def test_it_is_a_fault_that_this_start_has_mended(tmp_path: Path) -> None:
    """Two events, and no fault stays open."""
    told: list[tuple[str, str]] = []
    faults = Faults(lambda kind, data: told.append((kind, data["part"])))
    last_life.tell(faults, "media", tmp_path)
    assert not told
    last_life.tell(faults, "media", tmp_path)
    assert told == [("device.fault_raised", "media"), ("device.fault_cleared", "media")]
    assert not faults.open


def test_the_count_of_this_very_group_is_read() -> None:
    """A number where control groups of version 2 count, else none; never an error."""
    kills = last_life.memory_kills()
    assert kills is None or kills >= 0
