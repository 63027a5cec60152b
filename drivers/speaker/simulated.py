"""A loudspeaker that the demo page shows, and that a test or a browser can listen to."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Literal

from drivers.actions import unknown
from drivers.audio import BLOCK_SECONDS, SILENCE
from drivers.pace import Pace
from drivers.part import PartSettings
from drivers.speaker.queue import BlockQueue
from drivers.spectrum import level_db, tone_hz
from drivers.telling import tell

KEPT_BLOCKS = round(5 / BLOCK_SECONDS)
# Half a second tells tones 2 Hz apart and is short enough to follow a siren or a beep.
MEASURED_BLOCKS = round(0.5 / BLOCK_SECONDS)

Listener = Callable[[bytes], None]


class SimulatedSpeakerSettings(PartSettings):
    """A simulated loudspeaker; refused outside the demo."""

    make: Literal["simulated"]


class SimulatedSpeaker:
    """A loudspeaker that plays into the last five seconds of memory, at the pace of real time."""

    def __init__(self) -> None:
        """Start silent, and start playing."""
        self._queue = BlockQueue()
        self._played: deque[bytes] = deque([SILENCE] * KEPT_BLOCKS, maxlen=KEPT_BLOCKS)
        self._listeners: tuple[Listener, ...] = ()
        self._saying = ""
        self._broken = False
        self._pace = Pace("simulated-speaker", self._beat)

    @property
    def fault(self) -> str | None:
        """Tell that the amplifier is broken while it is."""
        return "simulated: the amplifier does not answer" if self._broken else None

    def play(self, block: bytes) -> None:
        """Queue one block."""
        self._queue.put(block)

    def saying(self, text: str) -> None:
        """Show this text until the next one; "" when nothing is said any more."""
        self._saying = text

    def close(self) -> None:
        """Stop playing."""
        self._pace.stop()

    def recent(self) -> bytes:
        """Give the last five seconds that were played, oldest first."""
        return b"".join(tuple(self._played))

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener(block)` for each block played, from the speaker's thread; call the result to end it."""
        self._listeners = (*self._listeners, listener)
        return lambda: self._unsubscribe(listener)

    def shows(self) -> Mapping[str, str | float | None]:
        """Show the text being said, and tone (Hz) and level (dB of full scale) of the last half second."""
        sound = b"".join(tuple(self._played)[-MEASURED_BLOCKS:])
        tone = tone_hz(sound)
        return {
            "saying": "" if self._broken else self._saying,
            "tone_hz": None if tone is None else round(tone, 1),
            "level_db": round(level_db(sound), 1),
        }

    async def act(self, action: str, body: Mapping[str, object]) -> None:
        """Break or mend the amplifier; ValueError for another action."""
        del body
        match action:
            case "break":
                self._broken = True
            case "mend":
                self._broken = False
            case _:
                raise unknown("speaker", action, ("break", "mend"))

    def _beat(self, _at_ns: int) -> None:
        queued = self._queue.take()
        played = SILENCE if self._broken else queued
        self._played.append(played)
        for listener in self._listeners:
            tell(listener, played)

    def _unsubscribe(self, listener: Listener) -> None:
        self._listeners = tuple(one for one in self._listeners if one is not listener)
