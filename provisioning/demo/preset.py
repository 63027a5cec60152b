"""Give the demo's rating window its clerks and notices, as the centre's commands would.

A program of its own, run once, because the library that draws takes a second to load: `python -m
provisioning.demo.preset SOCKET`.
"""

import asyncio
import base64
import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from ulid import ULID

from edge.local_client import client
from provisioning.demo.clerks import clerks, notices
from provisioning.demo.portraits import notice_picture, portrait

log = logging.getLogger(__name__)
again_seconds = 0.5
tries = 240
deadline_seconds = 10.0


def main() -> None:
    """Run as above. Exits 1 with a sentence when the window takes none of it."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    sys.exit(asyncio.run(furnish(Path(sys.argv[1]))))


async def furnish(socket: Path) -> int:
    """Send every command; return how many were not carried out."""
    refused = 0
    async with client(socket, deadline_seconds) as terminal:
        for name, body in commands():
            order = {"id": str(ULID()), "operator": "demo", "body": body}
            sentence = await _told(terminal, name, order)
            if sentence:
                log.error("the rating window has not carried out %s: %s", name, sentence)
            refused += bool(sentence)
    return refused


def commands() -> list[tuple[str, Mapping[str, Any]]]:
    """Return names and bodies, with the pictures drawn."""
    entries = [
        {"clerk": one.clerk, "number": one.number, "name": one.name, "photo": _text(portrait(one.face))}
        for one in clerks
    ]
    published = [{**notice, "picture": _text(notice_picture(notice["picture"]))} for notice in notices]
    return [("roster.set", {"entries": entries}), *(("notice.publish", notice) for notice in published)]


def _text(picture: bytes) -> str:
    return base64.b64encode(picture).decode("ascii")


async def _told(terminal: httpx.AsyncClient, name: str, order: Mapping[str, Any]) -> str:
    """Return why a command was not carried out, nothing when it was. A program that is just starting is asked again."""
    for _ in range(tries):
        try:
            answer = await terminal.post(f"/v1/commands/{name}", json=order)
        except httpx.TransportError:
            await asyncio.sleep(again_seconds)
            continue
        return "" if answer.is_success and answer.json().get("status") == "done" else answer.text
    return "it does not answer"


if __name__ == "__main__":
    main()
