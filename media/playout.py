"""The loudspeaker's clock: one block of 20 ms after another while there is something to say."""

import asyncio
import time

from drivers.audio import BLOCK_SECONDS
from drivers.speaker import Speaker
from media.mixer import Announcement, Mixer
from media.sound_faults import SoundFaults
from media.voice import Presence, hear

LOOK_SECONDS = 1.0
LEAD_BLOCKS = 2
"""Blocks given to the loudspeaker ahead of time, so that a busy moment of this program is not heard."""


class Playout:
    """Plays the operator's voice and the prompts, and knows whether the operator is speaking."""

    def __init__(self, speaker: Speaker, faults: SoundFaults, quiet: Presence) -> None:
        self._speaker = speaker
        self._faults = faults
        self._mixer = Mixer()
        self._quiet = quiet
        self._presence = quiet
        self._work = asyncio.Event()
        self._said = ""
        self._late = 0

    @property
    def busy(self) -> bool:
        """Whether anything plays or waits."""
        return self._mixer.busy

    @property
    def late(self) -> int:
        """How often a block came too late to the loudspeaker, so that a gap may be heard."""
        return self._late

    @property
    def fault(self) -> str | None:
        """Tell why nothing can be heard, or None."""
        return self._speaker.fault

    @property
    def operator_speaking(self) -> bool:
        """Whether the operator's voice is present, pauses of 1.5 s included."""
        return self._presence.speaking

    def hear(self, block: bytes) -> None:
        """One block of the operator's voice."""
        self._presence = hear(self._presence, block)
        self._mixer.hear(block)
        self._work.set()

    def announce(self, prompt: Announcement) -> None:
        """Play a prompt after those that wait."""
        self._mixer.announce(prompt)
        self._work.set()

    def withdraw(self, name: str) -> None:
        """Do not play this prompt any further; what else waits follows at once."""
        self._mixer.withdraw(name)
        self._say(self._mixer.saying)

    def operator_gone(self) -> None:
        """Forget the talking operator, who has left."""
        self._presence = self._quiet

    def hush(self) -> None:
        """Say no more: for an incident that turns silent, or none."""
        self._mixer.hush()
        self._say("")

    async def run(self) -> None:
        """Play until cancelled; look at the loudspeaker's fault every second."""
        while True:
            self._faults.driver("speaker", self._speaker.fault)
            if await self._something_to_say():
                await self._play()

    async def _something_to_say(self) -> bool:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._work.wait()
        except TimeoutError:
            return False
        self._work.clear()
        return True

    async def _play(self) -> None:
        due = time.monotonic() - LEAD_BLOCKS * BLOCK_SECONDS
        while self._mixer.busy:
            self._speaker.play(self._mixer.next_block(voice_present=self._presence.speaking))
            self._say(self._mixer.saying)
            due += BLOCK_SECONDS
            if (latest := time.monotonic() - LEAD_BLOCKS * BLOCK_SECONDS) > due:
                due, self._late = latest, self._late + 1
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        self._say("")

    def _say(self, text: str) -> None:
        if text != self._said:
            self._said = text
            self._speaker.saying(text)
