"""The web server over TCP, with HTTPS unless in the demo."""

from contextlib import AbstractContextManager, nullcontext

import uvicorn
from starlette.types import ASGIApp

from center.console.live import Changes
from center.console.settings import ConsoleSettings

farewell_seconds = 2


class QuietServer(uvicorn.Server):
    """A server that leaves the signals to center.program."""

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        """Capture none."""
        return nullcontext()


async def serve(app: ASGIApp, settings: ConsoleSettings, changes: Changes) -> None:
    """Serve until cancelled. Raises OSError when it ends by itself, as when the port is taken."""
    files = (settings.certificate_file, settings.key_file)
    certificate, key = (str(one) if one else None for one in files)
    config = uvicorn.Config(
        app,
        host=settings.listen,
        port=settings.port,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=farewell_seconds,
    )
    try:
        await QuietServer(config).serve()
    except SystemExit as problem:
        raise OSError(f"{settings.listen}:{settings.port} cannot be listened on") from problem
    finally:
        changes.end()
    raise OSError("the web server has ended by itself")
