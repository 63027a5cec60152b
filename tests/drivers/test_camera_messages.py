"""RTSP messages, logins and descriptions: the standards' own examples, and hostile text."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.camera import digest
from drivers.camera.digest import Challenge, Login
from drivers.camera.rtsp_messages import (
    Reply,
    Request,
    RtspError,
    asks_key_frame,
    channels,
    parse_head,
    rtcp,
    session,
    write_reply,
    write_request,
)
from drivers.camera.sdp import SdpError, VideoTrack, video_track

mufasa = Login("Mufasa", "Circle of Life")


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_digest_as_in_rfc_7616(algorithm: str, expected: str) -> None:
    """The example of RFC 7616 section 3.9.1."""
    asked = f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    challenge = digest.parse(asked)
    assert challenge is not None
    cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    text = digest.authorization(challenge, mufasa, "GET", "/dir/index.html", count=1, cnonce=cnonce)
    assert f'response="{expected}"' in text
    assert "nc=00000001" in text


def test_digest_as_in_rfc_2069() -> None:
    """Without qop, as most cameras still do (RFC 2069 with its erratum)."""
    challenge = Challenge("digest", "testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093")
    answer = digest.response(challenge, Login("Mufasa", "CircleOfLife"), "GET", "/dir/index.html", {})
    assert answer == "1949323746fe6a43ef61f9606e7febea"


def test_basic_as_in_rfc_7617() -> None:
    """Aladdin's open sesame."""
    challenge = Challenge("basic", "x")
    assert digest.authorization(challenge, Login("Aladdin", "open sesame"), "GET", "/", count=1, cnonce="") == (
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    )


def test_the_strongest_challenge_is_answered() -> None:
    """SHA-256 before MD5 before Basic; what we do not know is passed over."""
    fields = ['Basic realm="a"', 'Digest realm="a", nonce="n"', 'Digest realm="a", nonce="n", algorithm=SHA-256']
    assert digest.choose(fields) == Challenge("digest", "a", "n", "SHA-256")
    assert digest.choose(fields[:2]) == Challenge("digest", "a", "n", "MD5")
    assert digest.choose(["Negotiate abc", 'Digest realm="a", nonce="n", algorithm=SHA-512-256']) is None


@given(st.text(max_size=300))
def test_any_challenge_is_read_or_passed_over(text: str) -> None:
    """Nothing is raised for strange challenges."""
    digest.parse(text)
    digest.parse("Digest " + text)


def test_messages_come_back_as_written() -> None:
    """Our own writing is our own reading."""
    asked = parse_head(write_request("SETUP", "rtsp://a/b", 3, {"Transport": "x"}))
    assert isinstance(asked, Request)
    assert (asked.method, asked.headers.get("cseq"), asked.headers.get("TRANSPORT")) == ("SETUP", "3", "x")
    said = parse_head(write_reply(461, "Unsupported Transport", 3, {}, b"body")[:-4])
    assert isinstance(said, Reply)
    assert (said.status, said.reason, said.headers.number("Content-Length", 0)) == (461, "Unsupported Transport", 4)


@given(st.binary(max_size=400))
def test_any_head_is_a_message_or_an_error(raw: bytes) -> None:
    """Only RtspError is raised."""
    for head in (raw, b"RTSP/1.0 200 OK\r\n" + raw, b"RTSP/1.0 200 OK\r\nContent-Length: " + raw):
        with suppress(RtspError):
            parse_head(head)


@pytest.mark.parametrize("length", ["99999999", "-1", "1e3", "٣", "9" * 30])
def test_lengths_are_bounded_numbers(length: str) -> None:
    """A body that would fill the memory is refused by its head."""
    with pytest.raises(RtspError):
        parse_head(f"RTSP/1.0 200 OK\r\nContent-Length: {length}\r\n\r\n".encode())


@given(st.text(max_size=80))
def test_any_transport_and_session_is_read_or_refused(text: str) -> None:
    """Only RtspError is raised."""
    for read in (channels, session):
        with suppress(RtspError):
            read(text)


def test_transport_and_session() -> None:
    """The server's choice counts; the time-out is 60 s when it says nothing."""
    assert channels("RTP/AVP/TCP;unicast;interleaved=4-5;ssrc=12") == (4, 5)
    assert session("abc;timeout=30") == ("abc", 30)
    assert session("abc") == ("abc", 60)


def test_the_wish_for_a_key_frame_is_understood() -> None:
    """A PLI behind a receiver report; a report alone is none."""
    assert asks_key_frame(rtcp("key frame", 1, 2))
    assert not asks_key_frame(rtcp("receiver report", 1, 2))


@given(st.binary(max_size=60))
def test_any_report_is_read(raw: bytes) -> None:
    """Reading RTCP always ends."""
    asks_key_frame(raw)


description = (
    "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=x\r\n{session}m=audio 0 RTP/AVP 8\r\na=control:audio\r\n"
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    "a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0IAHg==,aM44gA==\r\na=control:{control}\r\n"
)


@pytest.mark.parametrize(
    ("base", "of_session", "control", "url"),
    [
        ("rtsp://c/gate/", "a=control:*\r\n", "track1", "rtsp://c/gate/track1"),
        ("rtsp://c/gate", "", "track1", "rtsp://c/gate/track1"),
        ("rtsp://c/gate?ch=1", "", "trackID=2", "rtsp://c/gate?ch=1/trackID=2"),
        ("rtsp://c/gate", "", "rtsp://other/x", "rtsp://other/x"),
        ("rtsp://c/gate", "a=control:rtsp://c/all\r\n", "v", "rtsp://c/all/v"),
        ("rtsp://c/gate", "", "*", "rtsp://c/gate"),
    ],
)
def test_where_the_track_is_set_up(base: str, of_session: str, control: str, url: str) -> None:
    """The ways in which cameras write control addresses."""
    track = video_track(description.format(session=of_session, control=control), base)
    assert track == VideoTrack(url, 96, (b"\x67\x42\x00\x1e", b"\x68\xce\x38\x80"))


def test_other_codecs_are_named() -> None:
    """The installer reads what the camera sends and what to choose."""
    with pytest.raises(SdpError, match=r"sends H265, not H\.264; choose H.264 in its settings"):
        video_track("v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\n", "rtsp://c/")


@given(st.text(max_size=300))
def test_any_description_is_a_track_or_an_error(text: str) -> None:
    """Only SdpError is raised."""
    for whole in (text, description.format(session=text, control=text), "m=video 0 RTP/AVP 96\na=" + text):
        with suppress(SdpError):
            video_track(whole, "rtsp://c/")
