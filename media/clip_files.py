"""The files of clips: parts become one MP4, which is measured, described beside it, and pruned by age (PyAV)."""

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer, OutputContainer
from av.stream import Stream

log = logging.getLogger(__name__)
OPTIONS = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}


@dataclass(frozen=True)
class Saved:
    """What `media.clip_saved` says, and what the file beside the clip holds."""

    incident: str
    clip: str
    seconds: float
    before_seconds: float
    bytes: int
    sha256: str


def finish(incident: str, parts: Sequence[Path], path: Path, before_seconds: float) -> Saved:
    """Make one clip of its parts and describe it. Raises OSError (av.FFmpegError is one) when no part can be read."""
    seconds = rename(parts[0], path) if len(parts) == 1 else join(parts, path)
    saved = Saved(incident, path.name, seconds, min(before_seconds, seconds), path.stat().st_size, sha256_of(path))
    whole = path.with_suffix(".tmp")
    whole.write_text(json.dumps(asdict(saved)), encoding="utf-8")
    whole.replace(path.with_suffix(".json"))
    for part in parts:
        part.unlink(missing_ok=True)
    return saved


def rename(part: Path, path: Path) -> float:
    """Let the only part be the clip; the seconds that it plays. Raises OSError when it cannot be read."""
    with av.open(str(part)) as source:
        seconds = max(
            (
                float((packet.pts + (packet.duration or 0)) * packet.time_base)
                for packet in source.demux()
                if packet.pts is not None and packet.time_base is not None
            ),
            default=0.0,
        )
    part.rename(path)
    return seconds


def join(parts: Sequence[Path], path: Path) -> float:
    """Write the packets of all parts into one file, one part after the other; the seconds that it plays."""
    ended = Fraction(0)
    with av.open(str(path), "w", format="mp4", options=OPTIONS) as out:
        streams: dict[str, Stream] = {}
        for part in parts:
            try:
                with av.open(str(part)) as source:
                    ended = _append(source, out, streams, ended)
            except av.FFmpegError as problem:
                # A power cut in its first second leaves a part without one whole fragment: nothing to keep in it.
                log.warning("%s holds nothing that can be read: %s", part, problem)
    if ended == 0:
        path.unlink()
        raise OSError(f"no part of {path.name} can be read")
    return float(ended)


def _append(source: InputContainer, out: OutputContainer, streams: dict[str, Stream], begin: Fraction) -> Fraction:
    """Copy one part's packets behind what is there; where it ends now, in seconds."""
    if not streams:
        for stream in source.streams:
            streams[stream.type] = out.add_stream_from_template(stream)
    ended = begin
    for packet in source.demux():
        into = streams.get(packet.stream.type)
        if into is None or packet.dts is None or packet.pts is None or packet.time_base is None:
            continue
        base = Fraction(packet.time_base)
        shift = round(begin / base)
        packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
        ended = max(ended, (packet.pts + (packet.duration or 0)) * base)
        packet.stream = into
        out.mux(packet)
    return ended


def sha256_of(path: Path) -> str:
    """Return the file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def described(path: Path) -> Saved | None:
    """Return what lies beside a finished clip, or None for one that is missing or not finished."""
    try:
        return Saved(**json.loads(path.with_suffix(".json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def prune(folder: Path, most_bytes: int) -> list[str]:
    """Delete the oldest finished clips until the rest fits; the incidents whose clip is gone."""
    clips = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
    sizes = {path: path.with_suffix(".mp4").stat().st_size for path in clips if path.with_suffix(".mp4").exists()}
    gone: list[str] = []
    while sizes and sum(sizes.values()) > most_bytes:
        oldest = next(iter(sizes))
        del sizes[oldest]
        oldest.with_suffix(".mp4").unlink()
        oldest.unlink()
        gone.append(oldest.stem)
    return gone
