"""What of ICE is tuned for a post: where candidates come from, how long gathering may take, how soon silence is noticed.

aioice 0.13.0 keeps these in places that a caller cannot reach, so this module (and only it) replaces two methods of one
connection object. `tests/media/test_ice.py` pins the names.
"""

import asyncio
import functools
import random
import time

from aioice import Candidate, Connection, stun
from aiortc import RTCPeerConnection, RTCSessionDescription

GATHER_SECONDS = 1
CONSENT_EVERY_SECONDS = 0.25
CONSENT_LOST_SECONDS = 4.0
"""RFC 7675 allows up to 30 s; an operator who sees a frozen picture must know within 5."""


def tune(peer: RTCPeerConnection, *, loopback: bool) -> None:
    """Tune every ICE connection of a peer; call it after its transceivers exist and before it gathers."""
    for transceiver in peer.getTransceivers():
        connection = transceiver.sender.transport.transport.iceGatherer._connection  # noqa: SLF001 - pinned by a test
        _tune_connection(connection, loopback=loopback)


def _tune_connection(connection: Connection, *, loopback: bool) -> None:
    gather = functools.partial(_gather, connection, loopback=loopback)
    connection.get_component_candidates = gather  # type: ignore[method-assign]  # gather_candidates() calls it
    consent = functools.partial(_keep_consent, connection)
    connection.query_consent = consent  # type: ignore[method-assign]  # connect() starts it


async def _gather(connection: Connection, component: int, addresses: list[str], *, loopback: bool) -> list[Candidate]:
    """Gather for a second at most; aioice leaves 127.0.0.1 out, which a demo on one machine without network needs."""
    wanted = [*addresses, *(["127.0.0.1"] if loopback else [])]
    return await Connection.get_component_candidates(connection, component, wanted, timeout=GATHER_SECONDS)


async def _keep_consent(connection: Connection) -> None:
    """Ask the other side again and again; close when it has not answered for four seconds.

    One lost answer ends nothing, as it would with few and widely spaced checks on a lossy link.
    """
    answered = time.monotonic()
    while time.monotonic() - answered < CONSENT_LOST_SECONDS:
        await asyncio.sleep(CONSENT_EVERY_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311 - spreads load, no secret
        if await _consents(connection):
            answered = time.monotonic()
    connection._query_consent_task = None  # noqa: SLF001 - close() must not wait for the task that calls it
    await connection.close()


async def _consents(connection: Connection) -> bool:
    """One check of every nominated pair; False when one stays unanswered for half a second."""
    password = (connection.remote_password or "").encode()
    for pair in list(connection._nominated.values()):  # noqa: SLF001 - as aioice's own loop does
        request = connection.build_request(pair, nominate=False)
        try:
            await pair.protocol.request(request, pair.remote_addr, integrity_key=password, retransmissions=0)
        except stun.TransactionError:
            return False
    return True


def without_names(description: RTCSessionDescription) -> RTCSessionDescription:
    """Leave out candidates that are mDNS names, and the end of candidates.

    A browser hides its addresses behind names that cost a second each to resolve and often cannot be; its own checks
    reveal the address at once (peer-reflexive candidates), for which ICE must not be told that the list is complete.
    """
    kept = [line for line in description.sdp.splitlines() if not _name(line) and line != "a=end-of-candidates"]
    return RTCSessionDescription("\r\n".join(kept) + "\r\n", description.type)


def _name(line: str) -> bool:
    fields = line.split(" ")
    return line.startswith("a=candidate:") and len(fields) > 4 and fields[4].endswith(".local")
