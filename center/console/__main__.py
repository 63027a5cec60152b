"""callpost-center: everything that it is made of, top to bottom."""

import asyncio
import secrets
import time
from pathlib import Path
from zoneinfo import ZoneInfo

from center import program
from center.commands import Commander, Offers
from center.console import fleet
from center.console.app import build
from center.console.auth import Gate
from center.console.facts import Facts
from center.console.fleet import Fleet
from center.console.live import Changes, Watch
from center.console.parts import Console
from center.console.public_limit import PublicLimit
from center.console.rating_facts import RatingFacts
from center.console.rating_records import RatingRecords
from center.console.records import Records
from center.console.reports import Reports
from center.console.serve import serve
from center.console.settings import ConsoleSettings
from center.console.uploads import Uploads
from center.console.views import Views
from center.mqtt import Link, Message, Session
from edge.words import Words

locale = Path(__file__).parent.parent / "locale"
offers_topic = "callpost/v1/+/call/offer"
# The name that the broker's access list knows; the client of the broker is another one at each start.
caller = "console"


def main() -> None:
    """Entry point of `callpost-center`."""
    program.main("callpost-center", "console", ConsoleSettings, run)


async def run(settings: ConsoleSettings) -> None:
    """Serve the console until cancelled."""
    own = secrets.token_hex(6)
    commander, offers = Commander(caller), Offers(time.monotonic)
    fleet_commander = Commander(fleet.caller)

    def heard(message: Message) -> None:
        (offers if message.topic.endswith("/call/offer") else commander).heard(message)

    link = Link(settings.mqtt, Session(f"callpost-console-{own}"), [(commander.topic, 1), (offers_topic, 1)], heard)
    fleet_link = Link(
        settings.fleet_mqtt or settings.mqtt,
        Session(f"callpost-fleet-{own}"),
        [(fleet_commander.topic, 1)],
        fleet_commander.heard,
    )
    facts, changes = Facts(settings.facts), Changes()
    records = program.opened(Records, settings.records)
    rating_records = program.opened(RatingRecords, settings.records)
    largest = settings.clip_largest_megabytes * 1_000_000
    uploads = program.opened(lambda folder: Uploads(records, folder, largest), settings.clips)
    for file in (settings.certificate_file, settings.key_file):
        if file:
            program.opened(Path.read_bytes, file)  # said now, in a sentence, and not by the web server later
    link.open()
    fleet_link.open()
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
                fleet=Fleet(fleet_link, fleet_commander, facts),
                reports=Reports(settings, RatingFacts(settings.facts, ZoneInfo(settings.time_zone)), rating_records),
                rating_records=rating_records,
                public_limit=PublicLimit(settings.ratings.public_per_minute),
                background=tasks,
            )
            tasks.create_task(serve(build(console), settings, changes))
            tasks.create_task(Watch(facts, changes, settings.poke).run())
    finally:
        link.close()
        fleet_link.close()
        facts.close()
        rating_records.close()
        records.close()


if __name__ == "__main__":
    main()
