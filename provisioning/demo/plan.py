"""What one demo consists of: its posts, ports, folders. Made once by the launcher, read by the demo page."""

from collections.abc import Callable, Mapping
from pathlib import Path

from edge.settings import Device, Table
from media.sim_camera.profiles import ProfileName

tenant = "demo"
# The post that is a rating window as well.
window_post = 1


class Window(Table):
    """The rating window of a post: the screen's port, and the port where the counter's software calls."""

    name: str
    screen_port: int
    counter_port: int
    token_file: Path

    @property
    def screen_url(self) -> str:
        """What the citizen sees."""
        return f"http://127.0.0.1:{self.screen_port}/"

    @property
    def counter_url(self) -> str:
        """Where the counter's software opens services."""
        return f"http://127.0.0.1:{self.counter_port}"


class Post(Table):
    """One simulated post. `relay_port` is its way to the broker, the plug that can be pulled; `picture` what its camera sends."""

    number: int
    device: Device
    folder: Path
    relay_port: int
    rtsp_port: int
    picture: ProfileName
    window: Window | None = None

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
    def center_url(self) -> str:
        """The centre's address, without a path."""
        return f"http://127.0.0.1:{self.console_port}"

    @property
    def console_url(self) -> str:
        """The operator console, opened signed in as the demo operator."""
        return f"{self.center_url}/demo-sign-in"

    @property
    def windows(self) -> Mapping[int, Window]:
        """The rating windows by the number of their post."""
        return {post.number: post.window for post in self.posts if post.window is not None}


def make_plan(
    folder: Path,
    run: Path,
    *,
    posts: int,
    page_port: int,
    broker_port: int,
    free_port: Callable[[], int],
    picture: ProfileName | None = None,
) -> Plan:
    """Lay out a demo. `free_port` gives a port that nobody uses, another one each time; `picture` is for all cameras."""
    return Plan(
        folder=folder,
        run=run,
        page_port=page_port,
        broker_port=broker_port,
        console_port=free_port(),
        posts=tuple(_post(folder, run, number, free_port, picture) for number in range(1, posts + 1)),
    )


def _post(folder: Path, run: Path, number: int, free_port: Callable[[], int], picture: ProfileName | None) -> Post:
    own = folder / f"post{number}"
    window = _window(own, free_port) if number == window_post else None
    device = Device(
        id=f"{tenant}.post{number}",
        roles=("panic",) if window is None else ("panic", "rating"),
        demo=True,
        state=own / "state",
        run=run / str(number),
    )
    ports = {"relay_port": free_port(), "rtsp_port": free_port()}
    picture = picture or ("1080p25" if number == 1 else "720p15")
    return Post(number=number, device=device, folder=own, window=window, picture=picture, **ports)


def _window(folder: Path, free_port: Callable[[], int]) -> Window:
    token = folder / "counter.token"
    return Window(name="1", screen_port=free_port(), counter_port=free_port(), token_file=token)
