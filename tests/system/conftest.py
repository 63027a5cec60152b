"""One demo for the tests of a module; each test leaves it closed and mended."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.demo import Demo, running
from support.desk import Operator


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Run one post with its centre."""
    folder: Path = tmp_path_factory.mktemp("demo")
    with running(folder) as whole:
        yield whole


@pytest.fixture
def operator(demo: Demo) -> Iterator[Operator]:
    """Connect an operator to the demo's broker."""
    with Operator(demo.mqtt_port) as operator:
        yield operator
