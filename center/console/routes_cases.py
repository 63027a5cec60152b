"""Cases that bad ratings have opened: the list, one case, and its steps."""

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from center.cases import Step, check_step
from center.console.asked import TheConsole, TheOperator
from center.console.routes_ratings import Asked, chosen, common

router = APIRouter(prefix="/ratings/cases")


@router.get("", response_class=HTMLResponse)
async def cases_page(console: TheConsole, operator: TheOperator, asked: Asked = "") -> str:
    """Show the cases of a quarter, overdue ones first."""
    quarter, zone = chosen(console, asked), console.reports.zone
    today = datetime.now(zone).date()
    found = [(case, case.overdue(today, zone)) for case in await console.reports.cases(quarter)]
    found.sort(key=lambda one: (one[0].state == "closed", not one[1], one[0].due.day))
    return console.views.page(
        "cases.html", cases=found, unit_of=console.reports.unit_of, **await common(console, operator, quarter)
    )


@router.get("/{device}/{event}", response_class=HTMLResponse)
async def case_page(console: TheConsole, operator: TheOperator, device: str, event: str) -> str:
    """Show one case and its next step."""
    case = await console.reports.case(device, event)
    if case is None:
        raise HTTPException(404, "no such case")
    zone = console.reports.zone
    overdue = case.overdue(datetime.now(zone).date(), zone)
    unit = console.reports.unit_of(case.rating.place)
    return console.views.page("case.html", operator=operator, case=case, overdue=overdue, unit=unit)


@router.post("/{device}/{event}/steps")
async def take_step(
    console: TheConsole,
    operator: TheOperator,
    device: str,
    event: str,
    *,
    state: Annotated[str, Form(max_length=20)],
    note: Annotated[str, Form(min_length=1, max_length=2000)],
    result: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Take the next step, in the operator's name."""
    case = await console.reports.case(device, event)
    if case is None:
        raise HTTPException(404, "no such case")
    try:
        check_step(case, state, result)
        console.rating_records.add_step(device, event, Step(state, datetime.now(UTC), operator, note.strip(), result))
    except ValueError as problem:
        raise HTTPException(409, str(problem)) from problem
    return RedirectResponse(f"/ratings/cases/{quote(device, safe='')}/{quote(event, safe='')}", 303)
