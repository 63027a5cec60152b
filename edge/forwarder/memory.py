"""Events that came by datagram, kept until a centre has them: what still gets out when the disk is dead. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# One (outbox, epoch).
Key = tuple[str, str]
most_alarms = 10_000
most_others = 1_000
alarm_suffix = "-alarm"


@dataclass(frozen=True, slots=True)
class Remembered:
    """One event as its datagram brought it; `arrived` in the caller's monotonic seconds."""

    key: Key
    sequence: int
    message: bytes
    arrived: float


def is_alarm_outbox(outbox: str) -> bool:
    """Whether an outbox holds alarms."""
    return outbox.endswith(alarm_suffix)


def program_of(outbox: str) -> str:
    """Return the program that an outbox belongs to."""
    return outbox.removesuffix(alarm_suffix)


class Memory:
    """Remembered events, lane by lane; bounded, since even a program of our own may go mad."""

    def __init__(self) -> None:
        """Start empty."""
        self._lanes: dict[Key, dict[int, Remembered]] = {}

    def remember(self, event: Remembered) -> bool:
        """Keep an event; False when it is there already, or when there is no room."""
        lane = self._lanes.setdefault(event.key, {})
        if event.sequence in lane or self._is_full(event.key[0]):
            return False
        lane[event.sequence] = event
        return True

    def _is_full(self, outbox: str) -> bool:
        alarms = is_alarm_outbox(outbox)
        held = sum(len(lane) for key, lane in self._lanes.items() if is_alarm_outbox(key[0]) == alarms)
        return held >= (most_alarms if alarms else most_others)

    def forget(self, key: Key, upto: int) -> None:
        """Drop what the first centre has stored."""
        lane = self._lanes.get(key, {})
        for sequence in [number for number in lane if number <= upto]:
            del lane[sequence]
        if not lane:
            self._lanes.pop(key, None)

    def drop(self, key: Key, sequence: int) -> None:
        """Drop one event that the file has as well."""
        lane = self._lanes.get(key, {})
        lane.pop(sequence, None)
        if not lane:
            self._lanes.pop(key, None)

    def of(self, outbox: str) -> Iterator[Remembered]:
        """Yield what is remembered of an outbox, each epoch in its order."""
        for key in [key for key in self._lanes if key[0] == outbox]:
            lane = self._lanes[key]
            yield from [lane[number] for number in sorted(lane)]

    def highest(self) -> Mapping[Key, int]:
        """Return the highest number of each lane."""
        return {key: max(lane) for key, lane in self._lanes.items()}
