"""An operator's call to the post inside the guest, handed over through media's local interface."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from support.guest_post import GuestPost
from support.patience import deadline_seconds
from support.webrtc import Operator

a_call_seconds = 60.0


@asynccontextmanager
async def call(post: GuestPost, incident: str, tone_hz: float | None = None) -> AsyncIterator[Operator]:
    """Call the post as the console does; hangs up at the end."""
    operator = Operator(tone_hz=tone_hz)
    try:
        offer = await operator.offer()
        reply = await asyncio.to_thread(post.command, "media", "call.offer", incident=incident, sdp=offer)
        assert reply["status"] == "done", reply
        await operator.take_answer(reply["body"]["sdp"])
        yield operator
    finally:
        await operator.close()


async def called_until(post: GuestPost, incident: str, enough: Callable[[Operator], Awaitable[object]]) -> None:
    """Call, and again when a call breaks or stays dumb, as an operator does, until `enough` has come to its end."""
    async with asyncio.timeout(deadline_seconds):
        while not await _called(post, incident, enough):
            pass


async def _called(post: GuestPost, incident: str, enough: Callable[[Operator], Awaitable[object]]) -> bool:
    async with call(post, incident) as operator:
        try:
            async with asyncio.timeout(a_call_seconds):
                await enough(operator)
        except TimeoutError:
            print("a call has broken:", operator.peer.connectionState, len(operator.pictures), len(operator.heard))
            return False
        return True
