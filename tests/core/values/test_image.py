from __future__ import annotations

import numpy as np
import pytest

from core.values.image import Image, image_of


def some_pixels(dtype: type = np.uint8) -> np.ndarray:
    return np.random.default_rng(1).integers(0, np.iinfo(dtype).max, (6, 8, 3), dtype)


@pytest.mark.parametrize(("dtype", "peak"), [(np.uint8, 255), (np.uint16, 65535)])
def test_a_picture_knows_its_size_and_white(dtype: type, peak: int) -> None:
    image = image_of(some_pixels(dtype))
    assert (image.width, image.height, image.peak) == (8, 6, peak)


def test_nobody_can_write_to_its_pixels() -> None:
    image = image_of(some_pixels(), np.full((6, 8), 9, np.uint8))
    with pytest.raises(ValueError, match="read-only"):
        image.pixels[0, 0] = 0
    assert image.alpha is not None
    with pytest.raises(ValueError, match="read-only"):
        image.alpha[0, 0] = 0


def test_writing_to_the_original_afterwards_changes_nothing() -> None:
    pixels = some_pixels()
    image = image_of(pixels)
    before = image.pixels.copy()
    pixels[:] = 0
    np.testing.assert_array_equal(image.pixels, before)


def test_frozen_pixels_are_shared_and_not_copied() -> None:
    image = image_of(some_pixels())
    assert image_of(image.pixels).pixels is image.pixels


def test_the_digest_tells_content_size_depth_and_alpha_apart() -> None:
    pixels = some_pixels()
    other = pixels.copy()
    other[3, 3, 1] ^= 1
    opaque = np.full((6, 8), 255, np.uint8)
    pictures: list[Image] = [
        image_of(pixels),
        image_of(other),
        image_of(pixels.reshape(8, 6, 3)),
        image_of(pixels.astype(np.uint16)),
        image_of(pixels, opaque),
        image_of(pixels, opaque - 1),
    ]
    assert len({picture.digest for picture in pictures}) == len(pictures)
    assert all(len(picture.digest) == 32 for picture in pictures)


def test_the_digest_does_not_depend_on_the_layout_in_memory() -> None:
    pixels = some_pixels()
    assert image_of(np.asfortranarray(pixels)).digest == image_of(pixels).digest
    assert image_of(pixels[::-1][::-1]).digest == image_of(pixels).digest


@pytest.mark.parametrize(
    "pixels", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)]
)
def test_other_shapes_and_types_are_a_programmers_mistake(pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="pixels must be"):
        image_of(pixels)


@pytest.mark.parametrize("alpha", [np.zeros((6, 7), np.uint8), np.zeros((6, 8), np.uint16)])
def test_alpha_must_fit_the_pixels(alpha: np.ndarray) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        image_of(some_pixels(), alpha)
