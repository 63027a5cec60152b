"""An operator's call to the post inside the guest, handed over through media's local interface."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from support.guest_post import GuestPost
from support.webrtc import Operator


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
