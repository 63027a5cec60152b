"""callpost-center: everything that it is made of, top to bottom."""

import asyncio
import secrets
import time
from pathlib import Path

from center import program
from center.commands import Commander, Offers
from center.console.app import build
from center.console.auth import Gate
from center.console.facts import Facts
from center.console.live import Changes, Watch
from center.console.parts import Console
from center.console.records import Records
from center.console.serve import serve
from center.console.settings import ConsoleSettings
from center.console.uploads import Uploads
from center.console.views import Views
from center.mqtt import Link, Message, Session
from edge.words import Words

locale = Path(__file__).parent.parent / "locale"
offers_topic = "callpost/v1/+/call/offer"


def main() -> None:
    """Entry point of `callpost-center`."""
    program.main("callpost-center", "console", ConsoleSettings, run)


async def run(settings: ConsoleSettings) -> None:
    """Serve the console until cancelled."""
    caller = f"console-{secrets.token_hex(6)}"
    commander, offers = Commander(caller), Offers(time.monotonic)

    def heard(message: Message) -> None:
        (offers if message.topic.endswith("/call/offer") else commander).heard(message)

    link = Link(settings.mqtt, Session(f"callpost-{caller}"), [(commander.topic, 1), (offers_topic, 1)], heard)
    facts, changes = Facts(settings.facts), Changes()
    records = program.opened(Records, settings.records)
    largest = settings.clip_largest_megabytes * 1_000_000
    uploads = program.opened(lambda folder: Uploads(records, folder, largest), settings.clips)
    for file in (settings.certificate_file, settings.key_file):
        if file:
            program.opened(Path.read_bytes, file)  # said now, in a sentence, and not by the web server later
    link.open()
    try:
        async with asyncio.TaskGroup() as tasks:
            console = Console(
                settings=settings,
                facts=facts,
                records=records,
                gate=Gate(records, https=settings.https, hours=settings.session_hours),
                views=Views(Words.load(locale, "center"), settings),
                changes=changes,
                commander=commander,
                offers=offers,
                broker=link,
                uploads=uploads,
                background=tasks,
            )
            tasks.create_task(serve(build(console), settings, changes))
            tasks.create_task(Watch(facts, changes, settings.poke).run())
    finally:
        link.close()
        facts.close()
        records.close()


if __name__ == "__main__":
    main()
