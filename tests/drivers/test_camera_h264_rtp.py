"""The depacketiser: what RFC 3550 and RFC 6184 say, and that no bytes can make it hang, grow or crash."""

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.camera.h264 import ParameterSets, Picture, Timeline
from drivers.camera.h264_rtp import Depacketiser, RtpError, RtpPacket, parse_rtp

sps, pps, idr, delta = b"\x67\x42\x00\x1e", b"\x68\xce\x38\x80", b"\x65\x88\x84", b"\x41\x9a\x00"
code = b"\x00\x00\x00\x01"


def packet(sequence: int, payload: bytes, *, marker: bool = False, timestamp: int = 0, ssrc: int = 1) -> RtpPacket:
    """Return a packet of our stream."""
    return RtpPacket(96, marker, sequence, timestamp, ssrc, payload)


def fragments(nal: bytes, size: int) -> list[bytes]:
    """Return a NAL unit as FU-A payloads."""
    parts = [nal[at : at + size] for at in range(1, len(nal), size)]
    return [
        bytes([nal[0] & 0xE0 | 28, nal[0] & 0x1F | (0x80 if i == 0 else 0) | (0x40 if i == len(parts) - 1 else 0)]) + p
        for i, p in enumerate(parts)
    ]


def test_header_extension_and_padding_are_not_payload() -> None:
    """RFC 3550 5.1 and 5.3.1: both are cut off."""
    raw = struct.pack("!BBHII", 0xB0, 0xE0, 7, 90, 5) + b"\xbe\xde\x00\x01abcd" + b"\x41zz" + b"\x00\x02"
    assert parse_rtp(raw) == RtpPacket(96, True, 7, 90, 5, b"\x41zz")


@pytest.mark.parametrize("raw", [b"", b"\x80" * 11, b"\x00" * 20, b"\x90" + b"\x00" * 12, b"\xa0" + b"\xff" * 12])
def test_broken_headers_are_refused(raw: bytes) -> None:
    """Too short, another version, an extension or a padding longer than the packet."""
    with pytest.raises(RtpError):
        parse_rtp(raw)


def test_marker_ends_a_picture() -> None:
    """Single units of one time stamp are one picture, complete at the marker."""
    box = Depacketiser()
    assert box.feed(packet(1, sps)) == []
    assert box.feed(packet(2, pps)) == []
    assert box.feed(packet(3, idr, marker=True)) == [Picture((sps, pps, idr), 0, whole=True)]


def test_a_new_time_ends_a_picture_without_marker() -> None:
    """Some cameras never set the marker."""
    box = Depacketiser()
    box.feed(packet(1, idr, timestamp=5))
    assert box.feed(packet(2, delta, timestamp=6)) == [Picture((idr,), 5, whole=True)]


def test_aggregated_units_come_apart() -> None:
    """STAP-A, RFC 6184 5.7.1."""
    joined = b"\x78" + b"".join(len(nal).to_bytes(2) + nal for nal in (sps, pps, idr))
    assert Depacketiser().feed(packet(1, joined, marker=True)) == [Picture((sps, pps, idr), 0, whole=True)]


@given(st.binary(min_size=3, max_size=4000), st.integers(1, 1400))
def test_fragments_come_together(body: bytes, size: int) -> None:
    """FU-A, RFC 6184 5.8: whatever the size of the parts."""
    nal, box = b"\x65" + body, Depacketiser()
    parts = fragments(nal, size)
    if len(parts) > 60_000:
        return
    done = [box.feed(packet(i, part, marker=i == len(parts) - 1)) for i, part in enumerate(parts)]
    assert done[-1] == [Picture((nal,), 0, whole=len(parts) > 0)]


def test_a_lost_packet_spoils_its_picture() -> None:
    """The gap in the numbers is seen although the fragments look complete."""
    box, parts = Depacketiser(), fragments(b"\x65" + bytes(3000), 1000)
    box.feed(packet(1, parts[0]))
    (picture,) = box.feed(packet(3, parts[2], marker=True))
    assert not picture.whole


def test_a_lost_end_spoils_both_neighbours() -> None:
    """Without the marker nobody knows on which side of the gap the packets were."""
    box = Depacketiser()
    box.feed(packet(1, idr, timestamp=1))
    pictures = box.feed(packet(4, delta, timestamp=2, marker=True))
    assert [picture.whole for picture in pictures] == [False, False]


def test_sequence_numbers_wrap() -> None:
    """65535 is followed by 0."""
    box = Depacketiser()
    box.feed(packet(65535, idr, marker=True))
    assert box.feed(packet(0, delta, timestamp=1, marker=True))[0].whole


def test_an_endless_picture_is_refused() -> None:
    """Memory stays bounded."""
    box = Depacketiser(largest=10_000)
    box.feed(packet(0, fragments(b"\x65" + bytes(5000), 1400)[0]))
    middle = b"\x7c\x05" + bytes(1400)
    for number in range(1, 7):
        box.feed(packet(number, middle))
    with pytest.raises(RtpError):
        box.feed(packet(7, middle))


@given(st.lists(st.binary(max_size=300), max_size=30))
def test_any_bytes_are_a_picture_or_an_error(raws: list[bytes]) -> None:
    """Nothing but RtpError leaves it, and what leaves is bounded."""
    box, sets = Depacketiser(largest=2000), ParameterSets()
    for raw in raws:
        try:
            pictures = box.feed(parse_rtp(raw))
        except RtpError:
            return
        for picture in pictures:
            assert sum(map(len, picture.nals)) <= 2000
            sets.take(picture)


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.booleans(), st.binary(max_size=40)), max_size=60))
def test_any_payloads_with_good_headers(steps: list[tuple[int, bool, bool, bytes]]) -> None:
    """The H.264 part alone, which random headers would rarely reach."""
    box, sets, sequence = Depacketiser(largest=500), ParameterSets(), 0
    for tick, marker, leap, payload in steps:
        sequence += 2 if leap else 1
        try:
            pictures = box.feed(packet(sequence, payload, marker=marker, timestamp=tick))
        except RtpError:
            return
        for picture in pictures:
            found = sets.take(picture)
            assert found is None or found[0].startswith(code)


def test_key_frames_carry_the_newest_sets() -> None:
    """From the description, and replaced by what comes in the stream; delimiters and filler are left out."""
    sets = ParameterSets((sps, pps))
    assert sets.take(Picture((b"\x09\xf0", idr, b"\x0c\xff"), 0, whole=True)) == (
        code + sps + code + pps + code + idr,
        True,
    )
    newer = b"\x67\x64\x00\x28"
    assert sets.take(Picture((newer, pps, idr), 1, whole=True)) == (code + newer + code + pps + code + idr, True)
    assert sets.take(Picture((delta,), 2, whole=True)) == (code + delta, False)


def test_after_loss_nothing_until_a_key_frame() -> None:
    """A picture that refers to a lost one would smear."""
    sets = ParameterSets((sps, pps))
    sets.take(Picture((idr,), 0, whole=True))
    assert sets.take(Picture((delta,), 1, whole=False)) is None
    assert sets.take(Picture((delta,), 2, whole=True)) is None
    assert sets.take(Picture((idr,), 3, whole=True)) is not None


def test_no_key_frame_without_sets() -> None:
    """A key frame that no decoder can open is none."""
    assert ParameterSets((sps,)).take(Picture((idr,), 0, whole=True)) is None


def test_time_wraps_without_a_step() -> None:
    """32 bits of RTP time end after 13 hours."""
    line = Timeline()
    assert [line.extend(stamp % 2**32, 0) for stamp in range(2**32 - 3600, 2**32 + 7200, 3600)] == [0, 3600, 7200]


def test_a_new_session_goes_on_by_the_arrival() -> None:
    """Its clock is another one: 2 s of arrival are 180000 ticks."""
    line = Timeline()
    line.extend(4_000_000, 0)
    line.new_session()
    assert line.extend(17, 2_000_000_000) == 180_000


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 10**12)), min_size=2, max_size=50))
def test_time_only_grows(steps: list[tuple[int, int]]) -> None:
    """Whatever a camera's clock does."""
    line, now, times = Timeline(), 0, []
    for stamp, wait in steps:
        now += wait
        times.append(line.extend(stamp, now))
    assert all(a < b for a, b in pairwise(times))
