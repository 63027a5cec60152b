"""Where a demo runs: the ports that it takes."""

from collections.abc import Callable

import pytest

from provisioning.demo import place
from provisioning.demo.place import DemoError, port_source

few = range(9_900, 9_940)  # no demo of this machine chooses among these


def rest(free_port: Callable[[], int]) -> set[int]:
    """Take ports until there are none."""
    ports = set[int]()
    while True:
        try:
            port = free_port()
        except DemoError:
            return ports
        assert port not in ports
        ports.add(port)


def test_two_demos_that_start_together_never_choose_the_same_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens on any of them yet; a demo that has ended gives its ports back."""
    monkeypatch.setattr(place, "own_ports", few)
    own = few[0]
    with port_source({own}) as first:
        chosen = {first() for _ in range(10)}
        with port_source(set()) as second:
            assert not chosen & rest(second)
        assert own not in chosen | rest(first)
    with port_source(set()) as third:
        assert chosen <= rest(third)
