"""What routes ask of a request: the parts of the console, who is signed in, which incident is meant.

All of it is `async`: FastAPI would run anything else on other threads, and the files belong to the event loop.
"""

from typing import Annotated

from fastapi import Depends, HTTPException, Request

from center.console.parts import Console
from center.incidents import Incident


async def _console(request: Request) -> Console:
    console: Console = request.app.state.console
    return console


TheConsole = Annotated[Console, Depends(_console)]


async def _operator(request: Request, console: TheConsole) -> str:
    operator = console.gate.operator(request.cookies)
    if operator is None:
        raise HTTPException(401, "sign in first")
    return operator


TheOperator = Annotated[str, Depends(_operator)]


async def _incident(incident: str, console: TheConsole, _: TheOperator) -> Incident:
    found = console.facts.incident(incident)
    if found is None:
        raise HTTPException(404, "no such incident")
    return found


TheIncident = Annotated[Incident, Depends(_incident)]
