"""Dragged landmarks: met, calm where nothing was asked, and without jumps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.generation.mesh.drag import AGREEMENT, HELD, NOSE, DragSolver, prepare_drag, spread_handles
from core.head.shapes import load_head_shapes
from core.head.topology import FACE_POINTS, IRIS_LEFT, IRIS_RIGHT, LIP_INNER_LOWER, LIP_INNER_UPPER, POINTS, Landmark


@pytest.fixture(scope="module")
def solver() -> DragSolver:
    return prepare_drag(load_head_shapes().fields)


FACE = st.integers(0, FACE_POINTS - 1)
PART = st.floats(-0.25, 0.25).filter(lambda v: abs(v) > AGREEMENT)


def test_no_handle_moves_nothing(solver):
    assert not spread_handles(solver, ()).any()


@given(landmark=FACE, dx=st.floats(-0.4, 0.4), dy=st.floats(-0.4, 0.4))
@settings(max_examples=60)
def test_a_single_handle_is_met_exactly_however_far_it_goes(solver, landmark, dx, dy):
    moved = spread_handles(solver, [(landmark, dx, dy)])
    assert moved[landmark, :2] == pytest.approx((dx, dy), abs=1e-9)
    assert np.isfinite(moved).all()


@given(points=st.lists(FACE, min_size=2, max_size=6, unique=True), data=st.data())
@settings(max_examples=40)
def test_several_handles_are_all_met(solver, points, data):
    handles = [(p, data.draw(PART), data.draw(PART)) for p in sorted(points)]
    moved = spread_handles(solver, handles)
    for landmark, dx, dy in handles:
        assert moved[landmark, :2] == pytest.approx((dx, dy), abs=1e-6)


@pytest.mark.parametrize("landmark", [61, 105, 152, 50, 159, 13, 234, 0])
def test_the_face_follows_a_handle_without_jumps(solver, landmark):
    path = [spread_handles(solver, [(landmark, 0.6 * t, -0.4 * t)]) for t in np.linspace(0, 1, 101)]
    steps = np.abs(np.diff(path, axis=0)).max(axis=(1, 2))
    assert steps.max() < 4 * steps.mean() + 1e-9
    assert steps.max() < 0.05


def test_a_second_handle_that_leaves_zero_makes_no_jump(solver):
    first = (61, -0.05, -0.08)
    alone = spread_handles(solver, [first])
    for eager in ((291, 1e-6, 0.0), (14, 0.0, 1e-6), (146, 1e-6, 1e-6)):
        assert np.abs(spread_handles(solver, [first, eager]) - alone).max() < 1e-4
    path = [spread_handles(solver, [first, (14, 0.0, d)]) for d in np.linspace(1e-6, 2 * AGREEMENT, 60)]
    assert np.abs(np.diff(path, axis=0)).max() < 0.01


def test_a_brow_leaves_mouth_and_jaw_alone_and_a_mouth_the_forehead(solver):
    brow = spread_handles(solver, [(105, 0.0, -0.06)])
    assert np.abs(brow[[61, 291, 0, 17, 152]]).max() < 0.002
    mouth = spread_handles(solver, [(61, -0.05, -0.05)])
    assert np.abs(mouth[[Landmark.FOREHEAD_TOP, 67, 297, 105, 334]]).max() < 0.004


def test_eyes_and_nose_stay_when_the_rim_of_the_face_is_dragged(solver):
    moved = spread_handles(solver, [(Landmark.EAR_RIGHT, 0.1, 0.0)])
    held = sorted({point for group in HELD for point in group})
    assert np.abs(moved[held, :2]).max() < 0.015
    assert moved[93, 0] > 0.03  # its neighbour on the rim comes along


def test_closed_lips_stay_closed_when_a_cheek_is_dragged(solver):
    moved = spread_handles(solver, [(205, 0.05, -0.05)])
    gap = moved[list(LIP_INNER_LOWER), 1] - moved[list(LIP_INNER_UPPER), 1]
    assert np.abs(gap).max() < 0.01


def test_a_dragged_nose_moves_the_nose(solver):
    moved = spread_handles(solver, [(Landmark.NOSE_TIP, 0.08, 0.0)])
    assert np.median(moved[list(NOSE), 0]) > 0.01
    assert np.abs(moved[[61, 291]]).max() < 0.03


def test_an_iris_handle_moves_its_iris_and_nothing_else(solver):
    moved = spread_handles(solver, [(IRIS_LEFT[0], 0.03, -0.01)])
    assert moved[list(IRIS_LEFT), :2] == pytest.approx(np.tile([0.03, -0.01], (5, 1)))
    others = [p for p in range(POINTS) if p not in IRIS_LEFT]
    assert not moved[others].any()
    assert not moved[list(IRIS_RIGHT)].any()
