"""Click on 接听 / Answer → first picture on the operator's screen: real Chromium, the whole demo."""

import queue
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from playwright.sync_api import BrowserContext, Page

from benchmarks.figure import Figure, figures
from provisioning.demo.plan import Plan
from support.broker import answers, free_port
from support.browser import chromium
from support.demo import Demo, running
from support.patience import until

clicks = 200
peer_clicks = 40
patient = 60_000  # milliseconds
told_every = 20
seen = "() => window.callpost.firstFrameAt !== null || window.callpost.trouble"
waited = "() => { const {clickedAt, firstFrameAt} = window.callpost; return firstFrameAt - clickedAt; }"


def measure() -> list[Figure]:
    """Answer a few hundred times, then open stock aiortc a few dozen times on the same camera."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running(folder, picture="1080p25") as demo, chromium(folder) as window:
            plan = Plan.model_validate_json((folder / ".demo" / "plan.json").read_text(encoding="utf-8"))
            ours = _console(demo, plan, window)
            peer = _peer(f"rtsp://127.0.0.1:{plan.posts[0].rtsp_port}/stream1", window)
    return figures(
        "click → first picture",
        ours,
        peer=peer,
        peer_name="aiortc MediaPlayer passthrough, no GOP cache",
        aim=1000,
        stretch=250,
    )


def _console(demo: Demo, plan: Plan, window: BrowserContext) -> list[float]:
    page = window.new_page()
    page.set_default_timeout(patient)
    page.goto(demo.sim()["links"]["console"])
    page.get_by_role("link", name="To the board").click()
    with _offers(plan.broker_port) as offers:
        demo.press()
        page.get_by_role("link", name="报警").click()
        ways: Counter[str] = Counter()
        series = [_answer(page, number, offers, ways) for number in range(1, clicks + 2)]
    print(f"connected by the post's own offer: {ways['answer']}, by the browser's: {ways['offer']}", flush=True)
    page.close()
    return series[1:]  # the first opens what the browser keeps open from then on


def _answer(page: Page, number: int, offers: "queue.Queue[float]", ways: Counter[str]) -> float:
    """Answer once the post's own offer is there, as it is whenever an operator has needed a second to look."""
    offers.get(timeout=patient / 1000)
    milliseconds = _click(page, number, clicks + 1, "answer")
    ways[page.evaluate("() => window.callpost.way")] += 1
    while not offers.empty():
        offers.get()
    page.locator("#hang-up").click()
    page.locator("#answer").wait_for()
    return milliseconds


def _peer(url: str, window: BrowserContext) -> list[float]:
    port = free_port()
    peer = subprocess.Popen([sys.executable, "-m", "benchmarks.passthrough", url, str(port)])
    try:
        until(lambda: answers(port), "the peer answers")
        page = window.new_page()
        page.set_default_timeout(patient)
        page.goto(f"http://127.0.0.1:{port}/")
        # With the microphone open the browser tells its addresses, as it does in a call of the console.
        page.evaluate("async () => { window.voice = await navigator.mediaDevices.getUserMedia({audio: true}); }")
        return [_open(page, number) for number in range(1, peer_clicks + 2)][1:]
    finally:
        peer.terminate()
        peer.wait(20)


def _open(page: Page, number: int) -> float:
    milliseconds = _click(page, number, peer_clicks + 1, "peer")
    with page.expect_response("**/hang-up"):
        page.locator("#hang-up").click()
    return milliseconds


def _click(page: Page, number: int, count: int, what: str) -> float:
    """Click at any moment between two key frames; return milliseconds."""
    time.sleep(random.random())
    page.locator("#answer").click()
    page.wait_for_function(seen)
    assert not page.evaluate("() => window.callpost.trouble"), page.evaluate("() => window.callpost.trouble")
    milliseconds = float(page.evaluate(waited))
    if number % told_every == 0:
        print(f"{what} {number} of {count}: {milliseconds:.0f} ms", flush=True)
    return milliseconds


@contextmanager
def _offers(port: int) -> Iterator["queue.Queue[float]"]:
    """Tell when the post has sent an offer of its own to the centre."""
    came: queue.Queue[float] = queue.Queue()
    client = Client(CallbackAPIVersion.VERSION2, client_id="bench-offers", protocol=MQTTProtocolVersion.MQTTv5)
    ready: queue.Queue[bool] = queue.Queue()
    client.on_subscribe = lambda *_: ready.put(True)
    client.on_message = lambda *_: came.put(time.monotonic())
    client.connect("127.0.0.1", port)
    client.subscribe("callpost/v1/+/call/offer", qos=1)
    client.loop_start()
    ready.get(timeout=20)
    yield came
    client.disconnect()
    client.loop_stop()
