"""Cameras: one Protocol, a settings class for each make, and `open_camera`."""

from typing import Annotated

from pydantic import Field

from drivers.camera.kind import AccessUnit, Camera, CameraError, CameraRefused
from drivers.camera.off import OffCamera, OffSettings
from drivers.camera.rtsp import RtspCamera, RtspSettings
from drivers.camera.simulated import SimulatedCamera, SimulatedSettings
from drivers.camera.v4l2 import V4l2Camera, V4l2Settings

__all__ = ["AccessUnit", "Camera", "CameraError", "CameraRefused", "CameraSettings", "open_camera"]

CameraSettings = Annotated[RtspSettings | V4l2Settings | SimulatedSettings | OffSettings, Field(discriminator="make")]


def open_camera(settings: RtspSettings | V4l2Settings | SimulatedSettings | OffSettings) -> Camera:
    """Return the camera that the settings name; it connects when its pictures are first asked for."""
    match settings:
        case RtspSettings():
            return RtspCamera(settings)
        case V4l2Settings():
            return V4l2Camera(settings)
        case SimulatedSettings():
            return SimulatedCamera(settings)
        case OffSettings():
            return OffCamera()
