from __future__ import annotations

from math import cos, pi, sin

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.perception.upright import SIDE, Square, cut


@given(
    x=st.floats(-50, 500), y=st.floats(-50, 500), half=st.floats(5, 2000), angle=st.floats(-pi, pi),
    seed=st.integers(0, 9),
)  # fmt: skip
def test_to_the_square_and_back_is_the_same_point(x: float, y: float, half: float, angle: float, seed: int) -> None:
    square = Square(np.array([x, y]), half, angle)
    points = np.random.default_rng(seed).normal(0, 300, (5, 3))
    assert np.allclose(square.to_picture(square.to_square(points)), points, atol=1e-6)


@pytest.mark.parametrize(("half", "angle"), [(60.0, 0.0), (90.0, 0.7), (700.0, -2.0), (1400.0, 0.4)])
def test_a_blob_lies_in_the_cut_where_the_square_says(half: float, angle: float) -> None:
    """Centroids, so that a shift of half a pixel would show."""
    centre = np.array([1500.3, 1499.6])
    square = Square(centre, half, angle)
    place = centre + half * 0.35 * np.array([cos(1.1), sin(1.1)])
    y, x = np.mgrid[0:3000, 0:3000]
    blob = np.exp(-((x - place[0]) ** 2 + (y - place[1]) ** 2) / (2 * (half / 12) ** 2))
    view = cut(np.repeat(np.rint(255 * blob).astype(np.uint8)[..., None], 3, axis=2), square)[..., 0].astype(float)
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    middle = np.array([(view * columns).sum(), (view * rows).sum()]) / view.sum()
    expected = square.to_square(np.array([[*place, 0.0]]))[0, :2]
    assert np.allclose(middle, expected, atol=0.12)
