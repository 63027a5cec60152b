"""The session description of a camera: which track is the picture, and how it is packed (RFC 8866, RFC 6184); pure."""

import base64
import binascii
import re
from dataclasses import dataclass
from urllib.parse import urljoin


class SdpError(ValueError):
    """The description cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """The first H.264 track: where to set it up, its payload type, and the parameter sets that came ahead."""

    url: str
    payload_type: int
    parameter_sets: tuple[bytes, ...]


def video_track(text: str, base: str) -> VideoTrack:
    """Find the H.264 track. Raises SdpError, naming what the camera sends instead."""
    session, *media = re.split(r"(?m)^(?=m=)", text.replace("\r\n", "\n"))
    names = []
    for part in media:
        if part.startswith("m=video"):
            track = _track(part, _control(session, base, ""))
            if track:
                return track
            names += re.findall(r"(?m)^a=rtpmap:\d+ ([\w.-]+)/", part)
    raise SdpError(f"the camera sends {', '.join(names) or 'no video'}, not H.264; choose H.264 in its settings")


def _track(part: str, base: str) -> VideoTrack | None:
    found = re.search(r"(?mi)^a=rtpmap:(\d{1,3}) H264/90000", part)
    if not found or int(found[1]) > 127:
        return None
    return VideoTrack(_control(part, base, base), int(found[1]), _parameter_sets(part, found[1]))


def _control(part: str, base: str, otherwise: str) -> str:
    found = re.search(r"(?m)^a=control:(\S+)", part)
    if not found or found[1] == "*":
        return otherwise or base
    if re.match(r"(?i)rtsp://", found[1]):
        return found[1]
    # RFC 2326 C.1.1 asks for URL joining; urljoin knows no rtsp base with a query, and cameras mean "append".
    return urljoin(base, found[1]) if base.endswith("/") else f"{base}/{found[1]}"


def _parameter_sets(part: str, payload_type: str) -> tuple[bytes, ...]:
    found = re.search(rf"(?m)^a=fmtp:{payload_type} .*?sprop-parameter-sets=([^;\s]+)", part)
    if not found:
        return ()
    try:
        return tuple(base64.b64decode(coded, validate=True) for coded in found[1].split(",") if coded)
    except binascii.Error as problem:
        raise SdpError("the camera's parameter sets are not base64") from problem
