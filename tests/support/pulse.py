"""A private PulseAudio daemon as the sound card of a test: what one plays, another hears, without any hardware.

Two sinks stand for the two directions of a post. ALSA, and so PyAudio, sees four devices:
`post_speaker` plays into the room and `room_ear` hears it; `room_voice` speaks and `post_microphone` hears it.
"""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support.panic_process import listens
from support.patience import until

# Without norewinds a null sink works in blocks of two seconds, and a new stream waits that long for its first sound.
_SINK = "module-null-sink sink_name={name} rate=48000 channels=1 format=s16le norewinds=1"
_ALSA = """
pcm.{name} {{
    type pulse
    server "unix:{socket}"
    device "{device}"
    hint {{ show on description "{name}" }}
}}
"""


@dataclass
class Pulse:
    """One daemon; `env` is what a process needs to find it, `sinks` are PulseAudio's own names."""

    folder: Path
    sinks: tuple[str, str] = ("loudspeaker", "microphone")
    devices: Mapping[str, str] = field(
        default_factory=lambda: {
            "post_speaker": "loudspeaker",
            "room_ear": "loudspeaker.monitor",
            "room_voice": "microphone",
            "post_microphone": "microphone.monitor",
        }
    )

    @property
    def env(self) -> dict[str, str]:
        """Give the variables for ALSA programs (ALSA_CONFIG_PATH) and for PulseAudio's own (PULSE_…)."""
        return {
            "ALSA_CONFIG_PATH": str(self.folder / "asound.conf"),
            "PULSE_SERVER": f"unix:{self.socket}",
            "PULSE_COOKIE": str(self.folder / "cookie"),
            "PULSE_RUNTIME_PATH": str(self.folder / "run"),
        }

    @property
    def socket(self) -> Path:
        """Tell where the daemon listens."""
        return self.folder / "native"

    def start(self) -> None:
        """Start the daemon, again after kill() as well, and wait until it listens."""
        self.socket.unlink(missing_ok=True)
        with (self.folder / "log").open("ab") as log:
            self._daemon = subprocess.Popen(self._command(), env=self._daemon_env(), stdout=log, stderr=log)
        # The name of a socket is there a moment before anybody listens at it.
        until(lambda: listens(self.socket))

    def kill(self) -> None:
        """End the daemon as a crash would, under whatever streams are open."""
        self._daemon.kill()
        self._daemon.wait()

    def freeze(self) -> None:
        """Stop the daemon where it is: its socket stays, and nobody answers."""
        self._daemon.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after freeze()."""
        self._daemon.send_signal(signal.SIGCONT)

    def streams(self) -> int:
        """Count the capture streams that some program holds open."""
        listed = subprocess.run(
            ["pactl", "list", "short", "source-outputs"],
            env={**os.environ, **self.env},
            capture_output=True,
            text=True,
            check=True,
        )
        return len(listed.stdout.splitlines())

    def _command(self) -> list[str]:
        sinks = [_SINK.format(name=name) for name in self.sinks]
        # The protocol last: once its socket exists, the sinks exist.
        modules = [*sinks, f"module-native-protocol-unix auth-anonymous=1 socket={self.socket}"]
        options = ["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes"]
        return ["pulseaudio", *options, *(word for module in modules for word in ("-L", module))]

    def _daemon_env(self) -> dict[str, str]:
        run = str(self.folder / "run")
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "XDG_RUNTIME_DIR": run,
            "PULSE_RUNTIME_PATH": run,
        }


@contextmanager
def pulse_daemon() -> Iterator[Pulse]:
    """Run a daemon, with this process's environment pointing at it, and end it."""
    with tempfile.TemporaryDirectory(prefix="pulse-") as folder, pytest.MonkeyPatch.context() as environment:
        pulse = Pulse(Path(folder))
        (pulse.folder / "run").mkdir(mode=0o700)
        (pulse.folder / "asound.conf").write_text(_alsa_config(pulse))
        for name, value in pulse.env.items():
            environment.setenv(name, value)
        pulse.start()
        try:
            yield pulse
        finally:
            pulse.kill()


def _alsa_config(pulse: Pulse) -> str:
    # The system's file first: PortAudio aborts the process when the defaults that it defines are missing.
    pcms = (_ALSA.format(name=name, socket=pulse.socket, device=device) for name, device in pulse.devices.items())
    return "</usr/share/alsa/alsa.conf>\n" + "".join(pcms)
