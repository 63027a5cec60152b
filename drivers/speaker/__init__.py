"""The loudspeaker of the post."""

from typing import Annotated, assert_never

from pydantic import Field

from drivers.speaker.kind import Speaker
from drivers.speaker.off import OffSpeaker, OffSpeakerSettings
from drivers.speaker.pyaudio import PyaudioSpeaker, PyaudioSpeakerSettings
from drivers.speaker.simulated import SimulatedSpeaker, SimulatedSpeakerSettings

SpeakerSettings = Annotated[
    PyaudioSpeakerSettings | SimulatedSpeakerSettings | OffSpeakerSettings, Field(discriminator="make")
]

__all__ = ["SimulatedSpeaker", "Speaker", "SpeakerSettings", "open_speaker"]


def open_speaker(settings: SpeakerSettings) -> Speaker:
    """Open the make that the settings name; a missing device is a fault of the speaker, never an error here."""
    match settings:
        case PyaudioSpeakerSettings():
            return PyaudioSpeaker(settings)
        case SimulatedSpeakerSettings():
            return SimulatedSpeaker()
        case OffSpeakerSettings():
            return OffSpeaker()
        case _:
            assert_never(settings)
