"""What the tests of the centre share: a real broker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.broker import Broker


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A private mosquitto."""
    with Broker.start(tmp_path) as started:
        yield started
