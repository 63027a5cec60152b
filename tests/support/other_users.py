"""Tests that start programs as other Unix users: who can, and on which desk."""

import os
import sys
from pathlib import Path

import pytest

binaries = Path(sys.executable).parent


def _reachable(path: Path) -> bool:
    """Whether other Unix users can get to a path; below /root, where root's clones tend to be, they cannot."""
    return all(step.stat().st_mode & 0o001 for step in [path, *path.parents])


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to start programs as other Unix users")
in_reach = pytest.mark.skipif(
    os.geteuid() == 0 and not _reachable(binaries), reason=f"other Unix users cannot reach {binaries}; clone elsewhere"
)
