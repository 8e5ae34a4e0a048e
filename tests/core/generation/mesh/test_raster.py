"""The rasteriser against scipy's interpolator, which knows nothing of it."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import LinearNDInterpolator
from scipy.spatial import Delaunay

from core.generation.mesh.raster import FAR, cover, rasterise


def drawn(xy: np.ndarray, depth: np.ndarray, values: np.ndarray, faces: np.ndarray, size: int) -> np.ndarray:
    field = np.full((size, size, values.shape[1]), np.nan, np.float32)
    nearest = np.full((size, size), FAR, np.float32)
    rasterise(xy.astype(np.float32), depth.astype(np.float32), values.astype(np.float32), faces, field, nearest)
    return field


def test_values_agree_with_linear_interpolation_over_the_same_triangles() -> None:
    rng = np.random.default_rng(3)
    xy = rng.uniform(-4, 44, (80, 2))
    values = rng.normal(size=(80, 3))
    mesh = Delaunay(xy)
    field = drawn(xy, np.zeros(80), values, mesh.simplices.astype(np.int32), 40)
    y, x = np.mgrid[:40, :40]
    expected = LinearNDInterpolator(mesh, values)(x, y)
    inside = np.isfinite(expected[..., 0])
    assert inside.mean() > 0.9
    np.testing.assert_allclose(field[inside], expected[inside], atol=2e-3)
    assert np.median(np.abs(field[inside] - expected[inside])) < 1e-6


def test_nodes_outside_every_triangle_keep_what_they_held() -> None:
    field = drawn(
        np.array([[1, 1], [5, 1], [1, 5.0]]), np.zeros(3), np.ones((3, 1)), np.array([[0, 1, 2]], np.int32), 9
    )
    assert np.isnan(field[6:, :]).all()
    assert np.isnan(field[5, 5])
    assert (field[1, 1:6] == 1).all()


def test_the_nearer_triangle_wins_whatever_the_order() -> None:
    xy = np.array([[0, 0], [8, 0], [0, 8], [0, 0], [8, 0], [0, 8.0]])
    depth = np.array([2, 2, 2, 1, 1, 1.0])
    values = np.array([[5.0], [5], [5], [7], [7], [7]])
    faces = np.array([[0, 1, 2], [3, 4, 5]], np.int32)
    for order in (faces, faces[::-1].copy()):
        assert drawn(xy, depth, values, order, 9)[2, 2, 0] == 7


def test_covered_cells_are_those_whose_centres_lie_inside() -> None:
    rng = np.random.default_rng(7)
    xy = rng.uniform(-3, 33, (12, 2)).astype(np.float32)
    faces = rng.integers(0, 12, (6, 3)).astype(np.int32)
    cells = np.zeros((30, 30), np.uint8)
    cover(xy, faces, cells)
    y, x = np.mgrid[:30, :30].astype(float)
    expected = np.zeros((30, 30), bool)
    near_edge = np.zeros((30, 30), bool)
    for a, b, c in xy[faces].astype(float):
        sides = [(q[0] - p[0]) * (y - p[1]) - (q[1] - p[1]) * (x - p[0]) for p, q in ((a, b), (b, c), (c, a))]
        expected |= np.minimum.reduce(sides) > 0
        expected |= np.maximum.reduce(sides) < 0
        for p, q, side in zip((a, b, c), (b, c, a), sides, strict=True):
            near_edge |= np.abs(side) < 2e-2 * max(float(np.hypot(*(q - p))), 1e-3)
    np.testing.assert_array_equal(cells[~near_edge] > 0, expected[~near_edge])
