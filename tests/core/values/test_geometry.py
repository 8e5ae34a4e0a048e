from __future__ import annotations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.values.geometry import Box, apply_affine, box_around, invert_affine, smoothstep

WHOLE = st.integers(-50, 50)
BOXES = st.builds(Box, WHOLE, WHOLE, WHOLE, WHOLE)
REAL = st.floats(-100, 100, width=32)
POINTS = hnp.arrays(np.float64, st.tuples(st.integers(1, 8), st.just(2)), elements=REAL)


def pixels_of(box: Box) -> set[tuple[int, int]]:
    return {(x, y) for x in range(box.x0, box.x1) for y in range(box.y0, box.y1)}


@given(box=st.builds(Box, WHOLE, WHOLE, WHOLE, WHOLE), width=st.integers(1, 30), height=st.integers(1, 30))
def test_clipping_keeps_the_pixels_inside_the_picture(box: Box, width: int, height: int) -> None:
    clipped = box.clipped(width, height)
    assert pixels_of(clipped) == pixels_of(box) & pixels_of(Box(0, 0, width, height))
    picture = np.zeros((height, width))
    assert picture[clipped.slices].shape == (clipped.height, clipped.width)


@given(a=BOXES, b=BOXES)
def test_joining_covers_both_and_nothing_wider(a: Box, b: Box) -> None:
    joined = a.joined(b)
    assert pixels_of(a) | pixels_of(b) <= pixels_of(joined)
    assert joined == b.joined(a) or (a.empty and b.empty)
    if not a.empty and not b.empty:
        assert joined.x0 == min(a.x0, b.x0)
        assert joined.x1 == max(a.x1, b.x1)


@given(box=BOXES, by=st.integers(0, 9))
def test_growing_adds_on_every_side(box: Box, by: int) -> None:
    assume(not box.empty)
    grown = box.grown(by)
    assert (grown.width, grown.height) == (box.width + 2 * by, box.height + 2 * by)
    assert grown.grown(-by) == box


@given(points=POINTS, margin=st.floats(0, 20))
def test_the_box_around_points_holds_the_pixel_of_each(points: np.ndarray, margin: float) -> None:
    box = box_around(points, margin)
    for x, y in np.vstack([np.round(points), np.floor(points - margin), np.ceil(points + margin)]):
        assert box.x0 <= x < box.x1
        assert box.y0 <= y < box.y1


@given(affine=hnp.arrays(np.float64, (2, 3), elements=REAL), points=POINTS)
def test_an_inverted_transform_leads_back(affine: np.ndarray, points: np.ndarray) -> None:
    assume(abs(np.linalg.det(affine[:, :2])) > 1.0)
    there = apply_affine(affine, points)
    scale = 1.0 + np.abs(affine).max() ** 2
    np.testing.assert_allclose(apply_affine(invert_affine(affine), there), points, atol=1e-9 * scale * 100)


def test_a_transform_turns_before_it_shifts() -> None:
    quarter = np.array([[0.0, -1.0, 10.0], [1.0, 0.0, 20.0]])
    np.testing.assert_allclose(apply_affine(quarter, np.array([[3.0, 4.0]])), [[6.0, 23.0]])


@given(x=st.floats(-5, 5), y=st.floats(-5, 5))
def test_smoothstep_rises_from_nought_to_one(x: float, y: float) -> None:
    low, high = sorted((x, y))
    a, b = float(smoothstep(low, -1.0, 2.0)), float(smoothstep(high, -1.0, 2.0))
    assert 0.0 <= a <= b <= 1.0
    assert float(smoothstep(0.5, -1.0, 2.0)) == 0.5
    assert float(smoothstep(-1.0, -1.0, 2.0)) == 0.0
    assert float(smoothstep(2.0, -1.0, 2.0)) == 1.0
