"""For all tests: no time limit on single examples; the longest files begin first, so that none runs alone at the end."""

from pathlib import Path

import pytest
from hypothesis import settings

# How long one example takes says something about the machine and nothing about the code.
settings.register_profile("any machine", settings.default, deadline=None)
settings.load_profile("any machine")

# By how long they take; all others need less than a minute. Workers take whole files (--dist loadfile).
longest = (
    "test_demo_life.py",
    "test_rating_services.py",
    "test_device_supervision.py",
    "test_rating_process.py",
    "test_panic_process_kills.py",
    "test_rating.py",
    "test_media_program.py",
    "test_three_posts.py",
    "test_story.py",
    "test_kills.py",
    "test_faults.py",
    "test_rating_screen.py",
    "test_board_browser.py",
)
places = {name: place for place, name in enumerate(longest)}
root = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by file, and leave the order inside of each file."""
    missing = [name for name in longest if not any(root.rglob(name))]
    assert not missing, f"tests/conftest.py names files that are gone: {missing}"
    items.sort(key=lambda item: places.get(item.path.name, len(longest)))
