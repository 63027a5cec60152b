"""What one demo consists of: its posts, ports, folders. Made once by the launcher, read by the demo page."""

from collections.abc import Callable
from pathlib import Path

from edge.settings import Device, Table

tenant = "demo"


class Post(Table):
    """One simulated post. `relay_port` is the post's way to the broker, the plug that can be pulled."""

    number: int
    device: Device
    folder: Path
    relay_port: int
    rtsp_port: int

    @property
    def settings(self) -> Path:
        """The post's callpost.toml."""
        return self.folder / "callpost.toml"

    @property
    def camera_settings(self) -> Path:
        """The simulated camera's settings, since a camera is not a part of the post's computer."""
        return self.folder / "camera.toml"

    @property
    def camera_socket(self) -> Path:
        """Where the simulated camera answers."""
        return self.device.run / "sim_camera" / "api.sock"


class Plan(Table):
    """All of one demo. `folder` keeps state and logs, `run` the sockets (unix paths end at 108 bytes)."""

    folder: Path
    run: Path
    page_port: int
    broker_port: int
    console_port: int
    posts: tuple[Post, ...]

    @property
    def file(self) -> Path:
        """Where the plan itself is kept for the demo page."""
        return self.folder / "plan.json"

    @property
    def logs(self) -> Path:
        """Where every program writes."""
        return self.folder / "logs"

    @property
    def center(self) -> Path:
        """The state of the centre's programs."""
        return self.folder / "center"

    @property
    def center_database(self) -> Path:
        """The centre's file, which the page's event list reads."""
        return self.center / "center.sqlite3"

    @property
    def center_settings(self) -> Path:
        """The centre's settings."""
        return self.center / "center.toml"

    @property
    def poke(self) -> Path:
        """Where the ingester wakes the console."""
        return self.run / "desk" / "console.sock"

    @property
    def page_url(self) -> str:
        """The address that is printed."""
        return f"http://127.0.0.1:{self.page_port}/"

    @property
    def console_url(self) -> str:
        """The operator console, opened signed in as the demo operator."""
        return f"http://127.0.0.1:{self.console_port}/demo-sign-in"


def make_plan(
    folder: Path, run: Path, *, posts: int, page_port: int, broker_port: int, free_port: Callable[[], int]
) -> Plan:
    """Lay out a demo. `free_port` gives a port that nobody uses, another one each time."""
    return Plan(
        folder=folder,
        run=run,
        page_port=page_port,
        broker_port=broker_port,
        console_port=free_port(),
        posts=tuple(_post(folder, run, number, free_port) for number in range(1, posts + 1)),
    )


def _post(folder: Path, run: Path, number: int, free_port: Callable[[], int]) -> Post:
    own = folder / f"post{number}"
    device = Device(id=f"{tenant}.post{number}", demo=True, state=own / "state", run=run / str(number))
    return Post(number=number, device=device, folder=own, relay_port=free_port(), rtsp_port=free_port())
