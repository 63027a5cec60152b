"""Run one program: settings or a sentence, logging, signals; a dead task is a dead process."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Coroutine, Iterable
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from edge import settings
from edge.last_life import LastLife
from edge.settings import Device, SettingsError

T = TypeVar("T", bound=BaseModel)
exit_bad_settings = 78  # EX_CONFIG of sysexits.h
ending = (signal.SIGTERM, signal.SIGINT)
log = logging.getLogger(__name__)
version = installed_version("callpost")

Run = Callable[[Device, T], Coroutine[Any, Any, None]]


def main(name: str, table: str, model: type[T], run: Run[T]) -> None:
    """Load the settings and run until a signal comes. Exits 78 with a sentence when the settings are wrong."""
    path = _arguments(name).settings
    try:
        device, own = settings.load(path, table, model)
        _log_to_stderr(name, device.log_level)
        asyncio.run(until_signalled(run(device, own)))
        LastLife(device.socket(name).parent).end()
    except SettingsError as problem:
        print(f"callpost-{name}: {problem}", file=sys.stderr)  # noqa: T201 - the sentence for the installer
        sys.exit(exit_bad_settings)
    except BaseExceptionGroup as problems:
        _end(name, problems)


def _end(name: str, problems: BaseExceptionGroup[BaseException]) -> None:
    wrong, rest = problems.split(SettingsError)
    if wrong is None or rest is not None:
        raise problems
    for problem in _leaves(wrong):
        print(f"callpost-{name}: {problem}", file=sys.stderr)  # noqa: T201 - the sentence for the installer
    sys.exit(exit_bad_settings)


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    return [
        leaf
        for problem in group.exceptions
        for leaf in (_leaves(problem) if isinstance(problem, BaseExceptionGroup) else [problem])
    ]


def _arguments(name: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"callpost-{name}")
    parser.add_argument("--settings", type=Path, default=settings.default_file, help="the settings file (TOML)")
    return parser.parse_args()


def _log_to_stderr(name: str, level: str) -> None:
    logging.basicConfig(
        level=level.upper(), stream=sys.stderr, format=f"%(asctime)s {name} %(levelname)s %(name)s: %(message)s"
    )
    for chatty in ("httpx", "httpcore", "aioice", "aiortc", "asyncio", "libav"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


async def until_signalled(work: Coroutine[Any, Any, None], signals: Iterable[int] = ending) -> None:
    """Cancel the work on a signal, however often it comes; let the work's own failure through."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in signals:
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        log.info("stopped by a signal")
