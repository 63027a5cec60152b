"""The microphone of the post."""

from typing import Annotated, assert_never

from pydantic import Field

from drivers.microphone.kind import Heard, Microphone
from drivers.microphone.off import OffMicrophone, OffMicrophoneSettings
from drivers.microphone.pyaudio import PyaudioMicrophone, PyaudioMicrophoneSettings
from drivers.microphone.simulated import SimulatedMicrophone, SimulatedMicrophoneSettings

MicrophoneSettings = Annotated[
    PyaudioMicrophoneSettings | SimulatedMicrophoneSettings | OffMicrophoneSettings, Field(discriminator="make")
]

__all__ = ["Heard", "Microphone", "MicrophoneSettings", "SimulatedMicrophone", "open_microphone"]


def open_microphone(settings: MicrophoneSettings) -> Microphone:
    """Make the microphone that the settings name, closed."""
    match settings:
        case PyaudioMicrophoneSettings():
            return PyaudioMicrophone(settings)
        case SimulatedMicrophoneSettings():
            return SimulatedMicrophone()
        case OffMicrophoneSettings():
            return OffMicrophone()
        case _:
            assert_never(settings)
