"""The counter's interface: the window's software opens and cancels services here (outer contract, section 6)."""

import hmac
import json
import secrets
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Response
from pydantic import AfterValidator, Field

from edge.clock import Clock
from edge.event import rfc3339
from edge.kinds import Body
from edge.local_api import local_app
from rating_terminal.desk import Desk
from rating_terminal.ledger import Known
from rating_terminal.tickets import Tickets
from rating_terminal.visit import Cancelled, Outcome, StaffMode
from rating_terminal.watch import Rate


def printable(text: str) -> str:
    """Return a text that can be shown. Raises ValueError for control characters and for a blank one."""
    if any(ord(character) < 32 or ord(character) == 127 for character in text) or (text and not text.strip()):
        raise ValueError("it is blank or has control characters; write what a person could read")
    return text


Readable = AfterValidator(printable)


class ServiceBody(Body):
    """A service that has been rendered and may be rated; all of it as the counter's software calls it."""

    service: Annotated[str, Field(min_length=1, max_length=80), Readable]
    window: Annotated[str, Field(min_length=1, max_length=80), Readable]
    clerk: Annotated[str, Field(max_length=80), Readable] = ""
    subject: Annotated[str, Field(max_length=80, description="ticket; kept only as a keyed hash"), Readable] = ""


class SessionBody(Body):
    """An opened service. It says whether the citizen has been asked, never what he answered."""

    service: str
    window: str
    clerk: str
    state: str = Field(description="open or closed")
    opened: str = Field(description="RFC 3339")
    closes: str = Field(description="RFC 3339; when it ends by itself")


class OutcomeBody(SessionBody):
    """How a service stands: open, given, unanswered or cancelled."""

    outcome: str


class StaffBody(Body):
    """Whether presses are the staff's own tests; it ends by itself."""

    on: bool


Problem = dict[int | str, dict[str, Any]]
problems: Problem = {401: {"description": "no token, or a wrong one"}}


def bearer(token: str) -> Any:
    """Return the check of the Authorization header against a token, in constant time."""

    async def check(authorization: Annotated[str | None, Header()] = None) -> None:
        scheme, _, given = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(
            given.strip().encode("utf-8", "replace"), token.encode()
        ):
            headers = {"www-authenticate": 'Bearer realm="callpost"'}
            raise HTTPException(401, "send the token of this window as Authorization: Bearer", headers)

    return Depends(check)


class Counter:
    """Opens each service once, however often the counter asks."""

    def __init__(self, desk: Desk, tickets: Tickets, clock: Clock, services_per_minute: int) -> None:
        """Take the parts."""
        self._desk = desk
        self._tickets = tickets
        self._clock = clock
        self._rate = Rate(services_per_minute)

    def find(self, service: str) -> Known:
        """Return a service. Raises HTTPException 404."""
        known = self._desk.ledger.of_service(service)
        if known is None:
            raise HTTPException(404, f"no service {service!r} is known here")
        return known

    def open(self, asked: ServiceBody) -> tuple[Known, Any]:
        """Return the service, and for a new one the promise that it is on disk. Raises HTTPException 403, 409, 429."""
        window = self._desk.terminal.window
        if asked.window != window:
            raise HTTPException(403, f"this is window {window!r}; ask the terminal of window {asked.window!r}")
        body = self._tickets.keyed(json.dumps([asked.window, asked.clerk, asked.subject]))
        known = self._desk.ledger.of_service(asked.service)
        if known is not None and known.body != body:
            raise HTTPException(
                409, f"service {asked.service!r} was opened with another body; give each one its own id"
            )
        if known is not None:
            return known, None
        self._rate, within = self._rate.take(self._desk.at)
        if not within:
            raise HTTPException(429, "too many services within a minute; wait before the next", {"retry-after": "30"})
        return self._opened(asked, body)

    def _opened(self, asked: ServiceBody, body: str) -> tuple[Known, Any]:
        now = self._clock.stamp().wall
        known = Known(
            number=self._desk.ledger.next_number,
            session=secrets.token_hex(16),
            service=asked.service,
            window=asked.window,
            clerk=asked.clerk,
            body=body,
            opened=rfc3339(now),
            closes=rfc3339(now + timedelta(seconds=self._desk.policy.answer_seconds)),
        )
        self._tickets.serve(known.session, asked.subject)
        return known, self._desk.open(known, self._tickets.hashed(asked.subject))

    def session(self, known: Known) -> SessionBody:
        """Return what the counter is told."""
        return SessionBody(**self._fields(known))

    def outcome(self, known: Known) -> OutcomeBody:
        """Return it with how it stands."""
        return OutcomeBody(**self._fields(known), outcome=self._desk.outcome(known).value)

    def _fields(self, known: Known) -> dict[str, str]:
        state = "open" if self._desk.outcome(known) is Outcome.OPEN else "closed"
        fields = {name: getattr(known, name) for name in ("service", "window", "clerk", "opened", "closes")}
        return {**fields, "state": state}

    def cancel(self, known: Known) -> None:
        """Take it back; twice is as once. Raises HTTPException 409 when it has ended otherwise."""
        outcome = self._desk.outcome(known)
        if outcome is Outcome.CANCELLED:
            return
        if outcome is Outcome.UNANSWERED:
            raise HTTPException(409, "this service has already ended unanswered")
        refusals = self._desk.take(Cancelled(known.session, self._desk.at)) if outcome is Outcome.OPEN else ["rated"]
        if refusals:
            raise HTTPException(409, "this service has already been rated")


def counter_app(counter: Counter, desk: Desk, *, token: str, staff_token: str | None) -> FastAPI:
    """Return the application of the counter's interface."""
    app = local_app("counter")
    app.include_router(_services(counter, desk), dependencies=[bearer(token)])
    if staff_token is not None:
        app.include_router(_staff(desk), dependencies=[bearer(staff_token)])
    return app


def _services(counter: Counter, desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/v1/services", responses=problems)
    refusals: Problem = {200: {"model": SessionBody}, 403: {}, 409: {}, 429: {}}

    @routes.post("", status_code=201, responses=refusals)
    async def open_service(body: ServiceBody, response: Response) -> SessionBody:
        """Invite the citizen to rate. The same id and body again: 200 and the same session."""
        known, durable = counter.open(body)
        if durable is None:
            response.status_code = 200
        else:
            await desk.settled(durable)
        return counter.session(known)

    @routes.get("/{service:path}", responses={404: {}})
    async def show(service: str) -> OutcomeBody:
        """Tell how a service stands, never with the level."""
        return counter.outcome(counter.find(service))

    @routes.delete("/{service:path}", status_code=204, responses={404: {}, 409: {}})
    async def cancel(service: str) -> None:
        """Take an invitation back, as for a case that was opened by mistake."""
        counter.cancel(counter.find(service))

    return routes


def _staff(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/v1/staff-test", responses=problems)

    @routes.put("", status_code=204, responses={409: {}})
    async def staff_test(body: StaffBody) -> None:
        """Begin or end the staff's test: presses are excluded with evidence, none is counted."""
        refusals = desk.take(StaffMode(body.on, desk.at))
        if refusals:
            raise HTTPException(409, "; ".join(refusals))

    return routes
