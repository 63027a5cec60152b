"""The figures that tests print, shown together at the end of a lane's run."""

import pytest

mark = "figure: "


def show(terminalreporter: pytest.TerminalReporter) -> None:
    """Write every line with a figure that a passed test has printed."""
    reports = terminalreporter.getreports("passed")
    figures = [line for one in reports for _, text in one.sections for line in text.splitlines() if mark in line]
    for line in figures:
        terminalreporter.write_line(line[line.index(mark) :])
