"""The four parts of media that are hardware, or play it: camera, dome, loudspeaker, microphone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from drivers.camera import Camera, open_camera
from drivers.microphone import Microphone, SimulatedMicrophone, open_microphone
from drivers.ptz import Ptz, open_ptz
from drivers.speaker import SimulatedSpeaker, Speaker, open_speaker
from edge.sim_api import Simulated
from media.settings import MediaSettings


@dataclass(frozen=True)
class Hardware:
    """What the settings name, opened."""

    camera: Camera
    ptz: Ptz
    speaker: Speaker
    microphone: Microphone

    @classmethod
    def open(cls, settings: MediaSettings) -> Self:
        """Open all four; one that is away is looked for later, and is no error here."""
        made = cls(
            open_camera(settings.camera),
            open_ptz(settings.ptz),
            open_speaker(settings.speaker),
            open_microphone(settings.microphone),
        )
        made._share_the_air()
        return made

    def simulated(self) -> Mapping[str, Simulated]:
        """Return the parts that are played by software; a demo may have real ones too."""
        return {name: part for name, part in vars(self).items() if hasattr(part, "shows") and hasattr(part, "act")}

    async def close(self) -> None:
        """Let go of everything."""
        self.microphone.close()
        self.speaker.close()
        await self.camera.close()
        await self.ptz.close()

    def _share_the_air(self) -> None:
        """Let a simulated microphone hear a simulated loudspeaker, as at a real post."""
        if isinstance(self.speaker, SimulatedSpeaker) and isinstance(self.microphone, SimulatedMicrophone):
            self.speaker.subscribe(self.microphone.overhear)
