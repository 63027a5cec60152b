"""A real Chromium, the system's, whose microphone plays a tone that a test can find again."""

import math
import struct
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from support.patience import deadline_seconds

operator_tone_hz = 1000
patient_milliseconds = 1000 * deadline_seconds
# For all who import this: Playwright's own five seconds only find out that a machine is busy.
expect.set_options(timeout=patient_milliseconds)
flags = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)
# By default Chromium hides its addresses behind names, until the microphone is in use.
addresses_told = "--disable-features=WebRtcHideLocalIpsWithMdns"


def stands_still(page: Page) -> None:
    """Let no time pass on a page but what `page.clock` is told: on a busy machine a test is late for any moment."""
    page.clock.install(time=0)
    page.clock.pause_at(1)


def tone(path: Path, hertz: float, seconds: float = 5.0, rate: int = 48_000) -> Path:
    """Write a WAV file with a steady tone at half of full scale."""
    samples = (int(16_000 * math.sin(2 * math.pi * hertz * n / rate)) for n in range(int(seconds * rate)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return path


@contextmanager
def chromium(folder: Path, *, width: int = 1440, height: int = 900) -> Iterator[BrowserContext]:
    """Run Chromium; its microphone plays `operator_tone_hz` for ever."""
    voice = tone(folder / "voice.wav", operator_tone_hz)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            headless=True,
            args=[*flags, f"--use-file-for-fake-audio-capture={voice}"],
        )
        context = browser.new_context(viewport={"width": width, "height": height}, permissions=["microphone"])
        yield context
        context.close()
        browser.close()


@contextmanager
def page(*, microphone: bool = True) -> Iterator[Page]:
    """Give one Chinese page; an error in a script or a broken content security policy fails the test at the end."""
    wrong: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*flags, addresses_told])
        context = browser.new_context(locale="zh-CN", permissions=["microphone"] if microphone else [])
        opened = context.new_page()
        opened.on("pageerror", lambda error: wrong.append(str(error)))
        opened.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        try:
            yield opened
        finally:
            browser.close()
    if wrong:
        raise AssertionError(f"the page complained: {wrong}")
