"""The lease of a call, as panic hears of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest

from media.panic_link import LEASE_SECONDS, LOOK_SECONDS, PanicLink, Talk
from support.panic_process import PanicProcess
from support.patience import until, until_async


@asynccontextmanager
async def linked(panic: httpx.AsyncBaseTransport, speaking: Callable[[], bool]) -> AsyncIterator[PanicLink]:
    """Run a link."""
    async with httpx.AsyncClient(transport=panic, base_url="http://local") as client:
        link = PanicLink(client, speaking)
        running = asyncio.ensure_future(link.run())
        try:
            yield link
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


async def test_panic_takes_the_lease_and_its_return(tmp_path: Path) -> None:
    """The real panic: the siren returns when the call is over and not when a lease has run out, and says why."""
    with PanicProcess(tmp_path) as panic:
        panic.press()
        incident = panic.incident["incident"]
        async with linked(httpx.AsyncHTTPTransport(uds=str(panic.socket)), lambda: True) as link:
            link.hold(Talk(incident, "li"))
            await asyncio.to_thread(panic.hear, "incident.call_started", operator="li")
            # Waited for beside the loop: a link that was held up for two seconds loses its lease, and takes it again.
            await asyncio.to_thread(until, lambda: panic.shows()["siren"]["ducked"])
            link.drop("the operator ended the call")
            await asyncio.to_thread(panic.hear, "incident.call_ended", reason="the operator ended the call")
            assert not panic.shows()["siren"]["ducked"]


async def test_a_call_that_ends_with_its_incident_is_no_fault(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Panic has ended the call already; nobody need be warned."""
    caplog.set_level("INFO")
    with PanicProcess(tmp_path) as panic:
        panic.press()
        incident = panic.incident["incident"]
        async with linked(httpx.AsyncHTTPTransport(uds=str(panic.socket)), lambda: False) as link:
            link.hold(Talk(incident, "li"))
            await asyncio.to_thread(panic.hear, "incident.call_started")
            panic.command("incident.close", disposition="real")
            link.drop("the incident is closed")
            await until_async(lambda: "panic holds no call" in caplog.text)
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


async def test_a_program_that_is_held_up_renews_in_time_all_the_same() -> None:
    """Each look is late, as with a processor that encodes pictures: the lease must not run out for that."""
    renewed, looks, held_up = list[httpx.Request](), list[int](), 0.2

    def panic(request: httpx.Request) -> httpx.Response:
        renewed.append(request)
        return httpx.Response(204)

    def speaking() -> bool:
        time.sleep(held_up)  # holds up the whole program, which is the point
        looks.append(len(renewed))
        return False

    async with linked(httpx.MockTransport(panic), speaking) as link:
        link.hold(Talk("I1", "li"))
        await until_async(lambda: len(renewed) >= 4)
    between = [looks.count(renewals) for renewals in (1, 2, 3)]
    assert max(between) <= LEASE_SECONDS / (held_up + LOOK_SECONDS), between
