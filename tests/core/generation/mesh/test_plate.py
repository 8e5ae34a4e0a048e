from __future__ import annotations

import numpy as np
import pytest

from core.generation.mesh.plate import background_plate, push_pull
from core.values.image import image_of


def disc(size: int, radius: float) -> np.ndarray:
    y, x = np.mgrid[:size, :size] - size / 2
    return np.clip(radius - np.hypot(x, y) + 0.5, 0, 1).astype(np.float32)


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_a_plain_background_comes_back_behind_the_subject(depth: type[np.unsignedinteger]) -> None:
    peak = np.iinfo(depth).max
    pixels = np.full((120, 120, 3), peak // 2, depth)
    matte = disc(120, 30)
    pixels[matte > 0] = peak
    plate = background_plate(image_of(pixels), matte, 60.0)
    np.testing.assert_allclose(plate.astype(float), peak // 2, atol=peak * 0.004)


def test_a_gradient_goes_on_behind_the_subject() -> None:
    x = np.mgrid[:160, :160][1]
    pixels = np.repeat((60 + 0.8 * x)[..., None], 3, axis=2).astype(np.uint8)
    original = pixels.copy()
    matte = disc(160, 32)
    pixels[matte > 0] = 0
    plate = background_plate(image_of(pixels), matte, 60.0)
    assert np.abs(plate.astype(float) - original).max() < 14


def test_far_from_the_subject_the_plate_is_the_photo() -> None:
    image = image_of(np.random.default_rng(0).integers(0, 255, (140, 140, 3), dtype=np.uint8))
    matte = disc(140, 25)
    plate = background_plate(image, matte, 60.0)
    far = disc(140, 25 + 0.2 * 60) == 0
    np.testing.assert_array_equal(plate[far], image.pixels[far])
    assert (plate[60:80, 60:80] != image.pixels[60:80, 60:80]).any()


def test_a_photo_that_shows_no_background_is_its_own_plate() -> None:
    image = image_of(np.random.default_rng(0).integers(0, 255, (60, 60, 3), dtype=np.uint8))
    assert background_plate(image, np.ones((60, 60), np.float32), 30.0) is image.pixels


def test_the_plate_is_the_same_every_time() -> None:
    image = image_of(np.random.default_rng(0).integers(0, 255, (90, 90, 3), dtype=np.uint8))
    first, second = (background_plate(image, disc(90, 20), 40.0) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_filling_keeps_what_is_known_and_invents_nothing_brighter() -> None:
    rng = np.random.default_rng(4)
    picture = rng.uniform(20, 200, (50, 61, 3)).astype(np.float32)
    weight = (rng.random((50, 61)) > 0.6).astype(np.float32)
    filled = push_pull(picture, weight)
    np.testing.assert_allclose(filled[weight == 1], picture[weight == 1], rtol=1e-5)
    assert filled.min() > 15
    assert filled.max() < 205
