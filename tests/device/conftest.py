"""The device lane on the host: one boot runs all tests of `inside/`, and pytest shows their results as its own.

The other tests of this folder run on the host and boot guests themselves.
"""

import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support import figures
from support.guest import Boot, CannotBuild, Disks, installed
from support.guest_image import cannot_run

inside = Path(__file__).parent / "inside"
suite_minutes = 60
pytest_in_guest = """\
export PYTHONPYCACHEPREFIX=/run/pycache
cd /src
/opt/suite/.venv/bin/python -u -m pytest -v -p no:cacheprovider -c /src/pyproject.toml --rootdir /src \\
    --confcutdir /src/tests/device/inside --color=no --timeout=1800 --junitxml=/host/results.xml -o junit_logging=all \\
    $(cat /host/wanted)
code=$?
journalctl --boot --output=short-monotonic >/host/journal.txt
exit $code
"""


@dataclass(frozen=True)
class Result:
    """What became of one test in the guest."""

    seconds: float = 0.0
    problem: str | None = "the guest left no result of this test"
    output: str = ""


class Lane:
    """The plugin of the host: builds, boots, reports."""

    def __init__(self, disks: Disks, share: Path) -> None:
        """Boot nothing yet: which tests are wanted is not known."""
        self.disks = disks
        self._share = share
        self._wanted: list[str] = []
        self._results: dict[str, Result] | None = None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Now it is known which tests the guest is to run."""
        self._wanted = [item.nodeid for item in session.items if inside in item.path.parents]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Report a test of the guest; the others run as everywhere."""
        if inside not in item.path.parents:
            return None
        if self._results is None:
            self._results = self._run(item.config)
        report = _report(item, self._results.get(item.nodeid, Result()))
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show every figure that a test has printed."""
        figures.show(terminalreporter)

    def _run(self, config: pytest.Config) -> dict[str, Result]:
        terminal = config.pluginmanager.get_plugin("terminalreporter")
        assert isinstance(terminal, pytest.TerminalReporter)
        self._share.mkdir(parents=True)
        (self._share / "wanted").write_text("\n".join(self._wanted), encoding="utf-8")
        terminal.ensure_newline()
        boot = Boot(self.disks.copy_to(self._share / "disks"), self._share, pytest_in_guest)
        try:
            for line in boot.lines(suite_minutes):
                terminal.write_line(f"guest: {line}")
        except TimeoutError as problem:
            terminal.write_line(str(problem))
        results = self._share / "results.xml"
        if not results.exists():
            return dict.fromkeys(self._wanted, Result(problem=f"the guest left no results\n{boot.last_words()}"))
        return dict(read(results))


def pytest_configure(config: pytest.Config) -> None:
    """Build and install before anything is collected: that takes minutes, and says so."""
    if config.option.collectonly:
        return
    try:
        disks = installed()
    except CannotBuild as why:
        pytest.exit(f"device lane: skipped: {why}", returncode=cannot_run)
    config.pluginmanager.register(Lane(disks, Path(tempfile.mkdtemp(prefix="callpost-guest-")) / "suite"), "lane")


def read(results: Path) -> Iterator[tuple[str, Result]]:
    """Yield each test of a JUnit file with the name that pytest gives it on the host."""
    for case in ET.parse(results).iter("testcase"):  # noqa: S314 - our own guest wrote it
        nodeid = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"
        # One that is skipped has proved nothing: this lane never passes by skipping.
        problems = [f"{bad.tag}: {bad.get('message')}\n{bad.text or ''}" for bad in case if bad.tag in bad_ends]
        output = "\n".join(part.text or "" for part in case if part.tag.startswith("system-"))
        yield nodeid, Result(float(case.get("time", 0)), "\n".join(problems) or None, output)


bad_ends = frozenset({"failure", "error", "skipped"})


def _report(item: pytest.Item, result: Result) -> pytest.TestReport:
    return pytest.TestReport(
        nodeid=item.nodeid,
        location=item.location,
        keywords=dict.fromkeys(item.keywords, 1),
        outcome="passed" if result.problem is None else "failed",
        longrepr=result.problem,
        when="call",
        sections=[("in the guest", result.output)] if result.output.strip() else [],
        duration=result.seconds,
    )


@pytest.fixture(scope="session")
def disks(pytestconfig: pytest.Config) -> Disks:
    """The disks of an installed post; copy them before booting."""
    lane = pytestconfig.pluginmanager.get_plugin("lane")
    assert isinstance(lane, Lane)
    return lane.disks
