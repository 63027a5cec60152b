"""Loudspeaker and microphone on the kernel's sound cards."""

import asyncio
import json
import subprocess

import numpy as np

from drivers.audio import RATE_HZ
from drivers.spectrum import tone_hz
from media.prompts.build import MARKER_HZ, MARKER_SECONDS
from support import air
from support.guest_call import called_until
from support.guest_post import GuestPost, binaries
from support.patience import until
from support.webrtc import Operator

step = round(RATE_HZ * MARKER_SECONDS / 4) * 2
a_prompt_seconds = 15.0
window = round(RATE_HZ * MARKER_SECONDS / 2) * 2


def holds_marker(sound: bytes) -> bool:
    """Whether the two tones that begin every prompt come one after the other."""
    tones = [tone_hz(sound[at : at + window]) for at in range(0, len(sound) - window, step)]
    first = [at for at, tone in enumerate(tones) if tone and abs(tone - MARKER_HZ[0]) < 25]
    return any(
        (tone := tones[at + later]) and abs(tone - MARKER_HZ[1]) < 25
        for at in first
        for later in range(1, 8)
        if at + later < len(tones)
    )


def test_the_marker_is_told_from_silence_and_noise() -> None:
    """The judge of the next test, judged."""
    noise = (np.random.default_rng(2).standard_normal(RATE_HZ) * 3000).astype("<i2").tobytes()
    assert not holds_marker(bytes(RATE_HZ))
    assert not holds_marker(noise)


def spoken(post: GuestPost) -> bool:
    """Whether the prompt after a press was heard whole; it is said once, and a guest that is held up tears it."""
    post.settle()
    with air.recording() as heard:
        post.press()
        try:
            until(lambda: holds_marker(bytes(heard)), "the tones", a_prompt_seconds, every=0.5)
        except AssertionError as torn:
            print(torn)
            return False
        return True


def test_a_prompt_comes_out_of_the_loudspeaker(post: GuestPost) -> None:
    """A press speaks to the person at the gate."""
    until(lambda: spoken(post), "the tones that begin a prompt", every=0.5)


async def test_the_microphone_is_heard_by_the_operator(post: GuestPost) -> None:
    """What is said at the gate reaches the other side of the call."""
    incident = await asyncio.to_thread(post.press)

    async def heard(operator: Operator) -> None:
        while abs((tone_hz(await operator.listened(0.5)) or 0) - 700.0) > 15:
            pass

    with air.speaking(700.0):
        await called_until(post, incident, heard)


def self_test() -> tuple[int, str]:
    """Run the technician's command; return its exit code and what it says of the sound."""

    def tested() -> tuple[int, str] | None:
        command = [str(binaries / "callpost"), "self-test", "--json"]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        sound = json.loads(ended.stdout)["parts"]["sound"]
        print(sound)
        # Refused while the last incident's words are still being spoken.
        return None if sound["result"] in {"not_tested", "interrupted"} else (ended.returncode, str(sound["result"]))

    return until(tested, "the self-test is not refused", every=0.5)


def test_the_self_test_hears_itself_and_tells_a_mute_loop(post: GuestPost) -> None:
    """Passes with a room between loudspeaker and microphone; with the loop muted it fails, and names what may be wrong."""
    with air.room(gain=0.3):
        until(lambda: self_test() == (0, "passed"), "it passes", every=0.5)
    before = post.position("media")
    with air.room(gain=0.0):
        assert self_test() == (1, "failed")
        until(lambda: "not heard" in post.faults("media").get("speaker", ""), "the fault says so", every=0.2)
    with air.room(gain=0.3):
        until(lambda: self_test() == (0, "passed"), "it passes again", every=0.5)
    post.fault_mended(before, "speaker", "media")
