"""The system's Chromium, headless, driven by Playwright, with a fake microphone that is allowed."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

flags = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required", "--disable-features=WebRtcHideLocalIpsWithMdns",
)  # fmt: skip


@contextmanager
def page(*, microphone: bool = True) -> Iterator[Page]:
    """Give one page; an error in a script or a broken content security policy fails the test at the end."""
    wrong: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(flags))
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
