"""Whatever fails around it: the press turns on light and siren, and the centre has one incident with every press."""

import signal
from collections.abc import Callable

import pytest

from support.demo import Demo
from support.desk import Operator
from support.patience import until

pytestmark = pytest.mark.system
device = "demo.post1"


Hurt = Callable[[Demo], Callable[[], None]]


def media_stopped(demo: Demo) -> Callable[[], None]:
    """Freeze media as a hung decoder would."""
    demo.kill("media", signal.SIGSTOP)

    def go_on() -> None:
        demo.kill("media", signal.SIGCONT)

    return go_on


def forwarder_killed(demo: Demo) -> Callable[[], None]:
    """Kill the forwarder; supervisord heals it."""
    killed = demo.kill("forwarder")
    return lambda: demo.comes_back("forwarder", killed)


def broker_gone(demo: Demo) -> Callable[[], None]:
    """Pull the broker's plug."""
    demo.act("network", "down")
    return lambda: demo.act("network", "up")


def broker_killed(demo: Demo) -> Callable[[], None]:
    """Kill the real broker."""
    killed = demo.kill("mosquitto")
    return lambda: demo.comes_back("mosquitto", killed)


def disk_full(demo: Demo) -> Callable[[], None]:
    """Fill the disk of the post."""
    demo.act("disk", "fill")
    return lambda: demo.act("disk", "mend")


def disk_dead(demo: Demo) -> Callable[[], None]:
    """Let every write fail."""
    demo.act("disk", "die")
    return lambda: demo.act("disk", "mend")


alone: list[Hurt] = [media_stopped, forwarder_killed, broker_gone, broker_killed, disk_full, disk_dead]


def press_and_tell(demo: Demo, operator: Operator, hurts: list[Hurt]) -> None:
    """Hurt, press twice, heal; then the centre must have exactly this incident with both presses."""
    before = len(demo.stored("incident.raised"))
    mends = [hurt(demo) for hurt in hurts]
    demo.press()
    until(demo.alarmed, "light and siren are on")
    demo.press()
    for mend in mends:
        mend()
    until(lambda: len(demo.stored("incident.raised")) == before + 1, "the alarm reaches the centre")
    incident = demo.stored("incident.raised")[-1]["incident"]
    again = until(
        lambda: [event for event in demo.stored("incident.pressed_again") if event["incident"] == incident],
        "the second press reaches the centre",
    )
    assert [event["presses"] for event in again] == [2]
    operator.insist(device, "incident.close", closing(incident))
    until(
        lambda: [event for event in demo.stored("incident.closed") if event["incident"] == incident], "closed, stored"
    )
    assert len(demo.stored("incident.raised")) == before + 1
    until(lambda: not demo.part("light")["on"], "the light is off")


def closing(incident: str) -> dict[str, str]:
    """Return the body of a close."""
    return {"incident": incident, "disposition": "test", "note": ""}


@pytest.mark.parametrize("hurt", alone, ids=lambda hurt: hurt.__name__)
def test_one_fault_does_not_stop_the_press(demo: Demo, operator: Operator, hurt: Hurt) -> None:
    """Each fault alone."""
    press_and_tell(demo, operator, [hurt])


def test_all_faults_together_do_not_stop_the_press(demo: Demo, operator: Operator) -> None:
    """Media hung, forwarder and broker killed, the plug pulled, and the disk dead."""
    press_and_tell(demo, operator, [media_stopped, broker_gone, disk_dead, broker_killed, forwarder_killed])


def test_panic_killed_while_the_disk_is_dead_and_the_broker_gone(demo: Demo, operator: Operator) -> None:
    """The incident goes on: same id, light and siren as they were, nothing new raised."""
    before = len(demo.stored("incident.raised"))
    mends = [broker_gone(demo), disk_dead(demo)]
    demo.press()
    until(demo.alarmed, "light and siren are on")
    killed = demo.kill("panic")
    demo.comes_back("panic", killed)
    until(demo.alarmed, "light and siren are on again")
    for mend in mends:
        mend()
    until(lambda: len(demo.stored("incident.raised")) == before + 1, "the alarm reaches the centre")
    incident = demo.stored("incident.raised")[-1]["incident"]
    operator.insist(device, "incident.close", closing(incident))
    until(lambda: not demo.part("light")["on"], "the light is off")
    assert len(demo.stored("incident.raised")) == before + 1
