"""callpost-ingest as a real process on a real broker: every event once, acknowledged after the commit."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from center.ingest.__main__ import topics
from edge.event import ClockState, rfc3339
from support.broker import Broker
from support.patience import deadline_seconds, until
from support.post import Post, boot

raised = {"incident": "01INCIDENT", "level": "panic", "mode": "live", "trigger": "button"}
fault = {"part": "camera", "reason": "no picture"}


class Ingest:
    """One callpost-ingest, and what lies in its file."""

    def __init__(self, folder: Path, port: int) -> None:
        """Write the settings."""
        self.database = folder / "center.sqlite3"
        self.settings = folder / "center.toml"
        self.settings.write_text(
            f'[ingest]\ndatabase = "{self.database}"\npoke = "{folder}/none.sock"\n[ingest.mqtt]\nport = {port}\n'
        )
        self.start()

    def start(self) -> None:
        """Start the program."""
        command = [sys.executable, "-m", "center.ingest", "--settings", str(self.settings)]
        self.process = subprocess.Popen(command)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait(deadline_seconds)

    def end(self) -> None:
        """End it in an orderly way."""
        self.process.terminate()
        self.process.wait(deadline_seconds)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the file; a file or table that is not there yet has no rows."""
        if not self.database.exists():
            return []
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)
        try:
            return connection.execute(query).fetchall()
        except sqlite3.OperationalError:
            return []
        finally:
            connection.close()


@pytest.fixture
def ingest(tmp_path: Path, broker: Broker) -> Iterator[Ingest]:
    """A running callpost-ingest."""
    started = Ingest(tmp_path, broker.port)
    until(lambda: broker.heard_by(*(topic for topic, _ in topics)))
    yield started
    started.end()


@pytest.fixture
def post(broker: Broker) -> Iterator[Post]:
    """A post on the same broker."""
    with Post(broker.port) as connected:
        yield connected


def test_an_alarm_is_stored_and_then_acknowledged(ingest: Ingest, post: Post) -> None:
    """When the acknowledgement is out, another reader already finds the event in the file."""
    event = post.say("incident.raised", raised)
    assert post.acknowledged("panic-alarm", 1) == {"outbox": "panic-alarm", "epoch": "01EPOCH", "upto": 1}
    assert ingest.rows("SELECT device, id, incident FROM event") == [("school.gate", event["id"], "01INCIDENT")]


def test_a_repeated_event_is_stored_once_and_acknowledged_again(ingest: Ingest, post: Post) -> None:
    """A post that missed the first acknowledgement gets another one."""
    event = post.say("incident.raised", raised)
    post.acknowledged("panic-alarm", 1)
    post.publish("alarm", event)
    post.acknowledged("panic-alarm", 1)
    assert ingest.rows("SELECT count(*) FROM event") == [(1,)]


def test_a_missing_number_holds_the_acknowledgement_until_it_comes_or_is_named(ingest: Ingest, post: Post) -> None:
    """1, 3 acknowledges 1; the gap event naming 2 acknowledges all."""
    post.say("device.fault_raised", fault)
    post.acknowledged("panic", 1)
    post.say("device.fault_raised", fault, sequence=3)
    assert post.acks.get(timeout=deadline_seconds)["upto"] == 1
    gap = {"outbox": "panic", "epoch": "01EPOCH", "first": 2, "last": 2, "reason": "the disk was full"}
    post.say("outbox.gap", gap)
    assert post.acknowledged("panic", 4)["upto"] == 4
    assert ingest.rows("SELECT count(*) FROM event") == [(3,)]


def test_what_a_birth_no_longer_holds_counts_as_present(ingest: Ingest, post: Post) -> None:
    """After the birth says that the post begins at 5, event 5 acknowledges up to 5."""
    post.birth(outboxes=[{"outbox": "panic", "epoch": "01EPOCH", "first": 5, "last": 5}])
    post.say("device.fault_raised", fault, sequence=5)
    assert post.acknowledged("panic", 5)["upto"] == 5
    assert ingest.rows("SELECT online, session FROM post") == [(1, "01SESSION")]


def test_another_devices_event_is_refused_and_kept_aside(ingest: Ingest, post: Post, broker: Broker) -> None:
    """A post cannot speak for another one; the good neighbour in the same array is stored."""
    good, bad = post.event("device.fault_raised", fault), post.event("device.fault_raised", fault)
    post.publish("event", [{**bad, "source": "/posts/other.post"}, good])
    post.acknowledged("panic", 1)
    assert ingest.rows("SELECT id FROM event") == [(good["id"],)]
    assert "not the device of the topic" in ingest.rows("SELECT reason FROM refused")[0][0]


def test_events_before_the_clock_was_set_get_their_exact_time(ingest: Ingest, post: Post) -> None:
    """An event 10 s before the synchronisation is dated 10 s before it, also when it arrives afterwards."""
    wrong, right = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 24, 12, tzinfo=UTC)
    early = post.say("incident.raised", raised, wall=wrong, mono=5 * 10**9, clock=ClockState.FLOOR)
    sync = {"boot": boot, "mono": str(15 * 10**9), "wall": rfc3339(right)}
    post.say("clock.synchronised", sync, wall=right, mono=15 * 10**9)
    post.acknowledged("panic", 1)
    late = post.say("device.fault_raised", fault, wall=wrong, mono=14 * 10**9, clock=ClockState.NONE)
    post.acknowledged("panic", 2)
    dated = dict(ingest.rows("SELECT id, at FROM event"))
    assert dated[early["id"]] == rfc3339(right - timedelta(seconds=10))
    assert dated[late["id"]] == rfc3339(right - timedelta(seconds=1))


def test_the_last_will_of_an_older_session_says_nothing_about_the_new_one(ingest: Ingest, post: Post) -> None:
    """Only the will of the living session marks a post as offline."""
    post.birth()
    post.publish("state", {"online": False, "session": "01OLDER"})
    post.publish("heartbeat", {"counter": 1})
    until(lambda: ingest.rows("SELECT 1 FROM post WHERE heartbeat IS NOT NULL"))
    assert ingest.rows("SELECT online FROM post") == [(1,)]
    post.publish("state", {"online": False, "session": "01SESSION"}, retain=True)
    until(lambda: ingest.rows("SELECT online FROM post") == [(0,)])


def test_kill_9_between_messages_loses_nothing_and_doubles_nothing(ingest: Ingest, post: Post) -> None:
    """A publisher that re-sends what is not acknowledged gets every event stored exactly once, over five kills."""
    sent = []
    for number in range(1, 101):
        sent.append(post.say("device.fault_raised", {"part": f"part {number}", "reason": "gone"}))
        if number % 20 == 10:
            ingest.kill()
            ingest.start()
    # What the post would do on its timer: everything again that no acknowledgement covers.
    post.publish("event", sent)
    post.acknowledged("panic", 100)
    stored = [row[0] for row in ingest.rows("SELECT id FROM event")]
    assert sorted(stored) == sorted(event["id"] for event in sent)


def test_a_killed_broker_comes_back_and_so_do_the_acknowledgements(
    ingest: Ingest, broker: Broker, tmp_path: Path
) -> None:
    """Ingest finds a broker again that was killed and started on the same port."""
    broker.kill()
    broker.restart()
    with Post(broker.port, "school.back") as post:
        event = post.event("incident.raised", raised)

        def again() -> bool:
            post.publish("alarm", event)
            return not post.acks.empty()

        until(again)
    assert ingest.rows("SELECT count(*) FROM event") == [(1,)]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
channels = st.sampled_from(["alarm", "event", "state", "heartbeat"])


@st.composite
def bent_events(draw: Callable[..., Any]) -> dict[str, Any]:
    """A good event with one field replaced by anything."""
    good = {
        "specversion": "1.0", "id": "panic:01EPOCH:7", "source": "/posts/school.gate", "type": "callpost.outbox.gap",
        "time": "2026-11-21T00:00:00Z", "recordedtime": "2026-11-21T00:00:00Z", "sequence": "7", "epoch": "01EPOCH",
        "boot": boot, "mono": "7", "clockstate": "none", "severity": "state",
        "data": {"outbox": "panic", "epoch": "01EPOCH", "first": 1, "last": 6, "reason": "x"},
    }  # fmt: skip
    key = draw(st.sampled_from(sorted(good)))
    odd = st.sampled_from(["\ud800", "panic:01EPOCH:" + "9" * 400, "9" * 30, "-1", "panic:a:1:2", "\x00"])
    return {**good, key: draw(json_values | odd)}


@given(channel=channels, body=st.binary(max_size=200) | json_values | bent_events() | st.lists(bent_events()))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_garbage_never_ends_ingest(ingest: Ingest, post: Post, channel: str, body: object) -> None:
    """Whatever comes on any topic, the process lives."""
    post.publish(channel, body if isinstance(body, bytes) else json.dumps(body).encode("utf-8", "surrogatepass"))
    assert ingest.process.poll() is None


def test_after_garbage_a_good_event_is_still_stored(ingest: Ingest, post: Post) -> None:
    """The refused table is capped, and what follows garbage is acknowledged."""
    deep = b"[" * 50_000
    for payload in (b"", b"\xff\xfe", b"null", b"[]", b"{}", b'"\\ud800"', b"NaN", deep, b"x" * (1 << 20)):
        for channel in ("alarm", "event", "state", "heartbeat"):
            post.publish(channel, payload)
    post.say("incident.raised", raised)
    post.acknowledged("panic-alarm", 1)
    assert ingest.rows("SELECT max(length(payload)) <= 4096, count(*) BETWEEN 30 AND 1000 FROM refused") == [(1, 1)]
    assert ingest.process.poll() is None
