"""Rows of pixels out of the photo, against plain arithmetic over the same neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from core.generation.mesh.sampling import RUN, WarpSource, warp_source
from core.generation.mesh.warp import Field, warp_into
from core.values.geometry import Box
from core.values.image import image_of

DEPTHS = pytest.mark.parametrize("depth", [np.uint8, np.uint16])


def noise(shape: tuple[int, int], depth: type[np.unsignedinteger]) -> np.ndarray:
    return np.random.default_rng(4).integers(0, np.iinfo(depth).max, (*shape, 3), dtype=depth)


def expected(source: WarpSource, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Bilinear in the finer photo, at columns u and rows v of the photo's box."""
    fine = source.fine[..., :3].astype(float)
    u = np.clip(source.zoom * u, 0, fine.shape[1] - 1)
    v = np.clip(source.zoom * v, 0, fine.shape[0] - 1)
    i, h = np.minimum(u.astype(int), fine.shape[1] - 2), np.minimum(v.astype(int), fine.shape[0] - 2)
    p, q = (u - i)[..., None], (v - h)[..., None]
    top = fine[h, i] + p * (fine[h, i + 1] - fine[h, i])
    low = fine[h + 1, i] + p * (fine[h + 1, i + 1] - fine[h + 1, i])
    return top + q * (low - top)


@DEPTHS
@pytest.mark.parametrize("step", [2, 5])
def test_pixels_come_from_where_the_field_points(depth: type[np.unsignedinteger], step: int) -> None:
    """Over rows longer than one run, with parts that rest, and beyond the photo's edges."""
    height, width = 23, RUN + 190
    photo = noise((height, width), depth)
    source = warp_source(image_of(photo), Box(0, 0, width, height))
    rows, columns = -(-height // step) + 1, -(-width // step) + 1
    rng = np.random.default_rng(1)
    values = np.zeros((rows, columns, 3), np.float32)
    values[..., :2] = rng.uniform(-6, 6, (rows, columns, 2))
    values[..., 2] = rng.uniform(-0.2, 0.2, (rows, columns))
    active = rng.random((rows - 1, columns - 1)) < 0.9
    active[2] = True
    out = photo.copy()
    warp_into(out, Field(values, active, 0, 0, step, Box(0, 0, width, height)), source)

    y, x = np.mgrid[:height, :width]
    i, j = y // step, x // step
    p, q = ((x % step) / step)[..., None], ((y % step) / step)[..., None]
    top = values[i, j] + p * (values[i, j + 1] - values[i, j])
    low = values[i + 1, j] + p * (values[i + 1, j + 1] - values[i + 1, j])
    field = top + q * (low - top)
    wanted = expected(source, x + field[..., 0], y + field[..., 1]) * (1 + field[..., 2:])
    wanted = np.clip(wanted, 0, np.iinfo(depth).max)
    moved = active[i, j]
    np.testing.assert_array_equal(out[~moved], photo[~moved])
    # Places are single precision: at hundreds of pixels, some ten thousandths of a pixel of steep noise.
    assert np.abs(out[moved] - wanted[moved]).max() < (1.0 if depth == np.uint8 else 40.0)
    assert np.abs(out[moved] - wanted[moved]).mean() < (0.3 if depth == np.uint8 else 2.0)


@DEPTHS
def test_the_finer_photo_holds_the_photo_and_its_coverage(depth: type[np.unsignedinteger]) -> None:
    photo = noise((20, 30), depth)
    peak = np.iinfo(depth).max
    coverage = np.zeros((20, 30), np.float32)
    coverage[5:, 7:] = 1
    source = warp_source(image_of(photo), Box(3, 2, 28, 19), coverage)
    np.testing.assert_array_equal(source.fine[::2, ::2, :3], photo[2:19, 3:28])
    np.testing.assert_array_equal(source.fine[::2, ::2, 3], (coverage[2:19, 3:28] * peak).astype(depth))
    assert source.fine[6, 7, 3] == (peak + 1) // 2
    assert not source.fine.flags.writeable


def test_a_photo_one_pixel_wide_is_left_alone() -> None:
    photo = noise((9, 1), np.uint8)
    out = photo.copy()
    field = Field(np.ones((6, 2, 3), np.float32), np.ones((5, 1), bool), 0, 0, 2, Box(0, 0, 1, 9))
    warp_into(out, field, warp_source(image_of(photo), Box(0, 0, 1, 9)))
    np.testing.assert_array_equal(out, photo)
