"""What of ICE is tuned for a post: where candidates come from, how long gathering may take, how soon silence is noticed.

aioice 0.13.0 keeps these in places that a caller cannot reach, so this module (and only it) replaces two methods of one
connection object. `tests/media/test_ice.py` pins the names.
"""

import asyncio
import functools
import random

from aioice import Candidate, Connection, stun
from aiortc import RTCPeerConnection, RTCSessionDescription

GATHER_SECONDS = 1
CONSENT_EVERY_SECONDS = 0.25
CONSENT_UNANSWERED = 16
"""Checks in a row without an answer, four seconds of them, end the connection.

RFC 7675 allows up to 30 s; an operator who sees a frozen picture must know within 5. Counted in checks and not by the
clock, so that a post which was itself held up for seconds does not take that for the other side's silence.
"""
CONSENT_REPEATS = 2
"""aioice gives up a request 0.5 s after its last sending; with two repetitions an answer may take 3.5 s, as it does
behind the filled buffers of a mobile uplink."""


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
    """Ask the other side again and again; close when none of many checks has been answered.

    Checks overlap: neither one lost answer nor answers that all come late end a call.
    """
    checks: set[asyncio.Task[bool]] = set()
    unanswered = 0
    try:
        while unanswered < CONSENT_UNANSWERED:
            checks.add(asyncio.ensure_future(_consents(connection)))
            await asyncio.sleep(CONSENT_EVERY_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311 - spreads load, no secret
            done = {check for check in checks if check.done()}
            checks -= done
            unanswered = 0 if any(check.result() for check in done) else unanswered + 1
    finally:
        for check in checks:
            check.cancel()
    connection._query_consent_task = None  # noqa: SLF001 - close() must not wait for the task that calls it
    await connection.close()


async def _consents(connection: Connection) -> bool:
    """One check of every nominated pair; False when one stays unanswered."""
    password = (connection.remote_password or "").encode()
    for pair in list(connection._nominated.values()):  # noqa: SLF001 - as aioice's own loop does
        request = connection.build_request(pair, nominate=False)
        try:
            await pair.protocol.request(
                request, pair.remote_addr, integrity_key=password, retransmissions=CONSENT_REPEATS
            )
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
