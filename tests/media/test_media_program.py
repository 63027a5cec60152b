"""The whole program against the simulated camera: an incident, calls, faults, clips, and a restart in the middle."""

import asyncio
import math
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from media.sound_test import AMPLITUDES, BUSY
from support.media_post import MediaPost, media_post, surroundings
from support.patience import deadline_seconds, until_async, until_told
from support.webrtc import Operator

PATIENT = """
[media.call]
connect_seconds = 60
"""
"""So that a call is not given up because this machine is busy."""


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[MediaPost]:
    """Return a running post."""
    async with media_post(tmp_path, extra=PATIENT) as post:
        yield post


async def call(post: MediaPost, operator: Operator, name: str = "li", **more: object) -> dict[str, str]:
    """Let an operator call; the reply's body."""
    reply = await post.command("call.offer", name, incident="I1", sdp=await operator.offer(), **more)
    assert reply["status"] == "done", reply
    await operator.take_answer(reply["body"]["sdp"])
    return dict(reply["body"])


async def test_a_call_from_press_to_close(post: MediaPost) -> None:
    """Offer, picture, both voices, the lease at panic, who watched, the clip."""
    await post.incident("I1")
    await until_async(lambda: len(post.offers()) == 1)
    assert post.offers()[0]["incident"] == "I1"
    await post.sim("microphone", "say", tone_hz=700)
    operator = Operator(tone_hz=440)
    assert (await call(post, operator))["role"] == "talk"
    await operator.seen(20)
    await operator.hears(700)
    await until_async(lambda: bool(post.leases and post.leases[-1] and post.leases[-1]["speaking"]))
    assert post.leases[-1] == {"incident": "I1", "operator": "li", "speaking": True, "seconds": 2}
    await post.plays(440)
    assert await post.event("media.view_opened") == {"incident": "I1", "operator": "li"}
    await post.incident(None, cause="closed")
    await until_async(lambda: post.leases[-1] is None)
    assert post.given_back == [("I1", "the incident is closed")]
    assert (await post.event("media.view_closed"))["operator"] == "li"
    clip = await post.event("media.clip_saved")
    assert clip["incident"] == "I1"
    assert clip["seconds"] > 1
    assert clip["seconds"] > clip["before_seconds"] >= 0  # the camera has just started: there may be no time before
    await post.microphone(is_open=False)
    await operator.close()


async def test_without_an_incident_everything_is_refused(post: MediaPost) -> None:
    """With a sentence for the operator each."""
    operator = Operator()
    offer = await operator.offer()
    bodies: dict[str, dict[str, Any]] = {
        "call.offer": {"sdp": offer},
        "call.end": {},
        "call.ice": {"servers": []},
        "ptz.move": {"pan": 1},
        "ptz.preset": {"preset": "gate"},
        "announcement.play": {"prompt": "drill"},
        "clip.request": {"upload": {"url": "http://127.0.0.1/x", "token": "secret-token"}},
    }
    for name, body in bodies.items():
        reply = await post.command(name, incident="I1", **body)
        assert reply["status"] == "refused", name
        assert "incident" in reply["reason"], name
    reply = await post.command("call.offer", incident="I1")
    assert "sdp" in reply["reason"]
    assert (await post.command("call.dance", incident="I1"))["reason"] == "no command is called 'call.dance'"
    await operator.close()


async def test_the_posts_own_offer_is_answered(post: MediaPost) -> None:
    """The quickest way to a picture; a second operator watches."""
    await post.incident("I1")
    await until_async(lambda: len(post.offers()) == 1)
    offer, operator, second = post.offers()[0], Operator(tone_hz=440), Operator()
    answer = await operator.answer(offer["sdp"])
    reply = await post.command("call.answer", incident="I1", offer=offer["id"], sdp=answer)
    assert reply["body"] == {"role": "talk"}
    await operator.seen(10)
    assert (await call(post, second, "wu"))["role"] == "view"
    await second.seen(10)
    late = await post.command("call.answer", "xu", incident="I1", offer=offer["id"], sdp=answer)
    assert late["status"] == "refused"
    assert (await post.command("call.end", incident="I1"))["status"] == "done"
    await until_async(lambda: len(post.offers()) == 2)
    await operator.close()
    await second.close()


async def test_a_silent_incident_gives_no_sound(post: MediaPost) -> None:
    """The operator listens; the voice is played only after the confirmed step, prompts never."""
    await post.incident("I1", level="silent")
    quiet = Operator(tone_hz=440)
    await call(post, quiet, speak=False)
    await quiet.listened(1.0)
    async with post.api() as api:
        assert (await api.post("/v1/prompts", json={"prompt": "called"})).status_code == 202
    assert (await post.command("announcement.play", incident="I1", prompt="drill"))["status"] == "refused"
    shown = (await post.shows())["speaker"]
    assert shown["tone_hz"] is None
    assert shown["saying"] == ""
    loud = Operator(tone_hz=440)
    await call(post, loud, speak=True)
    await until_async(lambda: bool(post.leases and post.leases[-1] and post.leases[-1]["speaking"]))
    await quiet.close()
    await loud.close()


async def test_faults_come_and_go_and_the_picture_returns(post: MediaPost) -> None:
    """A camera that is unplugged, a dome that is jammed, a loudspeaker that is broken."""
    await post.incident("I1")
    operator = Operator(sound=False)
    await call(post, operator)
    await operator.seen(5)
    await post.sim("camera", "unplug")
    await post.fault("camera", is_open=True)
    await post.sim("camera", "mend")
    await post.fault("camera", is_open=False)
    await operator.seen(len(operator.pictures) + 10)
    await post.sim("ptz", "jam")
    reply = await post.command("ptz.preset", incident="I1", preset="home")
    assert reply["status"] == "refused"
    assert "ptz" in await post.faults()
    await post.sim("ptz", "mend")
    await post.fault("ptz", is_open=False)
    await post.sim("speaker", "break")
    await post.fault("speaker", is_open=True)
    await operator.close()


async def test_killed_in_the_middle_of_an_incident(post: MediaPost) -> None:
    """Panic repeats itself: a new offer, calls again, and one clip of both lives."""
    await post.incident("I1")
    first = Operator(sound=False)
    await call(post, first)
    await first.seen(20)
    await post.stop(signal.SIGKILL)
    await first.close()
    post.said.clear()
    await post.start()
    await post.incident("I1", cause="kept")
    await until_async(lambda: len(post.offers()) == 1)
    second = Operator(sound=False)
    await call(post, second)
    await second.seen(20)
    await post.incident(None, cause="closed")
    clip = await post.event("media.clip_saved")
    assert clip["incident"] == "I1"
    files = {path.name for path in (post.folder / "state" / "media" / "clips").iterdir()}
    assert files == {"I1.mp4", "I1.json"}
    await second.close()


async def test_a_wrong_camera_password_stops_the_program(tmp_path: Path) -> None:
    """With a sentence and the exit code of wrong settings (EX_CONFIG, 78)."""
    for name in ("right", "wrong"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    login = 'user = "post"\npassword_file = "{}"'
    right, wrong = (login.format(tmp_path / name) for name in ("right", "wrong"))
    async with surroundings(tmp_path, login=right, camera=wrong) as post:
        code, words = await post.exited()
    assert code == 78
    assert "callpost-media: media.camera:" in words
    assert "password_file" in words


async def test_an_unreachable_camera_is_a_fault_only(tmp_path: Path) -> None:
    """The post can still be heard, and the camera may come later."""
    async with surroundings(tmp_path, extra=PATIENT) as post:
        settings = tmp_path / "callpost.toml"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(re.sub(r"rtsp://127.0.0.1:\d+", "rtsp://127.0.0.1:1", text), encoding="utf-8")
        await post.start()
        await post.fault("camera", is_open=True)
        await post.incident("I1")
        operator = Operator(tone_hz=440)
        await call(post, operator)
        await operator.listened(0.5)
        await operator.close()


async def sound_tested(post: MediaPost) -> dict[str, Any]:
    """Let the centre ask for a self-test, and again as long as this machine is too busy; its result for the sound."""
    while True:
        reply = await post.command("self_test.run", "wu")
        assert reply["status"] == "done", reply
        if reply["body"]["sound"]["reason"] != BUSY:
            return dict(reply["body"]["sound"])


async def test_the_self_test_finds_what_is_broken(post: MediaPost) -> None:
    """Loudspeaker and microphone by their names; the fault stays until a test passes."""
    well = await sound_tested(post)
    assert (well["result"], well["part"], well["tones_hz"]) == ("passed", None, [880.0, 1320.0])
    # Each try is louder than the one before, and the first may have been torn.
    louder = 20 * math.log10(AMPLITUDES[well["tries"] - 1] / AMPLITUDES[0])
    assert well["level_db"] == pytest.approx(-53 + louder, abs=3)
    await post.microphone(is_open=False)
    await post.sim("speaker", "break")
    assert (await sound_tested(post))["part"] == "speaker"
    await post.fault("speaker", is_open=True)
    await post.sim("speaker", "mend")
    await post.sim("microphone", "mute")
    assert (await sound_tested(post))["part"] == "microphone"
    await post.fault("microphone", is_open=True)
    assert "zeros" in (await post.faults())["microphone"]
    await post.sim("microphone", "mend")
    assert (await sound_tested(post))["result"] == "passed"
    for part in ("speaker", "microphone"):
        await post.fault(part, is_open=False)
    await post.well()
    assert (await post.command("self_test.run", part="siren"))["status"] == "refused"


NEVER_LOUD_ENOUGH = """
[media.self_test]
quietest_dbfs = -20
"""
"""So that a self-test that nobody ends tries for as long as it may, and not for the second of its first try."""


async def test_an_incident_ends_the_self_test_at_once(tmp_path: Path) -> None:
    """Its prompt is the next thing that sounds; while the incident is open no test begins."""
    async with media_post(tmp_path, extra=PATIENT + NEVER_LOUD_ENOUGH) as post:
        await interrupted(post)


async def interrupted(post: MediaPost) -> None:
    """Open an incident in the middle of a self-test."""
    asked = asyncio.ensure_future(post.command("self_test.run"))

    async def plays() -> bool:
        return "自检" in (await post.shows())["speaker"]["saying"]

    await until_told(plays, "the self-test's melody")
    await post.incident("I1")
    reply = await asyncio.wait_for(asked, deadline_seconds)  # one that is not ended at once has another result
    assert reply["body"]["sound"]["result"] == "interrupted"
    assert not await plays()
    await post.microphone(is_open=True)
    await post.well()
    refused = await post.command("self_test.run")
    assert (refused["status"], refused["reason"]) == ("refused", "an incident is open")
    operator = Operator()
    await call(post, operator)
    await operator.seen(3)
    assert (await post.command("self_test.run"))["reason"] == "a call is up"
    await operator.close()
