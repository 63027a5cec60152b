"""The heads: one that is played by the simulated camera, and none."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from drivers.camera.simulated import SimulatedCamera
from drivers.camera.simulated import SimulatedSettings as CameraSettings
from drivers.ptz import Position, Ptz, PtzError, PtzSettings, open_ptz
from drivers.ptz.simulated import SimulatedPtz, SimulatedSettings
from media.sim_camera.api import control_app
from media.sim_camera.camera import sim_camera
from media.sim_camera.settings import SimCameraSettings
from support.patience import until_told
from support.unix_app import serving


@asynccontextmanager
async def simulated(folder: Path) -> AsyncIterator[tuple[SimulatedPtz, SimulatedCamera]]:
    """Run a small camera; yields the drivers of its head and of itself."""
    async with sim_camera(SimCameraSettings(port=0, profile="360p10")) as camera:
        socket = folder / "api.sock"
        url = f"rtsp://127.0.0.1:{camera.server.port}/gate"
        head = SimulatedPtz(SimulatedSettings(make="simulated", control=socket))
        driver = SimulatedCamera(CameraSettings(make="simulated", url=url, control=socket))
        async with serving(control_app(camera.studio, camera.server), socket):
            yield head, driver
            await head.close()
            await driver.close()


async def arrives(head: Ptz, at: Position) -> None:
    """Wait until it looks there."""

    async def there() -> bool:
        return await head.position() == at

    await until_told(there, f"the head at {at}")


async def test_the_simulated_head(tmp_path: Path) -> None:
    """Presets, moving, stopping, the position; the unknown is refused with a sentence."""
    async with simulated(tmp_path) as (head, _):
        await head.goto_preset("gate")
        await arrives(head, Position(11.5, -2.0, 1.9))
        await head.move(-1, 0, 0)
        await arrives(head, Position(-90.0, -2.0, 1.9))
        await head.stop()
        with pytest.raises(PtzError, match="no preset is called yard; there are home, gate"):
            await head.goto_preset("yard")
        with pytest.raises(PtzError, match="less than or equal to 1"):
            await head.move(2, 0, 0)


async def test_a_jammed_head(tmp_path: Path) -> None:
    """Orders fail with a sentence, and mending the head does not mend the camera."""
    async with simulated(tmp_path) as (head, driver):
        await driver.act("blind", {})
        await head.act("jam", {})
        assert head.shows() == {"jammed": True}
        for order in (head.goto_preset("gate"), head.move(1, 0, 0), head.stop()):
            with pytest.raises(PtzError, match="the pan-tilt head is jammed"):
                await order
        await head.act("mend", {})
        await head.goto_preset("gate")
        assert driver.shows()["fault"] == "blind"
        with pytest.raises(ValueError, match="it knows jam and mend"):
            await head.act("explode", {})


async def test_without_the_simulated_camera(tmp_path: Path) -> None:
    """Both drivers say that nobody answers."""
    socket = tmp_path / "none.sock"
    head = SimulatedPtz(SimulatedSettings(make="simulated", control=socket))
    driver = SimulatedCamera(CameraSettings(make="simulated", url="rtsp://127.0.0.1:9/x", control=socket))
    with pytest.raises(PtzError, match="does not answer"):
        await head.position()
    with pytest.raises(ValueError, match="does not answer"):
        await driver.act("blind", {})
    await head.close()
    await driver.close()


async def test_off_stays_where_it_is() -> None:
    """A fixed camera obeys by not moving, and cannot tell where it looks."""
    head = open_ptz(TypeAdapter(PtzSettings).validate_python({"make": "off"}))
    await head.goto_preset("gate")
    await head.move(1, 0, 0)
    await head.stop()
    assert await head.position() is None
    await head.close()
