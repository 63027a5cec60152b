"""The centre's commands to this window: ratings from phones, clerks, notices."""

from collections.abc import Mapping
from typing import Any

from edge.clock import Clock
from edge.kinds import Body, check_command
from edge.kinds.commands import NoticePublish, NoticeWithdraw, RatingSubmit, RosterSet
from rating_terminal.codes import BadCode, Codes, Fault
from rating_terminal.desk import Desk
from rating_terminal.ledger import Known
from rating_terminal.notices import Notices, TooManyNotices
from rating_terminal.roster import Roster
from rating_terminal.showing import Showing
from rating_terminal.visit import Outcome, Pressed, Scanned

Reply = dict[str, Any]


class Refused(Exception):
    """A command is not carried out; the text is a sentence."""


class Commands:
    """Carries out what the forwarder hands on."""

    def __init__(
        self, *, desk: Desk, codes: Codes, roster: Roster, notices: Notices, showing: Showing, clock: Clock
    ) -> None:
        """Take the parts."""
        self._desk = desk
        self._codes = codes
        self._roster = roster
        self._notices = notices
        self._showing = showing
        self._clock = clock

    async def carry_out(self, name: str, body: Mapping[str, Any]) -> Reply:
        """Return the reply. Raises ValueError with a sentence for a body that does not fit."""
        try:
            return await self._done(check_command(name, body))
        except (Refused, TooManyNotices) as problem:
            return {"status": "refused", "reason": str(problem), "body": {}}
        except OSError as problem:
            return {"status": "refused", "reason": f"the disk does not take it: {problem.strerror}", "body": {}}

    async def _done(self, command: Body) -> Reply:
        match command:
            case RatingSubmit():
                return await self._submit(command)
            case RosterSet():
                return self._shown(self._roster.publish(command))
            case NoticePublish():
                return self._shown(self._notices.publish(command, self._clock.stamp().wall))
            case NoticeWithdraw(notice=notice):
                if not self._notices.withdraw(notice):
                    raise Refused(f"no notice {notice!r} is shown here")
                return self._shown([])
            case _:
                raise ValueError(f"the rating terminal does not know {type(command).__name__}")

    def _shown(self, refused: list[str]) -> Reply:
        self._showing.changes.tell()
        return done({"refused": refused}, "; ".join(refused))

    async def _submit(self, submitted: RatingSubmit) -> Reply:
        known, expires = self._good(submitted)
        if submitted.level is None:
            return self._scanned(known, expires)
        offered = self._desk.policy.reasons.get(submitted.level, ())
        if len(submitted.reasons) > 1 or not set(submitted.reasons) <= set(offered):
            raise Refused("there is no such reason for this level; choose one at most")
        press = Pressed(submitted.level, "qr", self._desk.at, known.session, submitted.reasons)
        refusals = self._desk.take(press)
        if refusals:
            raise Refused(Fault.USED.value if known.outcome is not Outcome.UNANSWERED else Fault.EXPIRED.value)
        if not await self._desk.saved(known.session):
            raise Refused("not saved: the window's disk fails; try again in a moment")
        return done(self._page(known))

    def _good(self, submitted: RatingSubmit) -> tuple[Known, float]:
        """Return the service of a good code and when it expires. Raises Refused."""
        try:
            session, expires = self._codes.check(submitted.code, self._clock.stamp().wall.timestamp())
        except BadCode as problem:
            self._exclude(submitted, None, problem.fault)
            raise Refused(problem.fault.value) from problem
        known = self._desk.ledger.of_session(session)
        visit = self._desk.terminal.visit(session)
        if known is None or (visit is None and known.outcome is not Outcome.GIVEN):
            self._exclude(submitted, known, Fault.EXPIRED)
            raise Refused(Fault.EXPIRED.value)
        if visit is None or (submitted.level is None and visit.choice is not None):
            self._exclude(submitted, known, Fault.USED)
            raise Refused(Fault.USED.value)
        return known, expires

    def _exclude(self, submitted: RatingSubmit, known: Known | None, fault: Fault) -> None:
        if submitted.level is None:
            return  # somebody has only looked
        service = {"service": known.service, "clerk": known.clerk} if known else {}
        cause = "duplicate" if fault is Fault.USED else "outside_service"
        what = {
            "level": submitted.level,
            "source": "qr",
            "cause": cause,
            "evidence": f"rated by a phone; {fault.value}",
        }
        self._desk.exclude(service | what)

    def _scanned(self, known: Known, expires: float) -> Reply:
        left = expires - self._clock.stamp().wall.timestamp()
        if self._desk.take(Scanned(known.session, self._desk.at + left)):
            raise Refused(Fault.EXPIRED.value)
        return done(self._page(known))

    def _page(self, known: Known) -> dict[str, Any]:
        clerk = self._roster.find(known.clerk)
        state = self._showing.state()
        bad = {str(level): list(keys) for level, keys in self._desk.policy.reasons.items()}
        return {
            "window": known.window,
            "clerk": clerk.name or clerk.clerk,
            "number": clerk.number,
            "levels": list(self._desk.policy.levels),
            "reasons": state["reasons"],
            "reasons_of_level": bad,
        }


def done(body: Mapping[str, Any], reason: str = "") -> Reply:
    """Return the reply of what was carried out."""
    return {"status": "done", "reason": reason or None, "body": dict(body)}
