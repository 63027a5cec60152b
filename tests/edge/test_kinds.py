"""Kinds of events and commands: nothing unknown passes, and the severity is the contract's."""

import pytest

from edge.event import Severity
from edge.kinds import COMMANDS, EVENTS, check_command, check_event
from edge.kinds.commands import Close


def test_an_event_is_returned_as_the_wire_carries_it() -> None:
    """With its defaults filled in."""
    data = {"incident": "A", "operator": "Wang"}
    assert check_event("incident.team_dispatched", data) == {**data, "team": "", "eta_minutes": None}


@pytest.mark.parametrize(
    ("kind", "data", "sentence"),
    [
        ("incident.vanished", {}, "no event is called 'incident.vanished'"),
        ("incident.received", {"incident": "A", "centre": 0, "colour": "red"}, "event incident.received: colour: "),
        ("incident.received", {"incident": "A"}, "event incident.received: centre: "),
        ("incident.acknowledged", {"incident": "A", "operator": ""}, "event incident.acknowledged: operator: "),
        ("incident.raised", {"incident": "A", "level": "loud", "mode": "live", "trigger": "x"}, "level"),
        ("device.power_changed", {"mains": True, "battery": "warm"}, "battery"),
    ],
)
def test_an_event_that_does_not_fit_is_refused(kind: str, data: dict[str, object], sentence: str) -> None:
    """The sentence names kind and field."""
    with pytest.raises(ValueError, match=sentence):
        check_event(kind, data)


@pytest.mark.parametrize(
    ("part", "severity"),
    [
        ("button", Severity.ALARM),
        ("assist", Severity.ALARM),
        ("tamper", Severity.ALARM),
        ("key_switch", Severity.STATE),
        ("light", Severity.STATE),
        ("disk", Severity.STATE),
    ],
)
def test_a_fault_of_a_loop_is_an_alarm(part: str, severity: Severity) -> None:
    """Who cuts the cable of a key makes it useless; a lamp can wait. Its end is never an alarm."""
    data = {"part": part, "reason": "the cable is cut"}
    assert EVENTS["device.fault_raised"].severity_of(data) is severity
    assert EVENTS["device.fault_cleared"].severity_of(data) is Severity.STATE


def test_the_alarms_are_the_contracts() -> None:
    """Outer contract, section 4."""
    assert {name for name, kind in EVENTS.items() if kind.severity is Severity.ALARM} == {
        "incident.raised",
        "incident.pressed_again",
        "incident.level_raised",
        "incident.escalated",
        "device.tampered",
    }


def test_every_kind_says_what_it_means() -> None:
    """One sentence, for the AsyncAPI file."""
    said = {
        **{name: kind.says for name, kind in EVENTS.items()},
        **{name: kind.says for name, kind in COMMANDS.items()},
    }
    assert [name for name, sentence in said.items() if not sentence.endswith(".")] == []


def test_commands_of_incident_call_and_dome_are_bound_to_their_incident() -> None:
    """They are refused for another one."""
    free = {name for name, kind in COMMANDS.items() if not kind.bound_to_incident}
    assert not [name for name in free if name.startswith(("incident.", "call.", "ptz."))]


def test_a_command_becomes_its_model() -> None:
    """With its defaults filled in."""
    close = check_command("incident.close", {"incident": "A", "disposition": "real"})
    assert close == Close(incident="A", disposition="real", note="")


@pytest.mark.parametrize(
    ("name", "body", "sentence"),
    [
        ("post.explode", {}, "no command is called 'post.explode'"),
        ("incident.close", {"incident": "A"}, "command incident.close: disposition: "),
        ("incident.close", {"incident": "A", "disposition": "real", "x": 1}, "command incident.close: x: "),
        ("incident.close", {"incident": "", "disposition": "real"}, "incident"),
        ("ptz.move", {"incident": "A", "pan": 1.5}, "pan"),
        ("ptz.move", {"incident": "A", "pan": float("nan")}, "pan"),
    ],
)
def test_a_command_that_does_not_fit_is_refused(name: str, body: dict[str, object], sentence: str) -> None:
    """The sentence names command and field."""
    with pytest.raises(ValueError, match=sentence):
        check_command(name, body)
