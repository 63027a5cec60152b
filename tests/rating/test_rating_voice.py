"""A window that speaks: the real terminal asks the real media program, which has a loudspeaker and nothing else."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from support.panic_process import listens
from support.patience import deadline_seconds, until
from support.rating import RatingProcess, slow, write_settings

media_settings = """
[media]
camera = { make = "off" }
ptz = { make = "off" }
speaker = { make = "simulated" }
microphone = { make = "off" }
"""


@contextmanager
def media(folder: Path, settings: Path) -> Iterator[httpx.Client]:
    """Run media beside the terminal and give a client of its local interface."""
    path = folder / "run" / "media" / "api.sock"
    path.parent.mkdir(parents=True)
    process = subprocess.Popen([sys.executable, "-m", "media", "--settings", str(settings)])
    try:
        until(lambda: listens(path), "media answers")
        with httpx.Client(
            transport=httpx.HTTPTransport(uds=str(path)), base_url="http://local", timeout=deadline_seconds
        ) as client:
            # The window gives up a prompt that media does not take within two seconds; the first answer may take longer.
            client.get("/v1/health").raise_for_status()
            yield client
    finally:
        process.terminate()
        process.wait(deadline_seconds)


def saying(client: httpx.Client) -> Any:
    """Return what the loudspeaker says now."""
    return client.get("/v1/sim").json()["speaker"]["saying"]


def test_a_window_without_a_post_invites_and_thanks_by_voice(tmp_path: Path) -> None:
    """A citizen who does not see the screen hears both, Chinese first; the thanks do not tell the level."""
    settings = write_settings(tmp_path, "voice = true\n" + slow)
    settings.write_text(settings.read_text(encoding="utf-8") + media_settings, encoding="utf-8")
    with RatingProcess(tmp_path, settings=settings) as rating, media(tmp_path, settings) as loudspeaker:
        rating.open()
        until(lambda: "评价" in saying(loudspeaker), "the window asks for a rating")
        rating.touch(5)
        until(lambda: "感谢" in saying(loudspeaker), "the window thanks")
