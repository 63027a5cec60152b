"""callpost-ingest: everything that it is made of, top to bottom."""

from center import program
from center.ingest.poke import Poke
from center.ingest.settings import IngestSettings
from center.ingest.store import Store
from center.ingest.worker import Worker
from center.mqtt import Link, Session

topics = [
    (f"callpost/v1/+/{channel}", qos) for channel, qos in (("alarm", 1), ("event", 1), ("state", 1), ("heartbeat", 0))
]
# The broker keeps what comes during a restart of ours, so that it is stored at once and not at the post's next try.
kept_seconds = 24 * 3600


def main() -> None:
    """Entry point of `callpost-ingest`."""
    program.main("callpost-ingest", "ingest", IngestSettings, run)


async def run(settings: IngestSettings) -> None:
    """Store what the posts send until cancelled."""
    store = program.opened(Store, settings.database)
    poke = Poke(settings.poke)
    worker = Worker(store, poke.send)
    session = Session(settings.client_id, kept_seconds)
    link = Link(settings.mqtt, session, topics, worker.heard, acknowledge_by_hand=True)
    link.open()
    try:
        await worker.run(link)
    finally:
        link.close()
        poke.close()
        store.close()


if __name__ == "__main__":
    main()
