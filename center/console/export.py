"""A quarter as tables for office programs. What people typed can never become a formula there."""

import csv as table
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from center.cases import Case
from center.console.reports import Line, Report
from center.console.views import Views
from center.console.wording_ratings import tables
from rating_terminal.evaluation import causes, levels

Cell = str | int | float | None
# XML 1.0 cannot hold these characters, and so no workbook can.
not_in_xml = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
# OWASP, "CSV injection": what spreadsheet programs take for the beginning of a formula.
formula_starts = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: its title, its head, its rows."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def sheets(report: Report, cases: Iterable[Case], views: Views, least: int, zone: ZoneInfo) -> list[Sheet]:
    """Return the tables of units, windows, clerks and cases."""
    plain, head = views.sentence, _head(views)
    lines = ((plain("Units"), report.units), (plain("Windows"), report.windows), (plain("Clerks"), report.clerks))
    found = [Sheet(title, head, tuple(_row(line, report, least) for line in group)) for title, group in lines]
    return [*found, _cases(cases, views, zone)]


def guarded(value: Cell) -> Cell:
    """Return a cell that no office program calculates: texts that look like a formula get an apostrophe."""
    if not isinstance(value, str):
        return value
    text = not_in_xml.sub("\N{REPLACEMENT CHARACTER}", value)
    return f"'{text}" if text.startswith(formula_starts) else text


def csv(found: Sequence[Sheet]) -> bytes:
    """Return all tables one below the other; the mark at the beginning tells Excel that it is UTF-8."""
    text = io.StringIO()
    writer = table.writer(text)
    for sheet in found:
        writer.writerow([guarded(sheet.title)])
        writer.writerow([guarded(one) for one in sheet.head])
        writer.writerows([guarded(cell) for cell in row] for row in sheet.rows)
        writer.writerow([])
    return text.getvalue().encode("utf-8-sig")


def xlsx(found: Sequence[Sheet]) -> bytes:
    """Return a workbook with one sheet a table."""
    # Here, because it brings NumPy along: a fifth of the console's start, for what is asked once a quarter.
    from openpyxl import Workbook  # noqa: PLC0415
    from openpyxl.styles import Alignment, Font  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    book = Workbook(write_only=False)
    book.remove(book.worksheets[0])
    for sheet in found:
        page = book.create_sheet(sheet.title.replace("/", "-").replace("  ", " ")[:31])
        for number, row in enumerate((sheet.head, *sheet.rows), 1):
            for place, value in enumerate(row, 1):
                cell = page.cell(number, place, guarded(value))
                if isinstance(value, str):
                    cell.data_type = "s"
        for cell in page[1]:
            cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
        for place in range(1, len(sheet.head) + 1):
            page.column_dimensions[get_column_letter(place)].width = 24 if place <= 2 else 14
        page.freeze_panes = "C2"
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def _head(views: Views) -> tuple[str, ...]:
    plain = views.sentence
    words = tables(plain)
    return (
        plain("Quarter"), plain("Unit"), plain("Item"), plain("Place"), plain("Composite score"), plain("Missing"),
        plain("Asked"), plain("Given"), plain("Unanswered"), plain("Answer rate"),
        *(words["levels"][str(level)] for level in levels),
        plain("Satisfied share"), plain("from"), plain("to"), plain("Average level"), plain("from"), plain("to"),
        plain("Not counted"), *(words["causes"][cause] for cause in causes), plain("Blank minutes"),
    )  # fmt: skip


def _row(line: Line, report: Report, least: int) -> tuple[Cell, ...]:
    total = line.tally
    satisfied, average = total.satisfied(least), total.average()
    return (
        str(report.quarter), line.unit, line.name, line.place, _rounded(line.judged.score),
        ", ".join(line.judged.missing),
        total.invited, total.given, total.unanswered, _rounded(total.answer_rate, 4),
        *(total.given_by_level.get(level, 0) for level in levels),
        *((_rounded(satisfied.middle, 4), _rounded(satisfied.low, 4), _rounded(satisfied.high, 4)) if satisfied else (None,) * 3),
        *((_rounded(average.middle), _rounded(average.low), _rounded(average.high)) if average else (None,) * 3),
        total.excluded, *(total.excluded_by_cause.get(cause, 0) for cause in causes), _rounded(total.blank_seconds / 60, 1),
    )  # fmt: skip


def _cases(cases: Iterable[Case], views: Views, zone: ZoneInfo) -> Sheet:
    plain, words = views.sentence, tables(views.sentence)
    today = datetime.now(zone).date()
    head = (
        plain("Window"), plain("Clerk"), plain("Time"), plain("Level"), plain("Reasons"), plain("Deadline"), plain("State"),
        plain("Overdue"), plain("Steps"),
    )  # fmt: skip
    rows = tuple(
        (
            case.rating.place,
            case.rating.clerk,
            f"{case.rating.at.astimezone(zone):%Y-%m-%d %H:%M}",
            words["levels"].get(str(case.rating.level), str(case.rating.level)),
            ", ".join(case.rating.reasons),
            case.due.day.isoformat(),
            words["states"][case.state],
            plain("Overdue") if case.overdue(today, zone) else "",
            "; ".join(f"{step.at.astimezone(zone):%Y-%m-%d %H:%M} {step.operator}: {step.note}" for step in case.steps),
        )
        for case in cases
    )
    return Sheet(plain("Cases"), head, rows)


def _rounded(value: float | None, digits: int = 2) -> float | None:
    return None if value is None else round(value, digits)
