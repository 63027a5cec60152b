"""docs/incident.md is drawn from the machine and must not lag behind it."""

from edge.panic.diagram import document, explore, page
from edge.panic.incident import State


def test_the_page_is_current() -> None:
    """Run `python -m edge.panic.diagram` after a change of the machine."""
    assert page.read_text(encoding="utf-8") == document().rstrip() + "\n"


def test_every_state_is_reached_by_a_panic_press() -> None:
    """The exploration leaves no state out."""
    assert {incident.state for incident in explore()} == set(State)
