"""The shape of a program's file, step by step; each step runs in the transaction that records it."""

from edge.sqlite_light import Database, Migrations

outbox = Migrations("callpost.outbox")


@outbox()
def m001_events(db: Database) -> None:
    """Events, the epochs in their order, what is acknowledged, and a little state kept in step with the events."""
    db.execute(
        "CREATE TABLE events (position INTEGER PRIMARY KEY AUTOINCREMENT, outbox TEXT NOT NULL, epoch TEXT NOT NULL,"
        " sequence INTEGER NOT NULL, severity TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (outbox, epoch, sequence))"
    )
    # Alarms are looked for behind any number of other events.
    db.execute("CREATE INDEX events_of_outbox ON events (outbox, position)")
    db.execute("CREATE TABLE epochs (position INTEGER PRIMARY KEY, epoch TEXT NOT NULL UNIQUE)")
    db.execute(
        "CREATE TABLE acknowledged (outbox TEXT NOT NULL, epoch TEXT NOT NULL, upto INTEGER NOT NULL,"
        " PRIMARY KEY (outbox, epoch))"
    )
    db.execute("CREATE TABLE kept (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
