"""Faults and readiness: told once, cleared once; ready is proved, not claimed."""

from collections.abc import Mapping

from edge.faults import Faults
from edge.readiness import Condition, Part, faulty, proved, ready, summary


def test_a_fault_is_told_once_and_cleared_once() -> None:
    """Repeating either says nothing new; another reason is shown, and told when the part is mended."""
    told: list[tuple[str, Mapping[str, str]]] = []
    changes: list[int] = []
    faults = Faults(lambda kind, data: told.append((kind, data)), lambda: changes.append(len(told)))
    faults.set("light", None)
    for reason in ("dark", "dark", "darker"):
        faults.set("light", reason)
    assert faults.open == {"light": "darker"}
    for _ in range(2):
        faults.set("light", None)
    assert told == [
        ("device.fault_raised", {"part": "light", "reason": "dark"}),
        ("device.fault_cleared", {"part": "light", "reason": "darker"}),
    ]
    assert changes == [1, 2]


def test_open_faults_are_listed_by_part() -> None:
    """With reasons that fit into an event."""
    faults = Faults(lambda *_: None)
    faults.set("siren", "x" * 1000)
    faults.set("light", "dark")
    assert [fault["part"] for fault in faults.listed()] == ["light", "siren"]
    assert len(faults.listed()[1]["reason"]) == 400


def test_a_part_must_prove_itself_and_again_within_its_limit() -> None:
    """Never proved is overdue; the limit itself still counts."""
    parts = {"light": Part(10)}
    assert parts["light"].condition(0) is Condition.OVERDUE
    parts = dict(proved(parts, "light", 5))
    assert parts["light"].condition(15) is Condition.PROVED
    assert parts["light"].condition(15.1) is Condition.OVERDUE


def test_a_fault_outweighs_a_fresh_proof_until_the_next_one() -> None:
    """Working again is the only way out."""
    parts = faulty(proved({"light": Part(10)}, "light", 5), "light", "dark")
    assert parts["light"].condition(5) is Condition.FAULTY
    assert proved(parts, "light", 6)["light"].condition(6) is Condition.PROVED


def test_ready_means_all_of_them() -> None:
    """One part that is not proved takes the lamp away."""
    parts = proved({"light": Part(10), "siren": Part(10)}, "light", 0)
    assert not ready(parts, 1)
    assert ready(proved(parts, "siren", 0), 1)
    assert not ready(proved(parts, "siren", 0), 11)


def test_the_summary_tells_age_limit_and_reason() -> None:
    """As birth and doctor show it."""
    parts = faulty(proved({"light": Part(10), "siren": Part(5)}, "light", 2), "siren", "silent")
    assert summary(parts, 3.04) == {
        "ready": False,
        "parts": {
            "light": {"state": "proved", "proved_seconds_ago": 1.0, "limit_seconds": 10, "reason": None},
            "siren": {"state": "faulty", "proved_seconds_ago": None, "limit_seconds": 5, "reason": "silent"},
        },
    }
