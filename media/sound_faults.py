"""The faults of loudspeaker and microphone: what the driver says, or else what the last self-test has found."""

from typing import Literal

from edge.faults import Faults

SoundPart = Literal["speaker", "microphone"]


class SoundFaults:
    """Keeps the two voices apart: a driver that is content every second says nothing about a covered microphone."""

    def __init__(self, faults: Faults) -> None:
        """Begin with neither."""
        self._faults = faults
        self._told: dict[SoundPart, str | None] = {}
        self._found: dict[SoundPart, str | None] = {}

    def driver(self, part: SoundPart, reason: str | None) -> None:
        """What the driver says now, None being well."""
        self._told[part] = reason
        self._set(part)

    def self_test(self, part: SoundPart, reason: str | None) -> None:
        """What a self-test has found, None being well; it holds until the next one that can judge the part."""
        self._found[part] = reason
        self._set(part)

    def _set(self, part: SoundPart) -> None:
        self._faults.set(part, self._told.get(part) or self._found.get(part))
