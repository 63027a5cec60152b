"""A quarter as its pages, exports and rankings show it: the stored ratings, judged by the settings."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from center import cases
from center.anomalies import Anomaly, Limits, find
from center.cases import Case, Rating, Step, call_back_scores
from center.console.rating_facts import RatingFacts
from center.console.rating_records import RatingRecords
from center.console.settings import ConsoleSettings
from rating_terminal.evaluation import (
    Composite,
    Count,
    Entry,
    Quarter,
    Ranking,
    Tally,
    composite,
    grouped,
    named_often,
    rank,
    rating_score,
    tally,
)

no_unit = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table: a unit, a window or a clerk of a unit, with what its ratings say."""

    unit: str
    name: str
    tally: Tally
    judged: Composite
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """One quarter. `warned` and `praised` name who was last or best in several quarters of its year."""

    quarter: Quarter
    total: Tally
    units: tuple[Line, ...]
    windows: tuple[Line, ...]
    clerks: tuple[Line, ...]
    ranking: Ranking
    warned: Mapping[str, tuple[Quarter, ...]]
    praised: Mapping[str, tuple[Quarter, ...]]

    def unit(self, name: str) -> Line | None:
        """Return the line of a unit, or None."""
        return next((line for line in self.units if line.name == name), None)


class Reports:
    """Makes reports. All raise sqlite3.Error when the stored ratings cannot be read."""

    def __init__(self, settings: ConsoleSettings, facts: RatingFacts, records: RatingRecords) -> None:
        """Remember who belongs to which unit."""
        self._settings, self._facts, self._records = settings, facts, records
        self._owners = {window: name for name, unit in settings.units.items() for window in unit.windows}
        self.zone = ZoneInfo(settings.time_zone)

    def unit_of(self, window: str) -> str:
        """Return the unit of a window; `no_unit` when the settings name none."""
        return self._owners.get(window, no_unit)

    def now(self) -> Quarter:
        """Return the quarter that goes on."""
        return Quarter.of(datetime.now(self.zone).date())

    async def quarters(self) -> list[Quarter]:
        """Return every quarter since the first rating, newest first."""
        first = await self._facts.first()
        newest = self.now()
        oldest, found = Quarter.of(first.date()) if first else newest, [newest]
        while found[-1] > oldest and len(found) < 60:
            found.append(found[-1].before)
        return found

    async def of(self, quarter: Quarter) -> Report:
        """Return the report of a quarter."""
        counts = await self._facts.counts(quarter)
        rankings = {quarter: await self._ranking(quarter, counts)}
        for number in range(1, quarter.number):
            earlier = Quarter(quarter.year, number)
            rankings[earlier] = await self._ranking(earlier)
        ranking, judged = rankings[quarter][0], rankings[quarter][1]
        return Report(
            quarter=quarter,
            total=tally(counts),
            units=self._units(counts, judged, ranking),
            windows=self._lines(counts, by_clerk=False),
            clerks=self._lines([one for one in counts if one.clerk], by_clerk=True),
            ranking=ranking,
            warned=named_often({one: found[0].last for one, found in rankings.items()}, quarter.year),
            praised=named_often({one: found[0].best for one, found in rankings.items()}, quarter.year),
        )

    async def trend(self, unit: str, quarter: Quarter, length: int = 4) -> list[tuple[Quarter, Tally]]:
        """Return a unit's last quarters, oldest first."""
        found: list[tuple[Quarter, Tally]] = []
        for _ in range(length):
            counts = await self._facts.counts(quarter)
            found.append((quarter, tally(one for one in counts if self.unit_of(one.window) == unit)))
            quarter = quarter.before
        return found[::-1]

    async def cases(self, quarter: Quarter) -> list[Case]:
        """Return the cases that ratings of a quarter have opened, newest first."""
        steps = self._records.steps()
        return [self._case(rating, steps) for rating in await self._facts.bad(quarter)]

    async def case(self, device: str, event: str) -> Case | None:
        """Return one case, or None."""
        rating = await self._facts.rating(device, event)
        return self._case(rating, self._records.steps()) if rating else None

    async def anomalies(self, quarter: Quarter) -> list[Anomaly]:
        """Return what deserves a look in a quarter."""
        presses = await self._facts.presses(quarter)
        # Tens of thousands of events: on another thread, so that an alarm reaches the board meanwhile.
        return await asyncio.to_thread(find, presses, self.unit_of, Limits())

    def _case(self, rating: Rating, steps: Mapping[tuple[str, str], Sequence[Step]]) -> Case:
        done = steps.get((rating.device, rating.event), ())
        return cases.opened(rating, self._settings.ratings.case_working_days, self.zone, done)

    async def _ranking(
        self, quarter: Quarter, counts: list[Count] | None = None
    ) -> tuple[Ranking, dict[str, Composite]]:
        """Rank the units of a quarter; windows without a unit are shown, but cannot be ranked."""
        counts = counts if counts is not None else await self._facts.counts(quarter)
        called = call_back_scores(await self.cases(quarter), lambda case: self.unit_of(case.rating.place))
        entered = self._records.scores(str(quarter))
        tallies = {name: Tally() for name in self._settings.units} | grouped(
            counts, lambda one: self.unit_of(one.window)
        )
        judged: dict[str, Composite] = {}
        for name, total in tallies.items():
            own = {"call_back": called[name]} if name in called else {}
            judged[name] = self._judged(total, own | dict(entered.get(name, {})))
        named = [Entry(name, tallies[name].given, judged[name].score) for name in self._settings.units]
        return rank(named, self._settings.ratings.fewest), judged

    def _judged(self, total: Tally, others: Mapping[str, float]) -> Composite:
        least, own = self._settings.ratings.satisfied_from, dict(others)
        if (score := rating_score(total, least)) is not None:
            own["rating"] = score
        return composite(own, self._settings.ratings.weights.model_dump())

    def _units(self, counts: list[Count], judged: Mapping[str, Composite], ranking: Ranking) -> tuple[Line, ...]:
        tallies = grouped(counts, lambda one: self.unit_of(one.window))
        lines = [Line(name, name, tallies.get(name, Tally()), judged[name], ranking.place(name)) for name in judged]
        return tuple(
            sorted(lines, key=lambda line: (line.place is None, line.place or 0, line.name == no_unit, line.name))
        )

    def _lines(self, counts: list[Count], *, by_clerk: bool) -> tuple[Line, ...]:
        def key(one: Count) -> tuple[str, str]:
            return self.unit_of(one.window), one.clerk if by_clerk else one.window

        # Spot checks and the like are made for units; of windows and clerks there are only their ratings.
        return tuple(
            Line(unit, name, total, self._judged(total, {}))
            for (unit, name), total in sorted(grouped(counts, key).items())
        )
