"""The whole story in a real browser: from the press at the gate to the closed incident, and with the plug pulled."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from support.browser import chromium, operator_tone_hz, patient_milliseconds
from support.demo import Demo, running
from support.patience import until

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(900)]
post_tone_hz = 700
patient = patient_milliseconds

# The strongest frequency of what the page plays, by the browser's own spectrum analyser.
hear_hertz = """
async (video) => {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, {fftSize: 8192, smoothingTimeConstant: 0});
  new MediaStreamAudioSourceNode(context, {mediaStream: video.srcObject}).connect(analyser);
  await context.resume();
  await new Promise((done) => setTimeout(done, 400));
  const spectrum = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(spectrum);
  let best = 0;
  for (let bin = 1; bin < spectrum.length; bin++) if (spectrum[bin] > spectrum[best]) best = bin;
  const rate = context.sampleRate;
  await context.close();
  return [best * rate / analyser.fftSize, spectrum[best]];
}
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Run the demo, with the picture that a visitor of the demo gets."""
    with running(tmp_path_factory.mktemp("story"), picture="1080p25") as demo:
        yield demo


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """Open a browser."""
    with chromium(tmp_path_factory.mktemp("browser")) as context:
        yield context


@pytest.fixture(scope="module")
def gate(demo: Demo, window: BrowserContext) -> Page:
    """Open the demo's start page: the gate."""
    page = window.new_page()
    page.set_default_timeout(patient)
    page.goto(demo.url)
    return page


@pytest.fixture(scope="module")
def console(demo: Demo, window: BrowserContext) -> Page:
    """Sign in to the operator console, past the check of sound and microphone."""
    page = window.new_page()
    page.set_default_timeout(patient)
    page.goto(demo.sim()["links"]["console"])
    expect(page.locator("#sound-result")).to_have_attribute("data-state", "good", timeout=patient)
    expect(page.locator("#microphone-result")).to_have_attribute("data-state", "good", timeout=patient)
    page.get_by_role("link", name="To the board").click()
    return page


def test_from_the_press_to_the_closed_incident(demo: Demo, gate: Page, console: Page) -> None:
    """Press, answer, see, hear, talk, silence, dispatch, arrive, close; and the recording plays."""
    gate.bring_to_front()
    gate.get_by_role("button", name="报警").first.click()
    # The voice first: it falls silent again, the others stay.
    until(lambda: demo.parts()["speaker"]["saying"], "the voice speaks")
    until(demo.alarmed, "light and siren are on")
    until(lambda: demo.parts()["lamp_called"]["pattern"] != "off", "lamp called is on")
    until(lambda: abs(demo.parts()["camera"]["pan"]) > 1, "the dome swings to the gate")

    console.bring_to_front()
    console.get_by_role("link", name="报警").click()
    console.get_by_role("button", name="接听").click()
    video = console.locator("video")
    expect(video).to_have_count(1)
    console.wait_for_function("() => document.querySelector('video').videoWidth >= 1280", timeout=patient)
    frames = int(video.get_attribute("data-frames") or 0)
    console.wait_for_function(
        f"() => Number(document.querySelector('video').dataset.frames) > {frames + 50}", timeout=patient
    )
    until(lambda: demo.parts()["lamp_answered"]["pattern"] == "on", "lamp answered is on")

    until(lambda: heard_at_post(demo), "the operator's tone comes out of the loudspeaker of the post")
    until(lambda: demo.parts()["siren"]["ducked"], "the siren gives way to the operator's voice")
    demo.act("microphone", "say", {"tone_hz": post_tone_hz})
    until(lambda: heard_in_page(video), "the tone at the post's microphone is heard in the page")

    console.get_by_role("button", name="Silence siren").click()
    until(lambda: not demo.parts()["siren"]["on"], "the siren is off")
    assert demo.parts()["light"]["on"]
    console.get_by_label("Team").first.fill("巡逻三队")
    console.get_by_role("button", name="Send a team").click()
    until(lambda: demo.stored("incident.team_dispatched"), "the team is on its way")
    console.get_by_role("button", name="Team has arrived").click()
    until(lambda: demo.stored("incident.team_arrived"), "the team has arrived")
    console.get_by_role("button", name="结束警情").click()
    until(lambda: not demo.parts()["light"]["on"], "the light is off")
    until(lambda: demo.stored("incident.closed"), "it is closed")

    kinds = [event["kind"] for event in demo.stored()]
    wanted = ["incident.raised", "incident.received", "incident.call_started", "incident.siren_silenced"]
    wanted += ["incident.team_dispatched", "incident.team_arrived", "incident.closed"]
    assert set(wanted) <= set(kinds)
    assert kinds.count("incident.raised") == 1
    the_recording_plays(demo, console)


def heard_at_post(demo: Demo) -> bool:
    """Whether the post's loudspeaker plays the operator's tone."""
    hertz = demo.parts()["speaker"].get("tone_hz")
    return hertz is not None and abs(hertz - operator_tone_hz) < 30


def heard_in_page(video: Any) -> bool:
    """Whether the page plays the tone at the post's microphone."""
    hertz, level = video.evaluate(hear_hertz)
    return bool(abs(hertz - post_tone_hz) < 30 and level > -60)


def the_recording_plays(demo: Demo, console: Page) -> None:
    """Ask for the clip; it comes from the post and plays on a page of its own, from before the press."""
    clip = until(lambda: demo.stored("media.clip_saved"), "the clip is saved")[0]
    assert clip["before_seconds"] > 1
    console.get_by_role("link", name="Recording").click()
    console.get_by_role("button", name="Request recording").click()
    player = console.locator("video")
    expect(console.locator("#clip-state")).to_have_attribute("data-state", "stored", timeout=patient)
    until(lambda: player.evaluate("video => video.readyState") >= 1, "the player knows the recording")
    assert player.evaluate("video => video.duration") == pytest.approx(clip["seconds"], abs=2.5)
    player.evaluate("video => { video.muted = true; return video.play(); }")
    until(lambda: player.evaluate("video => video.currentTime") > 0.5, "the recording plays")


def test_with_the_plug_pulled_the_post_acts_and_the_alarm_arrives_once(demo: Demo, gate: Page, console: Page) -> None:
    """No broker: light and siren all the same; plugged in again, one alarm on the board."""
    board = console.url.split("/incidents")[0]
    console.goto(board)
    before = len(demo.stored("incident.raised"))
    demo.act("network", "down")
    gate.bring_to_front()
    gate.get_by_role("button", name="报警").first.click()
    until(demo.alarmed, "light and siren are on")
    demo.act("network", "up")
    until(lambda: len(demo.stored("incident.raised")) == before + 1, "the alarm arrives")
    console.bring_to_front()
    alarm = console.get_by_role("link", name="报警")
    expect(alarm).to_have_count(1, timeout=patient)
    alarm.click()
    console.get_by_role("button", name="结束警情").click()
    until(lambda: not demo.parts()["light"]["on"], "the light is off")
    assert len(demo.stored("incident.raised")) == before + 1
