"""The post's connection against an operator's aiortc peer, over loopback."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from drivers.microphone.simulated import SimulatedMicrophone
from edge.faults import Faults
from media.call import Role
from media.ear import Ear
from media.hub import Hub
from media.ice import CONSENT_EVERY_SECONDS, CONSENT_UNANSWERED
from media.sender import Packetizer, offer_profiles
from media.signaling import ENDED, BadDescription, Peer, Studio, Told
from media.sound_faults import SoundFaults
from support.patience import until_async
from support.webrtc import GOP, FilmCamera, Loss, Operator, is_tone


class Post:
    """A hub with a film, a microphone, and what the connection told."""

    def __init__(self) -> None:
        offer_profiles()
        self.camera = FilmCamera()
        self.hub = Hub(ring_seconds=5)
        self.microphone = SimulatedMicrophone()
        self.ear = Ear(self.microphone, SoundFaults(Faults(lambda _kind, _data: None)))
        self.connected = asyncio.Event()
        self.lost: asyncio.Queue[str] = asyncio.Queue()
        self.voice = bytearray()
        self.asked = 0

    def peer(self) -> Peer:
        """Return a new connection."""
        studio = Studio(self.hub.subscribe, Packetizer(), self._ask, self.ear, 25e6, loopback=True)
        told = Told(lambda _: self.connected.set(), lambda _, reason: self.lost.put_nowait(reason), self._heard)
        return Peer("call", studio, [], told)

    async def run(self) -> None:
        """Keep the pictures coming."""
        async for unit in self.camera.units():
            self.hub.put(unit)

    def _ask(self) -> None:
        self.asked += 1

    def _heard(self, _: str, block: bytes) -> None:
        self.voice += block


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    """Return a post whose camera runs and whose microphone is wanted."""
    post = Post()
    post.ear.want("incident", on=True)
    tasks = [asyncio.ensure_future(post.run()), asyncio.ensure_future(post.ear.run())]
    yield post
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    post.microphone.close()


async def call(post: Post, operator: Operator, role: Role = Role.TALK) -> Peer:
    """Let the operator call the post."""
    peer = post.peer()
    await operator.take_answer(await peer.answer(await operator.offer(), role))
    return peer


async def test_operator_sees_pictures_and_both_hear_each_other(post: Post) -> None:
    """Pictures pass through and decode; the tone of each side arrives at the other."""
    await post.microphone.act("say", {"tone_hz": 700})
    operator = Operator(tone_hz=440)
    peer = await call(post, operator)
    await operator.seen(3 * GOP)
    assert operator.pictures[-1].width == 640
    await operator.hears(700)
    await until_async(lambda: is_tone(bytes(post.voice[-48_000:]), 440))
    await operator.close()
    await peer.close()


async def test_post_makes_the_offer(post: Post) -> None:
    """The post's own offer is answered and shows pictures."""
    peer, operator = post.peer(), Operator(tone_hz=440)
    await peer.accept(await operator.answer(await peer.offer()))
    await operator.seen(GOP)
    assert post.connected.is_set()
    await operator.close()
    assert await post.lost.get() == ENDED
    await peer.close()


@pytest.mark.parametrize("share", [0.02, 0.05])
async def test_lost_packets_do_not_stop_the_pictures(post: Post, share: float) -> None:
    """Retransmission from 2,048 packets and the replay keep at least nine of ten pictures coming."""
    operator = Operator(loss=Loss(share))
    peer = await call(post, operator)
    await operator.seen(1)
    begun = len(operator.pictures)
    await operator.seen(begun + 4 * GOP)
    assert operator.lost > 10
    stamps = [picture.pts or 0 for picture in operator.pictures[begun:]]
    assert (stamps[-1] - stamps[0]) / 90_000 * 25 < 1.1 * len(stamps)
    await operator.close()
    await peer.close()


async def test_a_picture_loss_indication_is_answered_by_the_cached_gop(post: Post) -> None:
    """And the camera is asked for a key frame; how often at most is in test_sender.py."""
    operator = Operator(sound=False)
    peer = await call(post, operator)
    await operator.seen(5)
    before = post.asked
    await operator.ask_for_picture()
    await until_async(lambda: post.asked > before)
    await operator.seen(len(operator.pictures) + GOP)
    await operator.close()
    await peer.close()


async def test_a_watcher_gets_the_picture_and_no_sound(post: Post) -> None:
    """The audio part of the answer is inactive."""
    operator = Operator(tone_hz=440)
    peer = post.peer()
    answer = await peer.answer(await operator.offer(), Role.VIEW)
    assert "a=inactive" in answer.split("m=audio")[1]
    await operator.take_answer(answer)
    await operator.seen(GOP)
    assert not post.voice
    assert not operator.heard
    await operator.close()
    await peer.close()


async def test_a_dead_connection_is_noticed(post: Post) -> None:
    """The operator's machine vanishes without a word: no answer to so many consent checks, which are four seconds of them."""
    operator = Operator()
    peer = await call(post, operator)
    await operator.seen(1)
    asked = operator.vanish()
    assert await post.lost.get() == ENDED
    # One more was answered before, and one is asked as the last of them is missed.
    assert len(asked) <= CONSENT_UNANSWERED + 2
    assert CONSENT_UNANSWERED * CONSENT_EVERY_SECONDS == 4
    await operator.close()
    await peer.close()


async def test_answers_that_come_late_keep_the_call(post: Post) -> None:
    """Consent is asked again before the last answer has come; a slow uplink is not a dead one."""
    operator = Operator()
    peer = await call(post, operator)
    await operator.seen(1)
    operator.answer_late(1.2)
    dead = asyncio.ensure_future(post.lost.get())
    await asyncio.wait({dead}, timeout=2 * CONSENT_UNANSWERED * CONSENT_EVERY_SECONDS)
    assert not dead.done()
    dead.cancel()
    await operator.close()
    await peer.close()


async def test_nonsense_is_refused_with_a_sentence(post: Post) -> None:
    """Neither SDP nor picture."""
    peer = post.peer()
    with pytest.raises(BadDescription, match="cannot be used"):
        await peer.answer("v=0\r\nnonsense", Role.TALK)
    await peer.close()
    with pytest.raises(BadDescription, match="nothing was offered"):
        await post.peer().accept("v=0")
