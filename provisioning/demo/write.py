"""Write the files of a demo: settings of every program, the broker's, and a supervisord configuration each."""

import getpass
import json
import os
import secrets
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from provisioning.demo.place import DemoError
from provisioning.demo.plan import Plan, Post
from provisioning.render import Program, Supervision, demo_supervision, ends_with_parent, programs_of, supervisord_conf

stuck_seconds = 10
binaries = Path(sys.executable).parent
# What the console calls the posts: an invented neighbourhood.
names = ("学校东门 East Gate", "幼儿园正门 Kindergarten", "社区服务站 Community Centre", "公园南门 Park South Gate")
addresses = (
    "滨河路 12 号 · 12 Riverside Road",
    "滨河路 30 号 · 30 Riverside Road",
    "花园街 3 号 · 3 Garden Street",
    "花园街 · Garden Street",
)


def write(plan: Plan) -> None:
    """Make the folders and all files. Raises OSError."""
    for folder in _folders(plan):
        folder.mkdir(parents=True, exist_ok=True)
    plan.file.write_text(plan.model_dump_json(indent=2), encoding="utf-8")
    jinja = _jinja()
    desk = {"plan": plan, "user": getpass.getuser(), "names": _called(names), "addresses": _called(addresses)}
    _render(jinja, "mosquitto.conf.j2", plan.folder / "mosquitto.conf", desk)
    _render(jinja, "center.toml.j2", plan.center_settings, desk)
    (plan.folder / "desk.conf").write_text(supervisord_conf(desk_supervision(plan)), encoding="utf-8")
    for window in plan.windows.values():
        window.token_file.write_text(f"{secrets.token_urlsafe(24)}\n", encoding="ascii")
        window.token_file.chmod(0o600)
    for post in plan.posts:
        _render(jinja, "callpost.toml.j2", post.settings, {"post": post, "plan": plan})
        _render(jinja, "camera.toml.j2", post.camera_settings, {"post": post})
        conf = supervisord_conf(post_supervision(plan, post))
        (post.folder / "supervisord.conf").write_text(conf, encoding="utf-8")


def _called(given: tuple[str, ...]) -> list[str]:
    """Return names by post number, from 1 to 99."""
    return ["", *(given[number % len(given)] for number in range(99))]


def _folders(plan: Plan) -> Iterable[Path]:
    yield from (plan.logs, plan.center, plan.folder / "broker", plan.run / "desk" / "supervisor")
    for post in plan.posts:
        yield plan.logs / f"post{post.number}"
        yield from (post.device.run / name for name in ("supervisor", "wake", "sim_camera"))
        for program in programs_of(post.device):
            yield from (post.device.state_dir(program), post.device.run / program)


def _jinja() -> Environment:
    jinja = Environment(
        loader=PackageLoader("provisioning.demo"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - this is no HTML
        keep_trailing_newline=True,
    )
    jinja.filters["text"] = lambda value: json.dumps(str(value), ensure_ascii=False)  # also a string of TOML
    return jinja


def _render(jinja: Environment, template: str, path: Path, values: dict[str, object]) -> None:
    path.write_text(jinja.get_template(template).render(values), encoding="utf-8")


def post_supervision(plan: Plan, post: Post) -> Supervision:
    """Describe the programs of one post."""
    return demo_supervision(
        post.device,
        settings=post.settings,
        binaries=binaries,
        stuck_seconds=stuck_seconds,
        logs=plan.logs / f"post{post.number}",
        environment={},
    )


def desk_supervision(plan: Plan) -> Supervision:
    """Describe everything that is no post: broker, centre, cameras, page."""
    control = plan.run / "desk" / "supervisor"

    def program(name: str, priority: int, *command: str) -> Program:
        return Program(
            name=name,
            command=(*ends_with_parent, *command),
            priority=priority,
            directory=control.parent,
            environment={"PYTHONSAFEPATH": "1"},
        )

    center = ("--settings", str(plan.center_settings))
    return Supervision(
        control,
        (
            program("mosquitto", 10, mosquitto(), "-c", str(plan.folder / "mosquitto.conf")),
            program("ingest", 20, str(binaries / "callpost-ingest"), *center),
            program("center", 30, str(binaries / "callpost-center"), *center),
            program("page", 40, sys.executable, "-m", "provisioning.demo", "--plan", str(plan.file)),
            *(program(f"sim-camera-{post.number}", 50, *_camera_command(post)) for post in plan.posts),
        ),
        plan.logs,
    )


def mosquitto() -> str:
    """Return where the broker is; Debian keeps it out of the ordinary users' PATH. Raises DemoError."""
    found = shutil.which("mosquitto", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")
    if found is None:
        raise DemoError("mosquitto is not installed; run: make install")
    return found


def _camera_command(post: Post) -> tuple[str, ...]:
    return (str(binaries / "callpost-sim-camera"), "--settings", str(post.camera_settings))
