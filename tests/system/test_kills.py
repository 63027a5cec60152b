"""Any program may die in the middle of an incident: it comes back, and the story goes on."""

import pytest

from support.demo import Demo
from support.desk import Operator
from support.patience import until

pytestmark = pytest.mark.system
device = "demo.post1"


@pytest.mark.parametrize("program", ["forwarder", "media", "panic", "ingest", "center", "mosquitto", "sim-camera"])
def test_a_killed_program_comes_back_and_the_story_goes_on(demo: Demo, operator: Operator, program: str) -> None:
    """Press, kill, and the incident is acknowledged, dispatched, arrived and closed all the same."""
    before = len(demo.stored("incident.raised"))
    demo.press()
    until(lambda: len(demo.stored("incident.raised")) == before + 1, "the alarm is stored")
    incident = demo.stored("incident.raised")[-1]["incident"]
    demo.comes_back(program, demo.kill(program))
    until(demo.alarmed, "light and siren are on")
    for name, more in (
        ("incident.acknowledge", {}),
        ("incident.silence", {}),
        ("incident.dispatch", {"team": "巡逻三队", "eta_minutes": 4}),
        ("incident.arrive", {}),
        ("incident.close", {"disposition": "assistance", "note": "all well"}),
    ):
        # A command may meet a program that is just starting, or an old session: the console tries again as well.
        operator.insist(device, name, {"incident": incident, **more})
    kinds = [
        "incident.acknowledged",
        "incident.siren_silenced",
        "incident.team_dispatched",
        "incident.team_arrived",
        "incident.closed",
    ]
    for kind in kinds:
        until(lambda k=kind: [event for event in demo.stored(k) if event["incident"] == incident], f"{kind} is stored")  # type: ignore[misc]
    assert len(demo.stored("incident.raised")) == before + 1
    assert not demo.part("light")["on"]
