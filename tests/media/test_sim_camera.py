"""The whole simulated camera: its stream through FFmpeg and through our driver, its faults, its control interface."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import av
import httpx
import numpy as np
import pytest

from drivers.camera import CameraError, CameraRefused
from drivers.camera.simulated import SimulatedCamera
from drivers.camera.simulated import SimulatedSettings as CameraSettings
from drivers.ptz.simulated import SimulatedPtz
from drivers.ptz.simulated import SimulatedSettings as PtzSettings
from edge.local_client import client
from media.sim_camera.api import control_app
from media.sim_camera.burn_in import read_number
from media.sim_camera.camera import SimCamera, sim_camera
from media.sim_camera.settings import SimCameraSettings
from support.patience import deadline_seconds, until_told
from support.rtsp import decoded, first_units, patience, rtsp_camera, run_tool, trouble_of
from support.unix_app import serving


@dataclass(frozen=True)
class Running:
    """A running camera with what is needed to reach it."""

    camera: SimCamera
    socket: Path
    control: httpx.AsyncClient

    @property
    def url(self) -> str:
        """The address of its stream."""
        return f"rtsp://127.0.0.1:{self.camera.server.port}/gate"

    def driver(self) -> SimulatedCamera:
        """Our driver for it."""
        return SimulatedCamera(CameraSettings(make="simulated", url=self.url, control=self.socket))

    def head(self) -> SimulatedPtz:
        """Our driver for its head."""
        return SimulatedPtz(PtzSettings(make="simulated", control=self.socket))

    async def view(self) -> dict[str, object]:
        """What its control interface shows."""
        return dict((await self.control.get("/v1/view")).json())

    async def until(self, key: str, value: object) -> None:
        """Wait until it shows that."""

        async def shown() -> bool:
            return (await self.view())[key] == value

        await until_told(shown, f"{key} {value}")


@asynccontextmanager
async def running(folder: Path, **settings: object) -> AsyncIterator[Running]:
    """Run a small camera."""
    table = SimCameraSettings.model_validate({"port": 0, "profile": "360p10"} | settings)
    socket = folder / "api.sock"
    async with sim_camera(table) as camera:
        control = client(socket, deadline_seconds)
        async with serving(control_app(camera.studio, camera.server), socket), control:
            with patience():
                yield Running(camera, socket, control)


async def test_our_driver_reads_it(tmp_path: Path) -> None:
    """Pictures decode and are numbered without a gap."""
    async with running(tmp_path) as sim:
        units = await first_units(rtsp_camera(sim.url), 12)
    numbers = [read_number(picture) for picture in decoded(units)]
    assert numbers[0] is not None
    assert numbers == list(range(numbers[0], numbers[0] + 12))


async def test_ffmpeg_reads_it(tmp_path: Path) -> None:
    """Another implementation finds the stream, decodes it without complaint, and logs in by Digest."""
    (tmp_path / "password").write_text("geheim")
    async with running(tmp_path, user="gate", password_file=tmp_path / "password") as sim:
        url = sim.url.replace("rtsp://", "rtsp://gate:geheim@")
        probe = ("ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries", "stream=codec_name,width,height")
        assert await run_tool(*probe, "-of", "csv=p=0", url) == (0, "h264,640,360\n")
        film = tmp_path / "film.mp4"
        copied = ("ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", url, "-frames:v", "15", "-c", "copy")
        assert (await run_tool(*copied, str(film)))[0] == 0
        status, said = await run_tool(*probe, sim.url)
        assert status != 0
        assert "401 Unauthorized" in said
    with av.open(film) as container:
        numbers = [
            read_number(np.asarray(frame.to_ndarray(format="gray"), np.uint8)) for frame in container.decode(video=0)
        ]
    assert numbers[0] is not None
    assert numbers == list(range(numbers[0], numbers[0] + 15))


async def test_udp_is_refused(tmp_path: Path) -> None:
    """With the status that RTSP has for it."""
    async with running(tmp_path) as sim:
        _, said = await run_tool("ffprobe", "-v", "error", "-rtsp_transport", "udp", sim.url)
    assert "461 Unsupported Transport" in said


async def test_login(tmp_path: Path) -> None:
    """The right password is accepted, a wrong one refused."""
    (tmp_path / "right").write_text("geheim")
    (tmp_path / "wrong").write_text("wrong")
    async with running(tmp_path, user="gate", password_file=tmp_path / "right") as sim:
        assert await first_units(rtsp_camera(sim.url, "gate", tmp_path / "right"), 2)
        said = await trouble_of(rtsp_camera(sim.url, "gate", tmp_path / "wrong"), CameraRefused)
    assert said == "the camera does not accept the user or the password"


async def test_a_session_lives_by_keep_alive(tmp_path: Path) -> None:
    """The server drops the silent after 5 s; our driver is still there after 10 s.

    It says that it is there after half of that time: both live in this process, which may be held up for the other half.
    """
    async with running(tmp_path, session_timeout_seconds=5) as sim, asyncio.timeout(deadline_seconds):
        async with aclosing(rtsp_camera(sim.url).units()) as units:
            begun = (await anext(units)).arrived_ns
            while (await anext(units)).arrived_ns - begun <= 10_000_000_000:
                pass


async def test_several_viewers(tmp_path: Path) -> None:
    """Each has a stream of its own."""
    async with running(tmp_path) as sim:
        streams = await asyncio.gather(*(first_units(rtsp_camera(sim.url), 8) for _ in range(4)))
    assert [len(decoded(units)) for units in streams] == [8] * 4


async def test_unplug_and_mend(tmp_path: Path) -> None:
    """Sessions end, connections are refused, and after mending the same driver goes on."""
    async with running(tmp_path) as sim:
        driver = sim.driver()
        async with aclosing(driver.units()) as units:
            first = await anext(units)
            await driver.act("unplug", {})
            with pytest.raises(CameraError):
                async for _ in units:
                    pass
        assert "Connection refused" in await trouble_of(driver, CameraError)
        assert driver.shows()["fault"] == "unplug"
        await driver.act("mend", {})
        again = await first_units(driver, 2)
        await driver.close()
    assert again[0].pts > first.pts


async def test_freeze(tmp_path: Path) -> None:
    """It goes on sending, and the number in the picture stands still."""
    async with running(tmp_path) as sim:
        driver = sim.driver()
        await driver.act("freeze", {})
        units = await first_units(driver, 8)
        await driver.close()
    assert len({read_number(picture) for picture in decoded(units)[1:]}) == 1


async def test_blind(tmp_path: Path) -> None:
    """The picture is dark, the clock is still written into it."""
    async with running(tmp_path) as sim:
        driver = sim.driver()
        await driver.act("blind", {})
        pictures = decoded(await first_units(driver, 5))
        await driver.close()
    assert pictures[-1][20:].mean() < 45
    assert read_number(pictures[-1]) is not None


async def test_aim_and_what_the_page_is_shown(tmp_path: Path) -> None:
    """The camera shows where it looks; what it does not know it refuses with a sentence."""
    async with running(tmp_path) as sim:
        driver = sim.driver()
        await driver.act("aim", {"pan": 20, "zoom": 2})
        await sim.until("pan", 20.0)
        await sim.until("zoom", 2.0)
        await driver.act("mend", {})
        assert driver.shows() == {"pan": 20.0, "tilt": -3.0, "zoom": 2.0, "fault": None}
        for action, body in (("explode", {}), ("aim", {"roll": 3}), ("aim", {"pan": "left"})):
            with pytest.raises(ValueError, match=r"explode|roll|pan"):
                await driver.act(action, body)
        await driver.close()


async def test_the_control_interface(tmp_path: Path) -> None:
    """A small picture for the page, a key frame on request, health, and problems as RFC 9457 says."""
    async with running(tmp_path) as sim:
        picture = await sim.control.get("/v1/snapshot.jpg")
        assert picture.headers["content-type"] == "image/jpeg"
        with av.open(BytesIO(picture.content)) as image:
            assert image.streams.video[0].width == 640
        assert (await sim.control.post("/v1/key_frame")).status_code == 202
        assert (await sim.control.get("/v1/health")).json()["program"] == "sim_camera"
        refused = await sim.control.post("/v1/fault/explode")
        assert refused.status_code == 422
        assert refused.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("table", [{"user": "x"}, {"password_file": "/x"}, {"profile": "4k"}, {"port": 70_000}])
def test_settings_that_are_refused(table: dict[str, object]) -> None:
    """Before the start, with the key."""
    with pytest.raises(ValueError, match=r"user|profile|port"):
        SimCameraSettings.model_validate(table)
