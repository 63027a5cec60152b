"""The clips of this post: one for each incident, from before the press until it is closed, across restarts.

While an incident is open its pictures go into `{incident}.{n}.{before}.part.mp4`, a part for each life of this
program, with the milliseconds that it shows before the press. Afterwards the parts become `{incident}.mp4`, described by `{incident}.json`; a power cut costs the last GOP at the most.
"""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from drivers.camera import AccessUnit
from edge.faults import Faults
from media import clip_files
from media.clip_files import Saved
from media.recorder import Clip

log = logging.getLogger(__name__)
Record = Callable[[str, Mapping[str, Any]], object]
Ring = Callable[[], Sequence[AccessUnit]]
WAIT_FOR_PANIC_SECONDS = 10.0
"""How long parts of an earlier life wait for panic to say that their incident is still open."""

MOST_WAITING = 1000
"""Pictures and blocks of sound that wait for a slow disk, some ten seconds; more are left out of the clip."""

Piece = AccessUnit | tuple[bytes, int]
NAME = re.compile(r"^[0-9A-Za-z-]{1,64}$")


@dataclass(frozen=True)
class Plan:
    """Where clips lie and how much they may hold."""

    folder: Path
    before_seconds: float
    most_seconds: float
    most_bytes: int
    sound: bool = True


class Clips:
    """The folder of clips and the one being recorded."""

    def __init__(self, plan: Plan, ring: Ring, record: Record, faults: Faults) -> None:
        plan.folder.mkdir(parents=True, exist_ok=True)
        self._plan = plan
        self._ring = ring
        self._record = record
        self._faults = faults
        self._incident: str | None = None
        self._events: asyncio.Queue[Piece | None] = asyncio.Queue()
        self._recording: asyncio.Task[None] | None = None
        self._finishing: set[asyncio.Task[None]] = set()
        self._joining: set[str] = set()

    @property
    def recording(self) -> str | None:
        """The incident that is being recorded, if there is one."""
        return self._incident

    def path(self, incident: str) -> Path:
        """Return where the finished clip of an incident lies."""
        return self._plan.folder / f"{incident}.mp4"

    def find(self, incident: str) -> Saved | None:
        """Return what is known of the finished clip of an incident."""
        return clip_files.described(self.path(incident)) if NAME.match(incident) else None

    def begin(self, incident: str) -> None:
        """Record from before now; an incident that has its clip already gets no second one."""
        if not NAME.match(incident) or self.find(incident) is not None:
            return
        self.end()
        earlier = self._parts(incident)
        # A part of an earlier life shows the time before the press already; the ring would show it twice.
        pre = [] if earlier else self._pictures_before()
        before = (time.monotonic_ns() - pre[0].arrived_ns) // 1_000_000 if pre else 0
        part = self._plan.folder / f"{incident}.{len(earlier)}.{before}.part.mp4"
        self._incident, self._events = incident, asyncio.Queue(MOST_WAITING)
        self._recording = self._start(self._write(part, pre, self._events))

    def put(self, unit: AccessUnit) -> None:
        """Take one more picture."""
        self._take(unit)

    def add_audio(self, block: bytes, at_ns: int) -> None:
        """Take one more block of the microphone."""
        self._take((block, at_ns))

    def end(self) -> None:
        """Finish the clip, in a thread, and tell: the incident is over."""
        incident, self._incident = self._incident, None
        if incident is not None and self._recording is not None:
            self._stop()
            self._start(self._finish(incident, self._recording))

    async def run(self) -> None:
        """Once after a start, finish the clips of incidents that are not open any more."""
        await asyncio.sleep(WAIT_FOR_PANIC_SECONDS)
        for incident in {part.name.split(".")[0] for part in self._plan.folder.glob("*.part.mp4")}:
            if incident != self._incident:
                self._start(self._finish(incident, None))

    async def close(self) -> None:
        """Stop recording but leave the parts: the program may be back while the incident is still open."""
        if self._incident is not None:
            self._stop()
        await asyncio.gather(*self._finishing)

    def _take(self, piece: Piece) -> None:
        if self._incident is None:
            return
        if self._events.qsize() < MOST_WAITING - 1:
            self._events.put_nowait(piece)
        else:
            self._faults.set("clip", "the disk is too slow for the clip")

    def _stop(self) -> None:
        # _take leaves one place free for this.
        self._events.put_nowait(None)

    async def _write(self, part: Path, pre: Sequence[AccessUnit], pieces: "asyncio.Queue[Piece | None]") -> None:
        """Write one part until it ends; a disk that fails is a fault, and the part ends where it failed."""
        try:
            longest = self._plan.most_seconds
            clip = await Clip.start(part, pre, sound=self._plan.sound, longest_seconds=longest)
        except OSError as problem:
            self._faults.set("clip", str(problem))
            return
        try:
            while (piece := await pieces.get()) is not None:
                await (clip.put(piece) if isinstance(piece, AccessUnit) else clip.add_audio(*piece))
        except OSError as problem:
            self._faults.set("clip", str(problem))
        await self._complete(clip)

    async def _complete(self, clip: Clip) -> None:
        try:
            await clip.finish()
        except (OSError, ValueError) as problem:
            # ValueError: there was not one picture, the camera's own fault says why.
            log.warning("a part of a clip was not completed: %s", problem)

    async def _finish(self, incident: str, recording: "asyncio.Task[None] | None") -> None:
        # An incident that is closed while run() still waits for panic is found by both.
        if incident in self._joining:
            return
        self._joining.add(incident)
        try:
            await self._join(incident, recording)
        finally:
            self._joining.discard(incident)

    async def _join(self, incident: str, recording: "asyncio.Task[None] | None") -> None:
        if recording is not None:
            await recording
        parts = self._parts(incident)
        if not parts:
            return
        before = int(parts[0].name.split(".")[2]) / 1000
        try:
            saved = await asyncio.to_thread(clip_files.finish, incident, parts, self.path(incident), before)
            gone = await asyncio.to_thread(clip_files.prune, self._plan.folder, self._plan.most_bytes)
        except OSError as problem:
            self._faults.set("clip", f"the clip cannot be finished: {problem.strerror or problem}")
            return
        self._faults.set("clip", None)
        self._record("media.clip_saved", asdict(saved))
        log.info("clips deleted for room: %s", gone or "none")

    def _start(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.ensure_future(work)
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)
        return task

    def _parts(self, incident: str) -> list[Path]:
        found = self._plan.folder.glob(f"{incident}.*.part.mp4")
        return sorted(found, key=lambda path: int(path.name.split(".")[1]))

    def _pictures_before(self) -> list[AccessUnit]:
        """Return the ring's pictures of the last seconds, beginning with a key frame."""
        oldest = time.monotonic_ns() - round(self._plan.before_seconds * 1e9)
        recent = [unit for unit in self._ring() if unit.arrived_ns >= oldest]
        first = next((index for index, unit in enumerate(recent) if unit.key), len(recent))
        return recent[first:]
