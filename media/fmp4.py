"""A fragmented MP4 file of pictures as they came and, on request, sound; every fragment written is good by itself."""

import hashlib
import os
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from drivers.camera import AccessUnit

ticks_per_second = 90_000
sample_rate = 48_000
samples_per_frame = 1024  # AAC-LC
sound_bits = 64_000
tolerance = sample_rate * 60 // 1000  # samples; the microphone's clock and ours differ less within a clip
sound_may_lag = sample_rate  # samples; after a second without sound there is silence, or the pictures would wait
ns_per_second = 1_000_000_000
options = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"}


class Sink:
    """The file as the muxer sees it: forward only, so that its SHA-256 grows with it."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=0)
        self._digest = hashlib.sha256()
        self.bytes = 0

    def write(self, data: bytes) -> int:
        """Write all. Raises OSError, with what fitted still in the file."""
        rest = memoryview(data)
        while rest:
            written = self._file.write(rest) or 0
            self._digest.update(rest[:written])
            self.bytes += written
            rest = rest[written:]
        return len(data)

    def sync(self) -> None:
        """Bring what was written to the disk, so that a power cut costs the newest fragment only. Raises OSError."""
        os.fdatasync(self._file.fileno())

    def close(self) -> str:
        """Close the file and return its SHA-256 as hexadecimal digits."""
        self._file.close()
        return self._digest.hexdigest()


class Muxer:
    """Writes pictures and sound; the first picture must be a key frame. Blocks on the disk: call it from a thread."""

    def __init__(self, sink: Sink, first: AccessUnit, *, sound: bool) -> None:
        self._sink = sink
        self._first = first
        self._probe = av.open(BytesIO(first.data), format="h264")
        self._out = av.open(sink, "w", format="mp4", options=options)
        self._video: Any = self._out.add_stream_from_template(self._probe.streams.video[0])
        self._video.time_base = Fraction(1, ticks_per_second)
        self._sound = Sound(self._out) if sound else None
        self.seconds = 0.0

    def put(self, unit: AccessUnit) -> None:
        """Write a picture. Raises OSError."""
        packet = av.Packet(unit.data)
        packet.stream, packet.time_base = self._video, Fraction(1, ticks_per_second)
        packet.pts = packet.dts = unit.pts - self._first.pts
        packet.is_keyframe = unit.key
        self.seconds = packet.pts / ticks_per_second
        if self._sound:
            self._sound.pad_to(int(self.seconds * sample_rate) - sound_may_lag)
        self._out.mux(packet)
        if unit.key:
            self._sink.sync()

    def add_sound(self, block: bytes, at_ns: int) -> None:
        """Write 16-bit mono sound of 48 kHz that began at a time of CLOCK_MONOTONIC. Raises OSError."""
        if self._sound:
            begin = (at_ns - self._first.arrived_ns) * sample_rate // ns_per_second
            self._sound.add(np.frombuffer(block, np.int16), begin)

    def close(self) -> None:
        """Write the rest. Raises OSError."""
        try:
            if self._sound:
                self._sound.end()
        finally:
            self._out.close()
            self._probe.close()


class Sound:
    """One AAC track without a hole: what is missing becomes silence."""

    def __init__(self, out: av.container.OutputContainer) -> None:
        self._out = out
        self._stream = out.add_stream("aac", rate=sample_rate, layout="mono", bit_rate=sound_bits)
        self._pending: NDArray[np.int16] = np.zeros(0, np.int16)
        self._encoded = 0

    def add(self, samples: NDArray[np.int16], begin: int) -> None:
        """Append samples that belong at `begin`, counted from the first picture."""
        late = self._end - begin
        if late < -tolerance:
            self.pad_to(begin)
        elif late > tolerance:
            samples = samples[late:]
        self._append(samples)

    def pad_to(self, end: int) -> None:
        """Append silence up to there."""
        if end > self._end:
            self._append(np.zeros(end - self._end, np.int16))

    def end(self) -> None:
        """Encode what is left."""
        short = -len(self._pending) % samples_per_frame
        self._append(np.zeros(short, np.int16))
        for packet in self._stream.encode(None):
            self._out.mux(packet)

    @property
    def _end(self) -> int:
        return self._encoded + len(self._pending)

    def _append(self, samples: NDArray[np.int16]) -> None:
        ready = np.concatenate([self._pending, samples])
        whole = len(ready) // samples_per_frame * samples_per_frame
        self._pending = ready[whole:]
        for at in range(0, whole, samples_per_frame):
            self._encode(ready[at : at + samples_per_frame])

    def _encode(self, samples: NDArray[np.int16]) -> None:
        level = samples.astype(np.float32)[None, :] / 32768
        frame = av.AudioFrame.from_ndarray(level, format="fltp", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = sample_rate, Fraction(1, sample_rate), self._encoded
        self._encoded += samples_per_frame
        for packet in self._stream.encode(frame):
            self._out.mux(packet)
