"""The only writer of center.sqlite3: one transaction a batch, durable when it returns."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from center.ingest.intake import Beat, Birth, Fact, Gone, Item, Refused
from center.ledger import Ledger
from edge.event import ClockState, Event, rfc3339
from edge.kinds import check_event
from edge.kinds.events import ClockSynchronised, OutboxGap

most_refused = 1000
longest_refused_bytes = 4096
alarming = ("incident.raised", "incident.pressed_again", "incident.level_raised")

schema = """
CREATE TABLE IF NOT EXISTS event (
  position INTEGER PRIMARY KEY AUTOINCREMENT, device TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL,
  severity TEXT NOT NULL, incident TEXT, wall TEXT NOT NULL, at TEXT NOT NULL, recorded TEXT NOT NULL,
  boot TEXT NOT NULL, mono INTEGER NOT NULL, clockstate TEXT NOT NULL, data TEXT NOT NULL, received TEXT NOT NULL,
  UNIQUE (device, id));
CREATE INDEX IF NOT EXISTS event_incident ON event (incident) WHERE incident IS NOT NULL;
CREATE INDEX IF NOT EXISTS event_undated ON event (device, boot) WHERE clockstate <> 'synchronised';
CREATE INDEX IF NOT EXISTS event_service ON event (at) WHERE severity = 'service';
CREATE TABLE IF NOT EXISTS ledger (
  device TEXT NOT NULL, outbox TEXT NOT NULL, epoch TEXT NOT NULL, spans TEXT NOT NULL,
  PRIMARY KEY (device, outbox, epoch)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS incident (
  device TEXT NOT NULL, incident TEXT NOT NULL, alarmed INTEGER NOT NULL DEFAULT 0, closed INTEGER NOT NULL DEFAULT 0,
  first INTEGER NOT NULL, PRIMARY KEY (device, incident)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS incident_open ON incident (closed, first);
CREATE TABLE IF NOT EXISTS post (
  device TEXT PRIMARY KEY, online INTEGER NOT NULL DEFAULT 0, session TEXT, birth TEXT, heartbeat TEXT,
  heard TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fault (
  device TEXT NOT NULL, part TEXT NOT NULL, reason TEXT NOT NULL, since TEXT NOT NULL,
  PRIMARY KEY (device, part)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS boot_clock (
  device TEXT NOT NULL, boot TEXT NOT NULL, mono INTEGER NOT NULL, wall TEXT NOT NULL,
  PRIMARY KEY (device, boot)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refused (
  number INTEGER PRIMARY KEY AUTOINCREMENT, received TEXT NOT NULL, topic TEXT NOT NULL, reason TEXT NOT NULL,
  payload BLOB NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Ack:
    """What a device may forget: all numbers of this outbox and epoch up to `upto`."""

    device: str
    outbox: str
    epoch: str
    upto: int


Lane = tuple[str, str, str]


class Store:
    """The file. Calls belong to one thread and return after the commit."""

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raises sqlite3.Error when it cannot be used."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(schema)

    def commit(self, items: Iterable[Item], now: datetime) -> list[Ack]:
        """Store a batch in one transaction and return what may be acknowledged; nothing is when sqlite3.Error comes."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            touched: dict[Lane, None] = {}
            for item in items:
                touched.update(dict.fromkeys(self._keep(item, now)))
            acks = [Ack(*lane, upto) for lane in touched if (upto := self._ledger(lane).upto) > 0]
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        return acks

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _keep(self, item: Item, now: datetime) -> Sequence[Lane]:
        """Store one item; return the lanes that it changed or that must be acknowledged again."""
        match item:
            case Fact(device, event):
                return self._keep_event(device, event, now)
            case Birth():
                return self._keep_birth(item, now)
            case Gone(device, session):
                # A will of an older session may come after the new birth; it says nothing about now.
                self._db.execute("UPDATE post SET online = 0 WHERE device = ? AND session = ?", (device, session))
            case Beat(device, body):
                self._heard(device, now)
                self._db.execute("UPDATE post SET heartbeat = ? WHERE device = ?", (_json(body), device))
            case Refused():
                self._refuse(item, now)
        return ()

    def _keep_event(self, device: str, event: Event, now: datetime) -> list[Lane]:
        lanes = [(device, event.outbox, event.epoch)]
        known = self._ledger(lanes[0])
        if self._insert(device, event, now):
            self._record(lanes[0], known.stored(event.sequence))
            lanes.extend(self._follow(device, event))
        return lanes

    def _insert(self, device: str, event: Event, now: datetime) -> bool:
        stamp, incident = event.stamp, _incident(event)
        done = self._db.execute(
            "INSERT INTO event (device, id, kind, severity, incident, wall, at, recorded, boot, mono, clockstate, data,"
            " received) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (device, id) DO NOTHING",
            (device, event.id, event.kind, event.severity, incident, rfc3339(stamp.wall), self._dated(device, event),
             rfc3339(event.recorded), stamp.boot, stamp.mono, stamp.state, _json(event.data), rfc3339(now)),
        )  # fmt: skip
        if done.rowcount == 1 and incident and event.kind.startswith("incident."):
            self._note_incident(device, incident, event.kind, done.lastrowid)
        return done.rowcount == 1

    def _note_incident(self, device: str, incident: str, kind: str, position: int | None) -> None:
        self._db.execute(
            "INSERT INTO incident (device, incident, alarmed, closed, first) VALUES (?, ?, ?, ?, ?) ON CONFLICT"
            " DO UPDATE SET alarmed = max(alarmed, excluded.alarmed), closed = max(closed, excluded.closed)",
            (device, incident, kind in alarming, kind == "incident.closed", position),
        )

    def _follow(self, device: str, event: Event) -> Iterator[Lane]:
        """Do what an event asks for besides being stored. Data that do not fit their kind ask for nothing."""
        try:
            data = check_event(event.kind, event.data)
        except ValueError:
            return
        match event.kind:
            case "outbox.gap":
                yield self._name_gap(device, OutboxGap(**data))
            case "clock.synchronised":
                self._synchronise(device, ClockSynchronised(**data))
            case "device.fault_raised":
                self._db.execute(
                    "INSERT OR REPLACE INTO fault (device, part, reason, since) VALUES (?, ?, ?, ?)",
                    (device, data["part"], data["reason"], rfc3339(event.stamp.wall)),
                )
            case "device.fault_cleared":
                self._db.execute("DELETE FROM fault WHERE device = ? AND part = ?", (device, data["part"]))

    def _name_gap(self, device: str, gap: OutboxGap) -> Lane:
        lane = (device, gap.outbox, gap.epoch)
        self._record(lane, self._ledger(lane).named(gap.first, min(gap.last, (1 << 63) - 1)))
        return lane

    def _dated(self, device: str, event: Event) -> str:
        """Return the best time of an event: its own when its clock was right, else counted from the boot's."""
        if event.stamp.state is not ClockState.SYNCHRONISED:
            row = self._db.execute(
                "SELECT mono, wall FROM boot_clock WHERE device = ? AND boot = ?", (device, event.stamp.boot)
            ).fetchone()
            if row:
                return _counted(row[1], row[0], event.stamp.mono)
        return rfc3339(event.stamp.wall)

    def _synchronise(self, device: str, clock: ClockSynchronised) -> None:
        """Date all events of this boot that were stamped by a clock not yet set."""
        try:
            wall = rfc3339(datetime.fromisoformat(clock.wall).astimezone(UTC))
            mono = int(clock.mono)
            _counted(wall, mono, 0)
        except (ValueError, OverflowError):
            return
        self._db.execute(
            "INSERT OR REPLACE INTO boot_clock (device, boot, mono, wall) VALUES (?, ?, ?, ?)",
            (device, clock.boot, mono, wall),
        )
        rows = self._db.execute(
            "SELECT position, mono FROM event WHERE device = ? AND boot = ? AND clockstate <> 'synchronised'",
            (device, clock.boot),
        ).fetchall()
        self._db.executemany(
            "UPDATE event SET at = ? WHERE position = ?",
            [(_counted(wall, mono, then), position) for position, then in rows],
        )

    def _keep_birth(self, birth: Birth, now: datetime) -> list[Lane]:
        self._heard(birth.device, now)
        self._db.execute(
            "UPDATE post SET online = 1, session = ?, birth = ? WHERE device = ?",
            (birth.session, _json(birth.body), birth.device),
        )
        lanes = [((birth.device, *key), first) for key, first in birth.firsts.items()]
        for lane, first in lanes:
            self._record(lane, self._ledger(lane).beginning(first))
        # Acknowledge only lanes where we hold more than the device has already forgotten.
        return [lane for lane, first in lanes if self._ledger(lane).upto >= first]

    def _heard(self, device: str, now: datetime) -> None:
        self._db.execute(
            "INSERT INTO post (device, heard) VALUES (?, ?) ON CONFLICT DO UPDATE SET heard = excluded.heard",
            (device, rfc3339(now)),
        )

    def _refuse(self, item: Refused, now: datetime) -> None:
        topic = item.topic.encode("utf-8", "backslashreplace").decode()[:300]
        reason = item.reason.encode("utf-8", "backslashreplace").decode()
        self._db.execute(
            "INSERT INTO refused (received, topic, reason, payload) VALUES (?, ?, ?, ?)",
            (rfc3339(now), topic, reason, item.payload[:longest_refused_bytes]),
        )
        self._db.execute("DELETE FROM refused WHERE number <= (SELECT max(number) FROM refused) - ?", (most_refused,))

    def _ledger(self, lane: Lane) -> Ledger:
        row = self._db.execute(
            "SELECT spans FROM ledger WHERE device = ? AND outbox = ? AND epoch = ?", lane
        ).fetchone()
        return Ledger(tuple((low, high) for low, high in json.loads(row[0]))) if row else Ledger()

    def _record(self, lane: Lane, ledger: Ledger) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO ledger (device, outbox, epoch, spans) VALUES (?, ?, ?, ?)",
            (*lane, json.dumps(ledger.spans)),
        )


def _json(body: Mapping[str, Any]) -> str:
    return json.dumps(dict(body), ensure_ascii=False, separators=(",", ":"))


def _incident(event: Event) -> str | None:
    name = event.data.get("incident")
    return name if isinstance(name, str) and 0 < len(name) <= 64 else None


def _counted(wall: str, mono: int, then: int) -> str:
    """Return the wall time of `then`, counted from `mono` at `wall`; both in nanoseconds of one boot."""
    try:
        return rfc3339(datetime.fromisoformat(wall) + timedelta(microseconds=(then - mono) // 1000))
    except OverflowError:
        return wall
