"""A listener that remembers what it was told and can be waited for, from any thread."""

from collections.abc import Callable
from threading import Condition
from typing import Generic, TypeVar

from support.patience import deadline_seconds

Told = TypeVar("Told")


class Heard(Generic[Told]):
    """Call it as a listener; wait until enough, or the right thing, has been told."""

    def __init__(self) -> None:
        """Start with nothing heard."""
        self._told: list[Told] = []
        self._changed = Condition()

    def __call__(self, told: Told) -> None:
        """Remember one thing."""
        with self._changed:
            self._told.append(told)
            self._changed.notify_all()

    def all(self) -> list[Told]:
        """Give everything heard so far."""
        with self._changed:
            return list(self._told)

    def until(self, enough: Callable[[list[Told]], bool], seconds: float = deadline_seconds) -> list[Told]:
        """Wait until `enough` of what was heard is true; AssertionError with what was heard when it takes too long."""
        with self._changed:
            if not self._changed.wait_for(lambda: enough(self._told), seconds):
                raise AssertionError(f"not heard within {seconds} s; heard: {self._told[-20:]}")
            return list(self._told)

    def first(self, count: int) -> list[Told]:
        """Wait for this many things."""
        return self.until(lambda told: len(told) >= count)[:count]
