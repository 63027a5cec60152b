"""What ratings say: the quarter's page, a unit's page for printing, anomalies, exports."""

import asyncio
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, HTTPException, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from center.console import export
from center.console.asked import TheConsole, TheOperator
from center.console.parts import Console
from rating_terminal.evaluation import Quarter, sources

router = APIRouter(prefix="/ratings")
Asked = Annotated[str, Query(alias="quarter", max_length=10)]
Score = Annotated[str, Form(max_length=6)]
xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("", response_class=HTMLResponse)
async def overview(console: TheConsole, operator: TheOperator, asked: Asked = "") -> str:
    """Show a quarter: units in their order, windows, clerks."""
    quarter = chosen(console, asked)
    report = await console.reports.of(quarter)
    return console.views.page("ratings.html", report=report, **await common(console, operator, quarter))


@router.get("/unit/{unit}", response_class=HTMLResponse)
async def unit_page(console: TheConsole, operator: TheOperator, unit: str, asked: Asked = "") -> str:
    """Show one unit, on one sheet of paper when printed."""
    quarter = chosen(console, asked)
    report = await console.reports.of(quarter)
    line = report.unit(unit)
    if line is None:
        raise HTTPException(404, "no such unit")
    trend = await console.reports.trend(unit, quarter)
    entered = console.rating_records.scores(str(quarter)).get(unit, {})
    return console.views.page(
        "rating_unit.html",
        report=report,
        line=line,
        windows=[one for one in report.windows if one.unit == unit],
        clerks=[one for one in report.clerks if one.unit == unit],
        trend=trend,
        entered=entered,
        **await common(console, operator, quarter),
    )


@router.post("/unit/{unit}/scores")
async def enter_scores(
    console: TheConsole,
    operator: TheOperator,
    unit: str,
    *,
    quarter: Annotated[str, Form(max_length=10)],
    spot_check: Score = "",
    call_back: Score = "",
    online: Score = "",
) -> Response:
    """Keep the scores that other people found; an empty field takes one back."""
    if unit not in console.settings.units:
        raise HTTPException(404, "no such unit")
    of = chosen(console, quarter)
    given = {"spot_check": spot_check, "call_back": call_back, "online": online}
    before = console.rating_records.scores(str(of)).get(unit, {})
    changed = {source: score for source, text in given.items() if (score := _score(text)) != before.get(source)}
    for source, score in changed.items():
        console.rating_records.set_score(str(of), unit, source, score, operator)
    number = console.records.act(operator, None, "scores.set", {"quarter": str(of), "unit": unit, **changed})
    console.records.settle(number, "done", None)
    return RedirectResponse(f"/ratings/unit/{quote(unit, safe='')}?quarter={of}", 303)


@router.get("/anomalies", response_class=HTMLResponse)
async def anomalies(console: TheConsole, operator: TheOperator, asked: Asked = "") -> str:
    """Show what deserves a look, with its evidence, and all that was not counted."""
    quarter = chosen(console, asked)
    report = await console.reports.of(quarter)
    found = await console.reports.anomalies(quarter)
    return console.views.page("anomalies.html", report=report, found=found, **await common(console, operator, quarter))


@router.get("/export.csv")
async def export_csv(console: TheConsole, _: TheOperator, asked: Asked = "") -> Response:
    """Give all tables of a quarter as one CSV file that Excel reads."""
    sheets = await _sheets(console, asked)
    return _file(export.csv(sheets), "text/csv; charset=utf-8", f"ratings-{chosen(console, asked)}.csv")


@router.get("/export.xlsx")
async def export_xlsx(console: TheConsole, _: TheOperator, asked: Asked = "") -> Response:
    """Give all tables of a quarter as a workbook."""
    sheets = await _sheets(console, asked)
    return _file(await asyncio.to_thread(export.xlsx, sheets), xlsx, f"ratings-{chosen(console, asked)}.xlsx")


async def common(console: Console, operator: str, quarter: Quarter) -> dict[str, Any]:
    """Return what every page of a quarter shows."""
    rules = console.settings.ratings
    quarters = await console.reports.quarters()
    return {
        "operator": operator,
        "quarter": quarter,
        "quarters": quarters if quarter in quarters else sorted([*quarters, quarter], reverse=True),
        "rules": rules,
        "sources": [source for source in sources if getattr(rules.weights, source) > 0],
    }


def chosen(console: Console, text: str) -> Quarter:
    """Return the quarter that an address names, or the present one. Raises 422 when it names none."""
    try:
        return Quarter.read(text) if text else console.reports.now()
    except ValueError as problem:
        raise HTTPException(422, str(problem)) from problem


async def _sheets(console: Console, asked: str) -> list[export.Sheet]:
    quarter = chosen(console, asked)
    report, cases = await console.reports.of(quarter), await console.reports.cases(quarter)
    return export.sheets(report, cases, console.views, console.settings.ratings.satisfied_from, console.reports.zone)


def _score(text: str) -> float | None:
    try:
        score = float(text) if text.strip() else None
    except ValueError as problem:
        raise HTTPException(422, f"{text!r} is no score; write a number from 0 to 100") from problem
    if score is not None and not 0 <= score <= 100:
        raise HTTPException(422, f"{text!r} is no score; write a number from 0 to 100")
    return score


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)
