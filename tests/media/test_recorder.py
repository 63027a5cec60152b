"""Clips: FFmpeg reads them without an error, whole, cut off, with gaps, with sound, and from a full disk."""

import hashlib
import resource
import signal
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.camera import AccessUnit
from media.recorder import Clip, wall_time
from media.sim_camera.burn_in import burn, read_number
from media.sim_camera.encoder import Encoder
from media.sim_camera.profiles import Profile
from media.sim_camera.scene import frame_planes
from support.rtsp import run_tool

profile = Profile(320, 176, 10, 400_000)
when = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
ms = 1_000_000


def pictures(count: int, begin_ns: int = 5_000 * ms) -> list[AccessUnit]:
    """Encode pictures that carry their number, at 10 per second, a key frame every 2 s."""
    encoder, random = Encoder(profile), np.random.default_rng(1)
    units = []
    for number in range(count):
        picture = random.integers(60, 120, (264, 320), np.uint8)
        burn(frame_planes(picture), number, when)
        units += [
            AccessUnit(coded.data, coded.pts, coded.key, begin_ns + coded.pts * ms // 90)
            for coded in encoder.encode(picture, number, key=False)
        ]
    return units


units_60 = pictures(60)


async def recorded(path: Path, units: list[AccessUnit]) -> Path:
    """Record pictures, the first half as those from before."""
    clip = await Clip.start(path, units[: len(units) // 2])
    for unit in units[len(units) // 2 :]:
        await clip.put(unit)
    await clip.finish()
    return path


async def put_all(clip: Clip, units: list[AccessUnit]) -> None:
    """Append pictures."""
    for unit in units:
        await clip.put(unit)


def luma(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """Return a frame's brightness plane."""
    return np.asarray(frame.to_ndarray(format="gray"), np.uint8)


def seen(path: Path) -> list[int | None]:
    """Return the numbers in a file's pictures."""
    with av.open(path) as container:
        return [read_number(luma(frame)) for frame in container.decode(video=0)]


def seen_until_cut(path: Path) -> list[int | None]:
    """Return the same of a file whose last picture may be cut in the middle."""
    found: list[int | None] = []
    with av.open(path) as container, suppress(av.error.InvalidDataError):
        found.extend(read_number(luma(frame)) for frame in container.decode(video=0))
    return found


async def assert_clean(path: Path) -> None:
    """Let FFmpeg decode all of a file and hear no complaint."""
    assert await run_tool("ffmpeg", "-v", "error", "-xerror", "-i", str(path), "-f", "null", "-") == (0, "")


async def test_a_clip_has_every_picture(tmp_path: Path) -> None:
    """From before and from the incident, in order, and its description is true."""
    path = tmp_path / "clip.mp4"
    clip = await Clip.start(path, units_60[:30])
    for unit in units_60[30:]:
        await clip.put(unit)
    info = await clip.finish()
    assert seen(path) == list(range(60))
    assert (info.path, info.bytes) == (path, path.stat().st_size)
    assert info.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert info.seconds == pytest.approx(5.9)
    assert abs(info.first - wall_time(units_60[0].arrived_ns)) < timedelta(seconds=1)
    await assert_clean(path)


async def test_a_clip_begins_with_a_key_frame(tmp_path: Path) -> None:
    """What comes before cannot be decoded and is left out."""
    await recorded(tmp_path / "clip.mp4", units_60[7:])
    assert seen(tmp_path / "clip.mp4") == list(range(20, 60))


@pytest.mark.parametrize("share", [0.6, 0.95])
async def test_a_clip_cut_off_still_opens(tmp_path: Path, share: float) -> None:
    """As after a power cut: everything up to the fragment that was cut is there."""
    path = await recorded(tmp_path / "clip.mp4", units_60)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    there = seen_until_cut(path)
    assert there[:20] == list(range(20))
    assert there == list(range(len(there)))


async def test_a_fragment_is_in_the_file_when_the_next_begins(tmp_path: Path) -> None:
    """The process may die: what is older than the newest key frame can be read."""
    path = tmp_path / "clip.mp4"
    clip = await Clip.start(path, units_60[:41])
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(path.read_bytes())
    assert seen(copy) == list(range(40))
    await clip.finish()


async def test_a_gap_in_the_pictures(tmp_path: Path) -> None:
    """The camera was unplugged for a minute: the clip goes on at the right time."""
    late = [AccessUnit(u.data, u.pts + 90_000 * 60, u.key, u.arrived_ns + 60_000 * ms) for u in units_60[40:]]
    path = await recorded(tmp_path / "clip.mp4", units_60[:35] + late)
    with av.open(path) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert times[34:36] == pytest.approx([3.4, 64.0])
    await assert_clean(path)


def tone(milliseconds: int) -> bytes:
    """Return a loud sound."""
    return bytes((np.sin(np.arange(48 * milliseconds) * 0.06) * 12000).astype(np.int16))


def loud(path: Path) -> list[bool]:
    """Return for each tenth of a second of a file whether there is sound."""
    with av.open(path) as container:
        samples = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    whole = len(samples) // 4800 * 4800
    return [bool(level > 0.05) for level in np.abs(samples[:whole].reshape(-1, 4800)).mean(axis=1)]


async def test_sound_is_where_it_belongs(tmp_path: Path) -> None:
    """Silence before the press and where blocks are missing; what comes twice or too late is left out."""
    path = tmp_path / "clip.mp4"
    clip = await Clip.start(path, units_60[:20], sound=True)
    for unit in units_60[20:]:
        await clip.put(unit)
        if unit.pts < 4 * 90_000 or unit.pts >= 5 * 90_000:
            await clip.add_audio(tone(100), unit.arrived_ns)
    await clip.add_audio(tone(100), units_60[0].arrived_ns)
    await clip.finish()
    heard = loud(path)
    assert heard[:19] == [False] * 19
    assert heard[21:39] == [True] * 18
    assert heard[41:49] == [False] * 8
    assert heard[51:59] == [True] * 8
    assert seen(path) == list(range(60))
    await assert_clean(path)


async def test_a_dead_microphone_holds_up_nothing(tmp_path: Path) -> None:
    """With a sound track and no sound the pictures still reach the file."""
    path = tmp_path / "clip.mp4"
    clip = await Clip.start(path, units_60, sound=True)
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(path.read_bytes())
    assert len(seen(copy)) >= 20
    await clip.finish()
    assert not any(loud(path))


async def test_the_longest_length(tmp_path: Path) -> None:
    """A clip that is never finished does not fill the disk."""
    clip = await Clip.start(tmp_path / "clip.mp4", units_60[:20], longest_seconds=3)
    for unit in units_60[20:]:
        await clip.put(unit)
    assert clip.full
    await clip.finish()
    assert seen(tmp_path / "clip.mp4") == list(range(31))


async def test_no_picture_no_clip(tmp_path: Path) -> None:
    """A camera that gave nothing leaves no file that looks like a recording."""
    clip = await Clip.start(tmp_path / "clip.mp4")
    await clip.add_audio(tone(20), 0)
    with pytest.raises(ValueError, match="the camera gave no key frame"):
        await clip.finish()
    assert not (tmp_path / "clip.mp4").exists()


async def test_no_folder(tmp_path: Path) -> None:
    """The sentence names the file and the reason."""
    with pytest.raises(OSError, match=r"none/clip.mp4 cannot be written: No such file or directory"):
        await Clip.start(tmp_path / "none" / "clip.mp4", units_60)


@pytest.fixture
def small_disk() -> Iterator[None]:
    """Let no file of this process grow beyond 60 kB: the kernel itself refuses the write."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.usefixtures("small_disk")
async def test_a_full_disk(tmp_path: Path) -> None:
    """The write fails with a sentence; what was written stays, opens, and is described truly."""
    clip = await Clip.start(tmp_path / "clip.mp4", units_60[:5])
    with pytest.raises(OSError, match=r"clip\.mp4 cannot be written: File too large"):
        await put_all(clip, units_60[5:])
    info = await clip.finish()
    assert info.bytes == (tmp_path / "clip.mp4").stat().st_size == 60_000
    assert info.sha256 == hashlib.sha256((tmp_path / "clip.mp4").read_bytes()).hexdigest()
    there = seen_until_cut(tmp_path / "clip.mp4")
    assert len(there) >= 5
    assert there == list(range(len(there)))
