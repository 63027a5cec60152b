"""What counts as a camera that shows nothing."""

import numpy as np

from media.watch import HEIGHT, WIDTH, Judgement, Picture, decode, judge, look
from support.webrtc import film

NOISE = np.random.default_rng(1)


def scene(brightness: int = 100) -> Picture:
    """Return a picture with contrast, and noise that is never the same twice."""
    base = np.tile(np.linspace(brightness - 50, brightness + 50, WIDTH), (HEIGHT, 1))
    return np.asarray(np.clip(base + NOISE.normal(0, 3, (HEIGHT, WIDTH)), 0, 255), np.uint8)


def judged(*pictures: Picture) -> str | None:
    """Return the fault after these looks."""
    now, before = Judgement(), None
    for picture in pictures:
        now, before = judge(now, look(picture, before)), picture
    return now.fault


def test_a_living_scene_has_no_fault() -> None:
    """Noise alone is life."""
    assert judged(*(scene() for _ in range(10))) is None


def test_a_covered_lens_is_dark() -> None:
    """Two looks in a row; one may be a lorry."""
    dark = np.full((HEIGHT, WIDTH), 3, np.uint8)
    assert judged(scene(), dark) is None
    assert "dark" in str(judged(scene(), dark, dark))
    assert judged(dark, dark, scene()) is None


def test_paint_on_the_lens_is_flat() -> None:
    """Bright, but nothing to see."""
    grey = [np.asarray(np.clip(NOISE.normal(120, 1, (HEIGHT, WIDTH)), 0, 255), np.uint8) for _ in range(2)]
    assert "shows nothing" in str(judged(*grey))


def test_the_same_picture_again_and_again_is_frozen() -> None:
    """Four equal looks, twelve seconds."""
    still = scene()
    assert judged(still, still, still, still) is None
    assert "frozen" in str(judged(still, still, still, still, still))


def test_a_key_frame_decodes_to_a_small_grey_picture() -> None:
    """And what is no picture is None."""
    picture = decode(film()[0][0])
    assert picture is not None
    assert picture.shape == (HEIGHT, WIDTH)
    assert 40 < picture.mean() < 80
    assert decode(b"\x00\x00\x00\x01\x65nonsense") is None
