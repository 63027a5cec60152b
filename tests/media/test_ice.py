"""The tuned parts of ICE, and that aioice still has them."""

from importlib.metadata import version

from aioice import Connection
from aiortc import RTCPeerConnection, RTCSessionDescription

from media import ice

OFFER = """v=0
a=candidate:1 1 udp 2113937151 4b7a1c9e-1111-4222-8333-123456789abc.local 50000 typ host
a=candidate:2 1 udp 2113937151 192.0.2.7 50000 typ host
a=end-of-candidates
a=mid:0
"""


def test_aioice_is_what_was_tuned() -> None:
    """Whoever moves the pin has to look at media/ice.py first."""
    assert version("aioice") == "0.13.0"
    for name in ("get_component_candidates", "query_consent", "build_request", "close"):
        assert callable(getattr(Connection, name)), name
    made = Connection(ice_controlling=True)
    for name in ("_nominated", "_query_consent_task"):
        assert hasattr(made, name), name


async def hosts(*, loopback: bool) -> set[str]:
    """Return the addresses that a post offers."""
    peer = RTCPeerConnection()
    peer.addTransceiver("video", direction="sendonly")
    ice.tune(peer, loopback=loopback)
    await peer.setLocalDescription(await peer.createOffer())
    lines = [line.split() for line in peer.localDescription.sdp.splitlines() if line.startswith("a=candidate:")]
    await peer.close()
    return {line[4] for line in lines}


async def test_loopback_is_offered_only_when_wanted() -> None:
    """A demo on a machine without network needs it; a post in a street must not name it."""
    assert "127.0.0.1" in await hosts(loopback=True)
    assert "127.0.0.1" not in await hosts(loopback=False)


def test_names_and_the_end_of_candidates_are_left_out() -> None:
    """So that the browser's own checks are waited for."""
    left = ice.without_names(RTCSessionDescription(OFFER, "offer")).sdp
    assert left.splitlines() == ["v=0", "a=candidate:2 1 udp 2113937151 192.0.2.7 50000 typ host", "a=mid:0"]
