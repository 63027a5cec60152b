"""The simulated camera's parts: the head's mechanics, the bar code, the scene, the packets."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.camera import AccessUnit
from drivers.camera.h264 import ParameterSets
from drivers.camera.h264_rtp import Depacketiser, parse_rtp
from media.sim_camera.burn_in import bits, burn, read_number
from media.sim_camera.encoder import Coded, Encoder
from media.sim_camera.head import Aim, Head, highest, home, lowest, presets
from media.sim_camera.profiles import Profile, profiles
from media.sim_camera.rtp_packets import Numbering, payloads
from media.sim_camera.scene import Scene, frame_planes
from support.rtsp import decoded

aims = st.builds(Aim, st.floats(-400, 400), st.floats(-400, 400), st.floats(-400, 400))
small = profiles["360p10"]
noon = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def scene() -> Scene:
    """Paint the panorama once for this file."""
    return Scene(small)


@given(st.lists(st.tuples(st.booleans(), aims, st.floats(0, 2)), max_size=20))
def test_the_head_stays_within_its_ends(steps: list[tuple[bool, Aim, float]]) -> None:
    """Whatever it is told."""
    head = Head()
    for go, aim, seconds in steps:
        head = (head.go(aim) if go else head.move(aim)).step(seconds)
        for name in ("pan", "tilt", "zoom"):
            assert getattr(lowest, name) <= getattr(head.at, name) <= getattr(highest, name)


@pytest.mark.parametrize("name", presets)
def test_the_head_arrives_and_stands_still(name: str) -> None:
    """A preset is reached exactly, within 5 s from the far end."""
    head = Head(at=highest).go(presets[name])
    for _ in range(125):
        head = head.step(0.04)
    assert head.at == presets[name]
    assert head.target is None


def test_moving_ends_a_preset_and_stop_ends_moving() -> None:
    """The last order counts."""
    head = Head().go(presets["gate"]).move(Aim(-1, 0, 0)).step(0.5)
    assert head.at == Aim(-30.0, home.tilt, home.zoom)
    assert head.move(Aim(0, 0, 0)).step(5).at == head.at


@pytest.mark.parametrize("profile", profiles.values())
@given(number=st.integers(0, 2**28 - 1))
@settings(max_examples=20)
def test_the_bar_code_is_read(profile: Profile, number: int) -> None:
    """At every size, for every number."""
    frame = np.full((profile.height * 3 // 2, profile.width), 77, np.uint8)
    burn(frame_planes(frame), number, noon)
    assert read_number(frame[: profile.height]) == number


@given(st.integers(0, 2**28 - 1), st.one_of(st.integers(0, 3), st.integers(32, 39)))
def test_a_damaged_bar_code_is_no_number(number: int, wrong: int) -> None:
    """One wrong cell of the sync or of the check is enough."""
    cells = bits(number)
    cells[wrong] ^= 1
    luma = np.repeat(np.array([cells], np.uint8) * 200, 16, axis=1).repeat(200, axis=0)
    assert read_number(luma) is None


def test_the_scene_is_well_lit_and_moves(scene: Scene) -> None:
    """Bright, colored, full of edges, and different a second later."""
    one, later = scene.render(home, 6), scene.render(home, 7)
    luma = one[: small.height]
    assert 90 < luma.mean() < 190
    assert luma.std() > 30
    assert one[small.height :].std() > 5
    assert 0.001 < np.mean(one != later) < 0.3


def test_the_same_scene_every_time(scene: Scene) -> None:
    """Rendering leaves no traces in the background."""
    first = scene.render(home, 6)
    scene.render(presets["gate"], 26)
    assert np.array_equal(scene.render(home, 6), first)


@given(pan=st.floats(-90, 90), tilt=st.floats(-20, 40), zoom=st.floats(1, 4), at=st.floats(0, 1e6))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_direction_can_be_rendered(scene: Scene, pan: float, tilt: float, zoom: float, at: float) -> None:
    """To the ends of the head's reach, at any time of the day."""
    assert scene.render(Aim(pan, tilt, zoom), at).shape == (small.height * 3 // 2, small.width)


def test_a_covered_lens_is_dark(scene: Scene) -> None:
    """As media.watch will find it."""
    assert scene.dark()[: small.height].mean() < 40


def encoded(count: int, keys: set[int]) -> list[Coded]:
    """Encode noise, which makes large frames."""
    encoder, random = Encoder(small), np.random.default_rng(2)
    frames = [random.integers(16, 235, (small.height * 3 // 2, small.width), np.uint8) for _ in range(count)]
    return [coded for tick, frame in enumerate(frames) for coded in encoder.encode(frame, tick, key=tick in keys)]


def test_key_frames_every_two_seconds_and_on_demand() -> None:
    """One frame in, one frame out, no delay; key frames begin with their parameter sets."""
    coded = encoded(30, {7})
    assert [number for number, one in enumerate(coded) if one.key] == [0, 7, 27]
    assert [one.pts for one in coded] == [tick * 9_000 for tick in range(30)]
    assert all(one.data.startswith(b"\x00\x00\x00\x01\x67") for one in coded if one.key)


def test_packets_come_together_again() -> None:
    """Our packets through our depacketiser are the pictures they were."""
    numbers, box, sets = Numbering(1, 65_500, 2**32 - 1000), Depacketiser(), ParameterSets()
    units: list[AccessUnit] = []
    for coded in encoded(12, set()):
        data = numbers.interleaved(payloads(coded), coded.pts, 0)
        while data:
            size = int.from_bytes(data[2:4])
            assert size <= 1412
            for picture in box.feed(parse_rtp(data[4 : 4 + size])):
                found = sets.take(picture)
                assert found is not None
                units.append(AccessUnit(found[0], coded.pts, found[1], 0))
            data = data[4 + size :]
    assert len(decoded(units)) == 12
