"""NAL units in, pictures that can be decoded out, on one time line (ITU-T H.264 annex B and section 7.4.1.2); pure."""

from dataclasses import dataclass

start_code = b"\x00\x00\x00\x01"
longest_jump = 10 * 90_000  # 90 kHz ticks; what differs more is another clock, not a gap
ns_per_second = 1_000_000_000

idr, sei, sps, pps, delimiter, end_of_sequence, end_of_stream, filler = 5, 6, 7, 8, 9, 10, 11, 12
without_pictures = frozenset({delimiter, end_of_sequence, end_of_stream, filler})
_short_start_code = b"\x00\x00\x01"


@dataclass(frozen=True, slots=True)
class Picture:
    """The NAL units of one time stamp; `whole` says that none of its packets was lost."""

    nals: tuple[bytes, ...]
    timestamp: int
    whole: bool


def nal_units(data: bytes) -> tuple[bytes, ...]:
    """Take Annex B bytes apart; what stands before the first start code is no unit."""
    # The zeros of a longer start code and zeros at the end belong to no unit: a unit never ends with one.
    return tuple(nal for part in data.split(_short_start_code)[1:] if (nal := part.rstrip(b"\x00")))


class ParameterSets:
    """Keeps the newest SPS and PPS, puts them in front of key frames, and holds back what cannot be decoded."""

    def __init__(self, known: tuple[bytes, ...] = ()) -> None:
        self._newest: dict[int, bytes] = {}
        self._waiting = True
        for nal in known:
            self._learn(nal)

    def take(self, picture: Picture) -> tuple[bytes, bool] | None:
        """Return Annex B bytes and whether it is a key frame; None while pictures cannot be decoded."""
        if not picture.whole:
            self._waiting = True
            return None
        for nal in picture.nals:
            self._learn(nal)
        key = any(nal[0] & 0x1F == idr for nal in picture.nals)
        body = [nal for nal in picture.nals if not self._is_set(nal) and nal[0] & 0x1F not in without_pictures]
        if not body or not self._decodable(key=key):
            return None
        return b"".join(start_code + nal for nal in (*self._front(key=key), *body)), key

    def _decodable(self, *, key: bool) -> bool:
        if key:
            self._waiting = len(self._newest) < 2
        return not self._waiting

    def _front(self, *, key: bool) -> tuple[bytes, ...]:
        return (self._newest[sps], self._newest[pps]) if key else ()

    def _learn(self, nal: bytes) -> None:
        if nal and self._is_set(nal):
            self._newest[nal[0] & 0x1F] = nal

    @staticmethod
    def _is_set(nal: bytes) -> bool:
        return nal[0] & 0x1F in {sps, pps}


class Timeline:
    """Turns 32-bit RTP time into one that only grows; over a new clock the arrival times bridge the gap."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._timestamp = 0
        self._arrived_ns = 0
        self._same_clock = False

    def new_session(self) -> None:
        """The next time stamp belongs to another clock."""
        self._same_clock = False

    def extend(self, timestamp: int, arrived_ns: int) -> int:
        """Return the time of a picture in 90 kHz, greater than all before."""
        step = (timestamp - self._timestamp + 0x8000_0000) % 0x1_0000_0000 - 0x8000_0000
        if not self._same_clock or abs(step) > longest_jump:
            step = (arrived_ns - self._arrived_ns) * 90_000 // ns_per_second
        self._last = 0 if self._last is None else self._last + max(1, step)
        self._timestamp, self._arrived_ns, self._same_clock = timestamp, arrived_ns, True
        return self._last
