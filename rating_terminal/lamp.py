"""The keypad's lamp: it answers every press alike, so that nobody near can tell which key it was."""

import asyncio

from drivers.keypad import Keypad
from rating_terminal.voice import Voice

# One lamp for all, whichever key was pressed; a keypad with five lamps lights the middle one for everybody.
answering_key = 3


class Around:
    """Voice and lamp of the window."""

    def __init__(self, voice: Voice, keypad: Keypad, lit_seconds: float) -> None:
        """Begin dark."""
        self._voice = voice
        self._keypad = keypad
        self._lit_seconds = lit_seconds
        self._ends: asyncio.TimerHandle | None = None

    def say(self, prompt: str) -> None:
        """Play a voice prompt."""
        self._voice.say(prompt)

    def acknowledge(self) -> None:
        """Light the lamp for a moment."""
        if self._ends is not None:
            self._ends.cancel()
        self._keypad.light(answering_key)
        self._ends = asyncio.get_running_loop().call_later(self._lit_seconds, self._keypad.light, None)
