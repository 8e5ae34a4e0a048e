from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.animation.face_state import face_state
from core.document.channels import EMOTIONS, SHAPES
from core.generation.mesh.deform import FOLDABLE, pose_face
from core.generation.mesh.face import FaceRig
from core.head.pose import rotation_of
from core.head.topology import (
    FACE_POINTS,
    LID_RIGHT_LOWER,
    LID_RIGHT_UPPER,
    LIP_INNER_LOWER,
    LIP_INNER_UPPER,
    POINTS,
)

FOLDED = 1e-5
"""Part of the mesh's area that may be folded: less than one pixel of a face 300 pixels wide."""


def folded(rig: FaceRig, canonical: np.ndarray, areas: Callable[..., np.ndarray]) -> float:
    """Part of the mesh that faces the other way than at rest, in the plane of the photo."""
    plane = rig.rotation[:2].T
    before, after = areas(rig.canonical @ plane, FOLDABLE), areas(canonical @ plane, FOLDABLE)
    over = np.maximum(-after * np.sign(before), 0)
    return float(over.sum() / np.abs(before).sum())


def test_nothing_moves_at_rest(rig: FaceRig) -> None:
    posed = pose_face(rig, face_state())
    np.testing.assert_allclose(posed.vertices, rig.vertices, atol=1e-9)
    np.testing.assert_array_equal(posed.sources, rig.vertices[:, :2])
    assert not posed.displacement.any()
    assert not posed.gaze.any()


@pytest.mark.parametrize("name", [*SHAPES, *(f"emotion.{name}" for name in EMOTIONS)])
def test_no_shape_or_emotion_folds_the_mesh(name: str, rig: FaceRig, areas: Callable[..., np.ndarray]) -> None:
    values = {name: 1.0, "jawOpen": 1.0} if name == "mouthClose" else {name: 1.0}
    assert folded(rig, pose_face(rig, face_state(values)).canonical, areas) < FOLDED


@given(st.lists(st.tuples(st.sampled_from(SHAPES), st.floats(0, 1)), min_size=1, max_size=12))
@settings(max_examples=60)
def test_no_mix_of_shapes_folds_the_mesh(
    rig: FaceRig, areas: Callable[..., np.ndarray], mix: list[tuple[str, float]]
) -> None:
    assert folded(rig, pose_face(rig, face_state(mix)).canonical, areas) < 10 * FOLDED


@given(st.sampled_from(SHAPES), st.sampled_from(SHAPES), st.floats(0, 0.99))
@settings(max_examples=60)
def test_a_small_change_of_a_channel_is_a_small_change_of_the_face(
    rig: FaceRig, first: str, second: str, value: float
) -> None:
    before = pose_face(rig, face_state([(first, 1.0), (second, value)]))
    after = pose_face(rig, face_state([(first, 1.0), (second, value + 0.01)]))
    assert np.abs(after.canonical - before.canonical).max() < 0.012
    assert np.abs(after.sources - before.sources).max() < 0.02 * rig.scale


def test_a_full_blink_closes_the_eye_and_says_so(rig: FaceRig) -> None:
    posed = pose_face(rig, face_state({"eyeBlinkRight": 1}))
    upper, lower = list(LID_RIGHT_UPPER[1:-1]), list(LID_RIGHT_LOWER[1:-1])
    gap = posed.canonical[lower, 1] - posed.canonical[upper, 1]
    open_gap = rig.canonical[lower, 1] - rig.canonical[upper, 1]
    assert gap.max() < 0.12 * open_gap.max()
    assert posed.lids[0] > 0.9
    assert abs(posed.lids[1]) < 0.1


@given(st.lists(st.tuples(st.sampled_from(SHAPES), st.floats(0, 1)), min_size=1, max_size=10))
@settings(max_examples=40)
def test_lids_and_lips_meet_but_do_not_cross(rig: FaceRig, mix: list[tuple[str, float]]) -> None:
    posed = pose_face(rig, face_state(mix))
    for upper_row, lower_row in ((LID_RIGHT_UPPER, LID_RIGHT_LOWER), (LIP_INNER_UPPER, LIP_INNER_LOWER)):
        upper, lower = list(upper_row[1:-1]), list(lower_row[1:-1])
        gap = posed.canonical[lower, 1] - posed.canonical[upper, 1]
        least = np.minimum(rig.canonical[lower, 1] - rig.canonical[upper, 1], 0)
        assert (gap - least).min() > -0.012


def test_lids_follow_a_vertical_gaze(rig: FaceRig) -> None:
    down = pose_face(rig, face_state({"gaze.right.pitch": -25, "gaze.left.pitch": -25}))
    up = pose_face(rig, face_state({"gaze.right.pitch": 20, "gaze.left.pitch": 20}))
    assert down.displacement[159, 1] > 0.01
    assert up.displacement[159, 1] < -0.005
    np.testing.assert_allclose(down.gaze, [[0, -25], [0, -25]])


def test_the_gaze_channel_and_the_shape_say_the_same(rig: FaceRig) -> None:
    by_gaze = pose_face(rig, face_state({"gaze.left.yaw": 15}))
    by_shape = pose_face(rig, face_state({"eyeLookOutLeft": 0.5}))
    np.testing.assert_allclose(by_gaze.canonical, by_shape.canonical, atol=1e-9)
    np.testing.assert_allclose(by_gaze.gaze, by_shape.gaze, atol=1e-9)


def test_neutralising_takes_the_photos_own_expression_out(rig: FaceRig) -> None:
    expression = np.zeros(len(SHAPES))
    expression[SHAPES.index("mouthSmileLeft")] = 0.6
    smiling = replace(rig, subject=replace(rig.subject, expression=expression))
    half = pose_face(smiling, face_state({"look.neutralise": 0.5})).displacement
    expected = -0.3 * rig.shapes[SHAPES.index("mouthSmileLeft")]
    assert np.linalg.norm(half - expected, axis=1).max() < 0.03
    assert half[291, 1] > 0.005


def test_a_residual_is_added_as_it_stands(rig: FaceRig) -> None:
    residual = np.zeros((POINTS, 3))
    residual[[50, 101, 118]] = 0.01, -0.004, 0.002
    posed = pose_face(rig, face_state((), residual))
    np.testing.assert_allclose(posed.displacement[50], residual[50], atol=1e-9)


def test_a_dragged_landmark_goes_where_it_is_dragged(rig: FaceRig) -> None:
    posed = pose_face(rig, face_state({"landmark.291.x": 0.04, "landmark.291.y": -0.03}))
    np.testing.assert_allclose(posed.displacement[291, :2], [0.04, -0.03], atol=2e-3)


def test_a_turned_head_moves_about_the_neck_and_a_shift_moves_it_in_the_picture(rig: FaceRig) -> None:
    turned = pose_face(rig, face_state({"head.yaw": 12}))
    np.testing.assert_allclose(turned.to_picture(rig.pivot[None]), rig.to_picture(rig.pivot[None]), atol=1e-9)
    assert turned.vertices[1, 0] > rig.vertices[1, 0] + 5
    shifted = pose_face(rig, face_state({"head.x": 0.5}))
    moved = shifted.vertices[:POINTS] - rig.vertices[:POINTS]
    width = np.linalg.norm(rig.neutral[234] - rig.neutral[454]) * rig.scale
    np.testing.assert_allclose(moved[:, 0], 0.5 * width, atol=1e-6)
    np.testing.assert_allclose(moved[:, 1], 0, atol=1e-6)


def test_a_measured_turn_brings_the_face_to_where_it_was_measured(rig: FaceRig) -> None:
    turn = {"head.yaw": 18.0, "head.pitch": -9.0, "head.roll": 4.0}
    posed = pose_face(rig, face_state(turn, measured=turn))
    tracked = (rig.subject.landmarks - rig.translation) @ rig.rotation / rig.scale
    truth = rig.to_picture((tracked - rig.pivot) @ rotation_of(18, -9, 4).T + rig.pivot)
    np.testing.assert_allclose(posed.vertices[:FACE_POINTS, :2], truth[:FACE_POINTS, :2], atol=1e-6)
    asked = pose_face(rig, face_state(turn))
    assert np.abs(asked.vertices - posed.vertices)[:FACE_POINTS, :2].max() > 0.02 * rig.scale


def test_a_measured_turn_that_grows_moves_the_mesh_evenly(rig: FaceRig) -> None:
    degrees = np.linspace(-6, 6, 13)
    faces = []
    for angle in degrees:
        turn = {"head.yaw": angle}
        faces.append(pose_face(rig, face_state(turn, measured=turn)).vertices[:, :2])
    steps = np.abs(np.diff(faces, axis=0)).max(axis=(1, 2))
    assert steps.max() < 1.3 * steps.min()


def test_only_lids_and_lips_slide_over_the_photo(rig: FaceRig) -> None:
    posed = pose_face(rig, face_state({"jawOpen": 1, "eyeBlinkLeft": 1, "browInnerUp": 1}))
    slid = np.flatnonzero(np.abs(posed.sources - rig.vertices[:, :2]).max(axis=1) > 0)
    near = {*LIP_INNER_UPPER, *LIP_INNER_LOWER}
    assert near & set(slid.tolist())
    assert len(slid) < 60
    assert not {1, 50, 280, 152, 10} & set(slid.tolist())
