"""The self-test of loudspeaker and microphone: played through the mixer, heard through the ear, judged in self_test.py.

It never gets in the way: an incident or a prompt ends it at once, and what was cut short, or torn because the post was held
up, is no fault.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Literal, Protocol

from drivers.audio import BLOCK_SECONDS
from edge.words import Words
from media import self_test
from media.announcements import LOCALE
from media.desk import Refused
from media.ear import Listener
from media.mixer import Announcement
from media.self_test import Finding, Judgement
from media.sound_faults import SoundFaults

log = logging.getLogger(__name__)
Sleep = Callable[[float], Awaitable[None]]

NAME = "self_test"
AMPLITUDES = (0.1, 0.2, 0.4)
"""As loud as a prompt (-23 dB), then twice and four times that: wind and traffic pass, a dead loudspeaker does not."""

LONGEST_SECONDS = 7.0
SETTLING_BLOCKS = 5
"""Thrown away: a sound card that has just been opened clicks."""

TRY_SECONDS = self_test.HEARD_BLOCKS * BLOCK_SECONDS + 0.2
FINAL = frozenset({Finding.PASSED, Finding.DEAD})
MOST_RETRIES = 3
"""A test that has come to nothing so often more waits for the next day: a broken or overloaded post must not sing to the
street all night."""

NO_SOUND = "the microphone gave no sound in time"
TORN_SECONDS = 0.1
"""A pause between two heard blocks (of 20 ms) that moves one note of the melody onto the next."""

BUSY = "the post was too busy to play and hear the melody whole"


class Ear(Protocol):
    """What listens (`media.ear.Ear`)."""

    @property
    def fault(self) -> str | None:
        """Tell why nothing is heard, or None."""
        ...

    def want(self, reason: str, *, on: bool) -> None:
        """Whether there is this reason to listen."""
        ...

    def add(self, listener: Listener) -> None:
        """Call this with each block."""
        ...

    def remove(self, listener: Listener) -> None:
        """Stop calling it."""
        ...


class Playout(Protocol):
    """What plays (`media.playout.Playout`)."""

    @property
    def busy(self) -> bool:
        """Whether anything plays or waits."""
        ...

    @property
    def fault(self) -> str | None:
        """Tell why nothing can be heard, or None."""
        ...

    @property
    def late(self) -> int:
        """How often a block came too late to the loudspeaker, so that a gap may be heard."""
        ...

    def announce(self, prompt: Announcement) -> None:
        """Play this after what waits."""
        ...

    def withdraw(self, name: str) -> None:
        """Do not play this any further."""
        ...


@dataclass(frozen=True)
class Result:
    """What came of a whole self-test, as the centre and the technician read it; levels in dB of full scale."""

    result: Literal["passed", "failed", "interrupted"]
    part: str | None = None
    reason: str | None = None
    level_db: float | None = None
    delay_seconds: float | None = None
    tones_hz: tuple[float, ...] = ()
    tries: int = 0
    seconds: float = 0.0

    def told(self) -> dict[str, Any]:
        """Return the result as JSON."""
        return {**asdict(self), "tones_hz": list(self.tones_hz)}


class Interrupted(Exception):
    """Something more important came; the text says what."""


class Recording:
    """What the microphone hears during one test, until somebody ends it."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.blocks: list[bytes] = []
        self._now = now
        self._came_at: list[float] = []
        self._came = asyncio.Event()
        self._ended: str | None = None

    def heard(self, block: bytes, _at_ns: int) -> None:
        """One more block."""
        self.blocks.append(block)
        self._came_at.append(self._now())
        self._came.set()

    def longest_pause(self, begin: int, end: int) -> float:
        """Return the longest time in seconds between two of these blocks."""
        times = self._came_at[begin:end]
        return max((later - earlier for earlier, later in pairwise(times)), default=0.0)

    def end(self, why: str) -> None:
        """Let whoever waits go."""
        self._ended = why
        self._came.set()

    async def upto(self, count: int) -> None:
        """Wait until this many blocks were heard. Raises Interrupted."""
        while True:
            if self._ended is not None:
                raise Interrupted(self._ended)
            if len(self.blocks) >= count:
                return
            self._came.clear()
            await self._came.wait()


class SoundTest:
    """At most one test at a time, and none while the post is needed for anything else."""

    def __init__(
        self,
        ear: Ear,
        playout: Playout,
        faults: SoundFaults,
        hindrance: Callable[[], str | None],
        quietest_dbfs: float,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`hindrance` says why there may be no test now, or None; what is heard below `quietest_dbfs` fails."""
        self._now = now
        self._ear = ear
        self._playout = playout
        self._faults = faults
        self._hindrance = hindrance
        self._quietest_dbfs = quietest_dbfs
        self._words = Words.load(LOCALE, "media").both("Self-test of the sound")
        self._recording: Recording | None = None

    def interrupt(self, why: str) -> None:
        """End a running test at once; its sound is not played any further."""
        if self._recording is not None:
            self._recording.end(why)
            self._playout.withdraw(NAME)

    async def run(self, asked_by: str) -> Result:
        """Test, within seven seconds. Raises Refused when it may not be now."""
        self._check()
        began = self._now()
        result = await self._result(asked_by)
        log.info("self-test of the sound: %s%s", result.result, f": {result.reason}" if result.reason else "")
        return Result(**{**asdict(result), "seconds": round(self._now() - began, 1)})

    def _check(self) -> None:
        why = self._hindrance()
        if why is None and self._recording is not None:
            why = "a self-test is running already"
        if why is None and self._playout.busy:
            why = "the loudspeaker is speaking"
        if why is not None:
            raise Refused(why)

    async def _result(self, asked_by: str) -> Result:
        if (fault := self._playout.fault) is not None:
            self._faults.driver("speaker", fault)  # at once, so that result and fault say the same
            return Result("failed", "speaker", fault)
        recording = self._recording = Recording(self._now)
        try:
            return await self._listening(recording, asked_by)
        except Interrupted as problem:
            return Result("interrupted", reason=str(problem))
        finally:
            self._recording = None
            self._playout.withdraw(NAME)

    async def _listening(self, recording: Recording, asked_by: str) -> Result:
        log.info("self-test of the sound, asked for by %.80r: the microphone opens for it", asked_by)
        self._ear.add(recording.heard)
        self._ear.want(NAME, on=True)
        try:
            async with asyncio.timeout(LONGEST_SECONDS) as limit:
                return await self._tried(recording, limit.when() or 0.0)
        except TimeoutError:
            return self._unheard()
        finally:
            self._ear.want(NAME, on=False)
            self._ear.remove(recording.heard)
            log.info("self-test of the sound: it needs the microphone no longer")

    async def _tried(self, recording: Recording, end: float) -> Result:
        """Try until it passes, as often as there is time for a whole try before `end` (the loop's clock)."""
        await recording.upto(SETTLING_BLOCKS + self_test.BEFORE_BLOCKS)
        before = b"".join(recording.blocks[SETTLING_BLOCKS:])
        pause = max(TORN_SECONDS, 2 * recording.longest_pause(SETTLING_BLOCKS, len(recording.blocks)))
        judged, tries = None, 0
        for amplitude in AMPLITUDES:
            tries += 1
            judgement, torn = await self._one(recording, before, amplitude, pause)
            if judgement.finding in FINAL or not torn:
                judged = judgement
            if judgement.finding in FINAL or asyncio.get_running_loop().time() + TRY_SECONDS > end:
                break
        if judged is None:
            raise Interrupted(BUSY)
        return self._concluded(judged, tries)

    async def _one(self, recording: Recording, before: bytes, amplitude: float, pause: float) -> tuple[Judgement, bool]:
        """Play and judge; and whether the melody was torn on its way, so that not to hear it proves nothing."""
        begun, late = len(recording.blocks), self._playout.late
        self._playout.announce(Announcement(NAME, self._words, self_test.melody(amplitude)))
        end = begun + self_test.HEARD_BLOCKS
        await recording.upto(end)
        torn = self._playout.late > late or recording.longest_pause(begun - 1, end) > pause
        return self_test.judge(before, b"".join(recording.blocks[begun:end]), self._quietest_dbfs), torn

    def _concluded(self, judgement: Judgement, tries: int) -> Result:
        part, reason = judgement.faulty_part, judgement.reason
        self._faults.self_test("microphone", reason if part == "microphone" else None)
        if part != "microphone":  # a dead microphone says nothing about the loudspeaker
            self._faults.self_test("speaker", reason)
        level = None if judgement.level_db is None else round(judgement.level_db, 1)
        tones = () if level is None else self_test.TONES_HZ
        outcome: Literal["passed", "failed"] = "passed" if part is None else "failed"
        return Result(outcome, part, reason, level, judgement.delay_seconds, tones, tries)

    def _unheard(self) -> Result:
        """No sound, or not enough of it: the microphone did not open, or stopped giving any."""
        reason = self._ear.fault or NO_SOUND
        self._faults.self_test("microphone", reason)
        return Result("failed", "microphone", reason)


@dataclass(frozen=True)
class Rhythm:
    """How often a post tests itself."""

    every_seconds: float
    retry_seconds: float


async def by_itself(test: Callable[[], Awaitable[Result]], rhythm: Rhythm, sleep: Sleep = asyncio.sleep) -> None:
    """Test until cancelled; a test that could not be is made up for, one that failed or was torn is repeated a few times.

    The first one comes after `retry_seconds` and not at once: a program that keeps dying must not beep each time.
    """
    failures, wait = 0, rhythm.retry_seconds
    while True:
        await sleep(wait)
        outcome = await _outcome(test)
        failures = failures + 1 if outcome in {"failed", BUSY} else 0
        soon = outcome in {"postponed", "interrupted"} or 0 < failures <= MOST_RETRIES
        wait = rhythm.retry_seconds if soon else rhythm.every_seconds
        failures %= MOST_RETRIES + 1


async def _outcome(test: Callable[[], Awaitable[Result]]) -> str:
    try:
        result = await test()
    except Refused as problem:
        log.info("self-test of the sound postponed: %s", problem)
        return "postponed"
    return BUSY if result.reason == BUSY else result.result
