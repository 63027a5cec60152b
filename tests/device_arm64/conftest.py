"""The arm64 lane on the host: builds the machine before anything is collected, and shows the figures at the end."""

import pytest

from support import arm64, figures
from support.guest_image import CannotBuild, cannot_run

machine_key = pytest.StashKey[arm64.Virt]()


def pytest_configure(config: pytest.Config) -> None:
    """Build what is missing: that takes minutes, and says so."""
    if config.option.collectonly:
        return
    try:
        config.stash[machine_key] = arm64.built()
    except CannotBuild as why:
        pytest.exit(f"device lane: skipped: {why}", returncode=cannot_run)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what the test has printed."""
    figures.show(terminalreporter)


@pytest.fixture(scope="session")
def machine(pytestconfig: pytest.Config) -> arm64.Virt:
    """The machine, switched off."""
    return pytestconfig.stash[machine_key]
