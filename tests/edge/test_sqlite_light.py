"""What the programs on the path of an alarm load when they start."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("program", ["edge.panic.__main__", "edge.forwarder.__main__"])
def test_numpy_is_not_loaded_and_can_be_afterwards(program: str) -> None:
    """Neither program computes with it, and sqlite-utils goes without; whoever imports it later gets it."""
    code = f"import sys, {program}; assert 'numpy' not in sys.modules; import numpy; numpy.zeros(3)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
