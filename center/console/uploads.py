"""Clips on their way from the posts: each has a one-time token bound to device, size and SHA-256, and may resume."""

import asyncio
import hashlib
import hmac
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ulid import ULID

from center.console.records import ClipRecord, Records
from center.incidents import Incident

lifetime = timedelta(hours=24)
content_range = re.compile(r"bytes (?:(\d{1,15})-(\d{1,15})|\*)/(\d{1,15}|\*)")


class UploadError(Exception):
    """An upload that is not allowed; `status` is the HTTP status, the text a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        """Take both."""
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True, slots=True)
class Ticket:
    """Where a post may put one clip, once."""

    clip: str
    token: str


class Uploads:
    """The folder of clips: `{clip}.part` while it comes, `{clip}.mp4` when it is whole and right."""

    def __init__(self, records: Records, folder: Path, largest_bytes: int) -> None:
        """Make the folder if need be. Raises OSError when it cannot be made."""
        folder.mkdir(parents=True, exist_ok=True)
        self._records, self._folder, self._largest = records, folder, largest_bytes
        self._busy: set[str] = set()

    def ticket(self, incident: Incident) -> Ticket:
        """Return the right to upload an incident's clip. Raises UploadError when there is none, or it is too large."""
        clip = incident.clip
        if clip is None:
            raise UploadError(409, "the post has not saved a recording of this incident yet")
        if clip.bytes > self._largest:
            raise UploadError(413, f"the recording has {clip.bytes} bytes, more than the {self._largest} allowed here")
        ticket = Ticket(str(ULID()), secrets.token_urlsafe(32))
        until = datetime.now(UTC) + lifetime
        hashed = _hashed(ticket.token)
        self._records.add_clip(
            ClipRecord(ticket.clip, incident.device, incident.id, clip.bytes, clip.sha256, hashed, until, "waiting")
        )
        return ticket

    def allowed(self, clip: str, token: str) -> ClipRecord:
        """Return the clip that a token is for. Raises UploadError for any other, used or expired token."""
        record = self._records.clip(clip)
        if record is None or not hmac.compare_digest(record.token_sha256, _hashed(token)):
            raise UploadError(403, "this token is not for this clip, or was used already")
        if record.until < datetime.now(UTC):
            raise UploadError(403, "this token has expired; ask for the recording again")
        return record

    def have(self, clip: ClipRecord) -> int:
        """Return how many bytes of a clip are here."""
        part = self._part(clip)
        return part.stat().st_size if part.exists() else 0

    def progress(self, clip: ClipRecord) -> float:
        """Return which share of a clip is here, 0 to 1."""
        return 1.0 if clip.state == "stored" else self.have(clip) / max(clip.bytes, 1)

    async def put(self, clip: ClipRecord, header: str | None, body: AsyncIterator[bytes]) -> bool:
        """Append a piece; True when the clip is whole. Raises UploadError when the piece does not fit."""
        start, end = _range(header, clip.bytes)
        if start is None:
            return False  # a question how much is here, not a piece
        if clip.id in self._busy:
            raise UploadError(409, "another upload of this clip is going on")
        if start != self.have(clip):
            return False  # the caller answers where to go on
        self._busy.add(clip.id)
        try:
            await self._append(clip, end - start + 1, body)
            return self.have(clip) == clip.bytes and await self._finish(clip)
        finally:
            self._busy.discard(clip.id)

    def file(self, clip: ClipRecord) -> Path:
        """Return where a stored clip lies."""
        return self._folder / f"{clip.id}.mp4"

    async def _append(self, clip: ClipRecord, expected: int, body: AsyncIterator[bytes]) -> None:
        """Write as it comes, so that a broken connection loses nothing that arrived."""
        with self._part(clip).open("ab") as file:
            async for block in body:
                expected -= len(block)
                if expected < 0:
                    raise UploadError(400, "more bytes came than Content-Range names")
                await asyncio.to_thread(file.write, block)

    async def _finish(self, clip: ClipRecord) -> bool:
        part = self._part(clip)
        if await asyncio.to_thread(_sha256, part) != clip.sha256:
            part.unlink()
            raise UploadError(422, "the bytes are not those that the post announced (SHA-256); send all of it again")
        part.rename(self.file(clip))
        self._records.clip_stored(clip.id)
        return True

    def _part(self, clip: ClipRecord) -> Path:
        return self._folder / f"{clip.id}.part"


def _range(header: str | None, size: int) -> tuple[int | None, int]:
    """Return first and last byte; (None, 0) is the question `bytes */N`. Without a header it is the whole."""
    if header is None:
        return 0, size - 1
    match = content_range.fullmatch(header.strip())
    if match is None or match[3] not in ("*", str(size)):
        raise UploadError(400, f"Content-Range must be `bytes first-last/{size}` or `bytes */{size}`")
    if match[1] is None:
        return None, 0
    first, last = int(match[1]), int(match[2])
    if not first <= last < size:
        raise UploadError(400, f"Content-Range {header!r} is outside the {size} bytes of this clip")
    return first, last


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
