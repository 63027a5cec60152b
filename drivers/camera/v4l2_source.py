"""An open source of pictures, as PyAV sees it: what it sends becomes H.264 here, or is H.264 already."""

import errno
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from fractions import Fraction

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from av.video.stream import VideoStream

from drivers.camera.h264 import ParameterSets, Picture, nal_units
from drivers.camera.h264_encoder import H264Encoder, Shape, key_seconds
from drivers.camera.kind import CameraError

# FFmpeg asks a coded stream for its first packet without a pause, so it may not for long. What it would have learned from
# that packet the decoder learns later: the stream is open all the same.
look_at_stream_seconds = 0.5
most_damaged = 50  # pictures in a row; a loose cable damages one now and then
most_in_a_row = 3  # pictures without a pause between them; more are a queue that only makes the picture old
clock = 90_000
nonblocking = 4  # AVFMT_FLAG_NONBLOCK of libavformat/avformat.h
silent = "the camera does not answer or has stopped sending"


@dataclass(frozen=True, slots=True)
class Address:
    """What is opened: a device or file, FFmpeg's name of its format, and the options of that."""

    file: str
    format: str
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shot:
    """One coded picture as AccessUnit has it, with the source's own clock in 90 kHz."""

    data: bytes
    ticks: int
    key: bool
    arrived_ns: int


class Passing:
    """Hands on the H.264 that the source makes itself."""

    def __init__(self) -> None:
        self._sets = ParameterSets()

    def code(self, packet: "Packet[VideoStream]", ticks: int, *, key: bool) -> list[tuple[bytes, bool]]:  # noqa: ARG002 - such a camera makes key frames when it likes
        """Return the packet's picture, when it can be decoded."""
        found = self._sets.take(Picture(nal_units(bytes(packet)), ticks, whole=True))
        return [found] if found else []


class Encoding:
    """Makes H.264 of raw pictures and of JPEG."""

    def __init__(self, stream: VideoStream, shape: Shape) -> None:
        self._decoder = stream.codec_context
        self._decoder.thread_count = 1
        self._encoder = H264Encoder(shape)
        self._reformatter = VideoReformatter()
        self._tick = 0
        self._key_at: int | None = None
        self._damaged = 0

    def code(self, packet: "Packet[VideoStream]", ticks: int, *, key: bool) -> list[tuple[bytes, bool]]:
        """Return the packet's picture, coded; nothing for a damaged one. Raises CameraError when all are."""
        try:
            frames = self._decoder.decode(packet)
        except av.InvalidDataError as problem:
            self._damaged += 1
            if self._damaged > most_damaged:
                raise CameraError("the camera sends pictures that cannot be decoded") from problem
            return []
        self._damaged = 0
        return [coded for frame in frames for coded in self._encode(frame, ticks, key=key)]

    def _encode(self, frame: av.VideoFrame, ticks: int, *, key: bool) -> Iterator[tuple[bytes, bool]]:
        key = key or self._is_time_for_key(ticks)
        for coded in self._encoder.encode(self._planes(frame), self._tick, key=key):
            yield coded.data, coded.key
            self._key_at = ticks if coded.key else self._key_at
        self._tick += 1

    def _is_time_for_key(self, ticks: int) -> bool:
        # By the clock as well as by the count: many cameras halve their rate when it gets dark.
        return self._key_at is None or not 0 <= ticks - self._key_at < key_seconds * clock

    def _planes(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Return the frame as the encoder's color note says: 4:2:0, BT.601, 16 to 235 (JPEG has 0 to 255)."""
        return self._reformatter.reformat(
            frame, format="yuv420p", dst_colorspace=Colorspace.ITU601, dst_color_range=ColorRange.MPEG, threads=1
        )


class Source:
    """An open source. The pictures of a device lie in its own memory, so none outlives the call that reads it."""

    def __init__(self, container: InputContainer, name: str, wanted: Shape) -> None:
        self._container = container
        self._name = name
        self._stream = container.streams.video[0]
        self._waits = not container.flags & nonblocking
        self._begun = False
        self._in_a_row = 0
        context = self._stream.codec_context
        self.codec = context.name
        # A device that does not tell its rate is taken to give the wanted one; key frames go by the clock anyway.
        self.told_rate = self._stream.average_rate or None
        self.given = replace(
            wanted, width=context.width, height=context.height, rate=Fraction(self.told_rate or wanted.rate)
        )
        self._coder = Passing() if self.codec == "h264" else Encoding(self._stream, self.given)

    def read(self, *, key: bool) -> list[Shot] | None:
        """Return the next picture, coded, as a key frame if asked; None when there is none yet. Raises CameraError."""
        packet = None
        self._begun = True
        try:
            with _one_sentence(self._name, "gives no more pictures"):
                packet = next(self._container.demux(self._stream))
                return self._take(packet, time.monotonic_ns(), key=key)
        except BlockingIOError:
            self._in_a_row = 0
            return None
        finally:
            del packet

    def _take(self, packet: "Packet[VideoStream]", arrived_ns: int, *, key: bool) -> list[Shot]:
        if not packet.size:
            if packet.pts is None:
                raise CameraError(f"the camera at {self._name} has ended its pictures")
            return []  # the driver has marked this picture as damaged
        self._in_a_row += 1
        if self._is_behind():
            return []
        ticks = _ticks(packet, arrived_ns)
        return [Shot(data, ticks, is_key, arrived_ns) for data, is_key in self._coder.code(packet, ticks, key=key)]

    def _is_behind(self) -> bool:
        """Whether pictures wait in the device because coding is too slow; a coded stream has none to leave out."""
        return not self._waits and isinstance(self._coder, Encoding) and self._in_a_row > most_in_a_row

    def close(self) -> None:
        """Let go of the device."""
        if not self._waits and not self._begun:
            # FFmpeg keeps the packet with which it looked at the stream; that lies in the device's memory too.
            with suppress(av.FFmpegError):
                next(self._container.demux(self._stream))
        self._container.close()


def _ticks(packet: "Packet[VideoStream]", arrived_ns: int) -> int:
    if packet.pts is None or packet.time_base is None:
        return arrived_ns * clock // 1_000_000_000
    return int(packet.pts * packet.time_base * clock)


def open_source(addresses: Sequence[Address], wanted: Shape) -> Source:
    """Open the first address that gives what is wanted, or else the last as it is. Raises CameraError."""
    for address in addresses[:-1]:
        try:
            source = _open(address, wanted)
        except _NotOffered:
            continue
        if _fits(source.given, wanted):
            return source
        source.close()
    return _open(addresses[-1], wanted)


def _fits(given: Shape, wanted: Shape) -> bool:
    return (given.width, given.height) == (wanted.width, wanted.height) and given.rate >= wanted.rate


class _NotOffered(CameraError):
    pass


def _open(address: Address, wanted: Shape) -> Source:
    with _one_sentence(address.file, "cannot be opened"):
        container = av.open(
            address.file,
            mode="r",
            format=address.format,
            options=dict(address.options),
            timeout=(look_at_stream_seconds, None),
        )
        return Source(container, address.file, wanted)


@contextmanager
def _one_sentence(name: str, what: str) -> Iterator[None]:
    try:
        yield
    except (BlockingIOError, CameraError):
        raise
    except av.ExitError as problem:  # the time limit of av.open
        raise CameraError(silent) from problem
    except (av.FFmpegError, OSError) as problem:
        kind = _NotOffered if problem.errno == errno.EINVAL else CameraError
        there = os.path.exists(name)  # noqa: PTH110 - a plain name
        raise kind(sentence(name, what, problem, there=there)) from problem


def sentence(name: str, what: str, problem: av.FFmpegError | OSError, *, there: bool) -> str:
    """Return what an error means at a camera, and what to do; `there` says whether the name exists."""
    match problem.errno:
        case errno.ENOENT | errno.ENODEV | errno.ENXIO | errno.EIO | errno.EINVAL if not there:
            return f"there is no camera at {name}; plug it in, or write the path that ls /dev/v4l/by-id shows"
        case errno.EACCES | errno.EPERM:
            return f"the camera at {name} may not be opened; add the program's user to the group video"
        case errno.EBUSY:
            return f"the camera at {name} is in use by another program; end that program"
        case errno.ENOSPC:
            return f"the USB bus has no room for the camera at {name}; choose a smaller width, height or rate"
        case errno.ENOTTY | errno.EISDIR | errno.EINVAL | errno.ENODEV | errno.ENOSYS if (
            what != "gives no more pictures"
        ):
            return f"{name} gives no pictures that we know; write another path that ls /dev/v4l/by-id shows"
        case _:
            return f"the camera at {name} {what} ({problem.strerror})"
