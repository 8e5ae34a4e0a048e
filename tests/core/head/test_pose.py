from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.head.pose import (
    NECK_PIVOT,
    Pose,
    Poses,
    face_width,
    fit_pose,
    fit_poses,
    head_angles,
    head_motion,
    rotation_of,
    similarity,
    steadied,
)
from core.head.shapes import HeadShapes
from core.head.topology import Landmark
from core.values.geometry import smoothstep

FACING = np.array([0.0, 0.0, -1.0])
CROWN = np.array([0.0, -1.0, 0.0])
angle = st.floats(-60, 60)


def test_positive_yaw_turns_the_face_to_the_pictures_right() -> None:
    assert (rotation_of(20, 0, 0) @ FACING)[0] == pytest.approx(np.sin(np.radians(20)))


def test_positive_pitch_lifts_the_chin() -> None:
    assert (rotation_of(0, 20, 0) @ FACING)[1] == pytest.approx(-np.sin(np.radians(20)))


def test_positive_roll_tips_the_crown_to_the_pictures_right() -> None:
    assert (rotation_of(0, 0, 20) @ CROWN)[0] == pytest.approx(np.sin(np.radians(20)))


@given(angle, angle, angle)
def test_angles_come_back_from_their_rotation(yaw: float, pitch: float, roll: float) -> None:
    rotation = rotation_of(yaw, pitch, roll)
    assert rotation @ rotation.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1.0)
    assert head_angles(rotation) == pytest.approx((yaw, pitch, roll), abs=1e-9)


@given(angle, angle, angle, st.floats(20, 900), st.floats(-500, 2000))
def test_similarity_finds_the_transform_that_was_applied(
    yaw: float, pitch: float, roll: float, scale: float, shift: float
) -> None:
    points = np.random.default_rng(0).normal(size=(30, 3))
    true = Pose(scale, rotation_of(yaw, pitch, roll), np.array([shift, -shift, 3.0]))
    weights = np.linspace(0.1, 2, 30)
    got = similarity(points, true.to_picture(points), weights)
    assert got.scale == pytest.approx(scale)
    assert got.rotation == pytest.approx(true.rotation, abs=1e-9)
    assert got.translation == pytest.approx(true.translation, abs=1e-6 * max(scale, abs(shift)))


def test_similarity_never_mirrors() -> None:
    points = np.random.default_rng(1).normal(size=(30, 3))
    assert np.linalg.det(similarity(points, points * [-1, 1, 1]).rotation) == pytest.approx(1.0)


def test_points_without_weight_do_not_count() -> None:
    points = np.random.default_rng(2).normal(size=(20, 3))
    spoilt = points.copy()
    spoilt[0] += 50
    weights = np.ones(20)
    weights[0] = 0
    assert similarity(points, spoilt, weights).rotation == pytest.approx(np.eye(3), abs=1e-9)


def test_picture_and_canonical_are_inverse() -> None:
    pose = Pose(140.0, rotation_of(10, -20, 30), np.array([300.0, 200.0, 7.0]))
    points = np.random.default_rng(3).normal(size=(12, 3))
    assert pose.to_canonical(pose.to_picture(points)) == pytest.approx(points)


def test_a_posed_neutral_is_found_again(shapes: HeadShapes) -> None:
    true = Pose(150.0, rotation_of(18, -9, 12), np.array([400.0, 300.0, 10.0]))
    got = fit_pose(true.to_picture(shapes.neutral))
    assert got.to_canonical(true.to_picture(shapes.neutral)) == pytest.approx(shapes.neutral, abs=1e-6)


def test_an_open_jaw_hardly_moves_the_pose(shapes: HeadShapes) -> None:
    face = shapes.neutral + shapes.fields[17]
    yaw, pitch, roll = head_angles(fit_pose(face * 100).rotation)
    assert abs(yaw) < 0.2
    assert abs(pitch) < 3
    assert abs(roll) < 0.2


def test_batched_poses_agree_with_single_ones(shapes: HeadShapes) -> None:
    faces = np.array([Pose(90.0, rotation_of(y, 5, 0), np.zeros(3)).to_picture(shapes.neutral) for y in (0, 10, 20)])
    poses = fit_poses(faces, shapes.neutral)
    assert len(poses) == 3
    assert poses.to_picture(shapes.neutral) == pytest.approx(faces, abs=1e-6)
    assert poses[1].rotation == pytest.approx(fit_pose(faces[1], shapes.neutral).rotation)


@given(angle, st.floats(-20, 20), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5), st.floats(0.6, 1.6))
def test_head_motion_is_what_moves_the_reference_there(
    yaw: float, pitch: float, x: float, y: float, zoom: float
) -> None:
    reference = Pose(130.0, rotation_of(-6, 4, 9), np.array([310.0, 260.0, 0.0]))
    width = 1.6
    turn = rotation_of(yaw, pitch, 3)
    shift = reference.rotation.T @ np.array([x * width, y * width, 0.0])

    def moved(points: np.ndarray) -> np.ndarray:
        return reference.to_picture(zoom * (points - NECK_PIVOT) @ turn.T + NECK_PIVOT + shift)

    corners = np.vstack([np.zeros(3), np.eye(3)])
    now = similarity(corners, moved(corners))
    poses = Poses(np.array([now.scale]), now.rotation[None], now.translation[None])
    assert head_motion(poses, reference, width)[0] == pytest.approx([yaw, pitch, 3, x, y, zoom], abs=1e-6)


def test_face_width_spans_the_ears(shapes: HeadShapes) -> None:
    assert face_width(shapes.neutral) == pytest.approx(2 * shapes.neutral[Landmark.EAR_LEFT, 0], abs=1e-4)


def test_a_heads_size_follows_its_distance_and_no_flicker(shapes: HeadShapes) -> None:
    seconds = np.arange(240) / 30
    distance = 1 + 0.1 * smoothstep(seconds, 1.0, 7.0)
    flicker = 1 + 0.02 * np.sin(2 * np.pi * 1.5 * seconds)
    rotation = np.repeat(rotation_of(4, -3, 2)[None], len(seconds), axis=0)
    seen = Poses(100 * distance * flicker, rotation, np.full((len(seconds), 3), 200.0))
    landmarks = seen.to_picture(shapes.neutral)
    steady = steadied(fit_poses(landmarks, shapes.neutral), landmarks, shapes.neutral, 30.0)
    assert np.abs(steady.scale / (100 * distance) - 1).max() < 0.02
    assert np.abs(np.diff(np.log(steady.scale / distance))).max() < 0.3 * np.abs(np.diff(np.log(flicker))).max()
    assert np.abs(steady.rotation - rotation).max() < 1e-6
    # The face stays where it is seen, whatever size it is given.
    corner = Landmark.EYE_RIGHT_OUTER
    assert np.linalg.norm(steady.to_picture(shapes.neutral)[:, corner] - landmarks[:, corner], axis=1).max() < 6.0


def test_a_head_does_not_tremble_and_still_shakes(shapes: HeadShapes) -> None:
    rng = np.random.default_rng(2)
    shake = 12 * np.sin(np.linspace(0, 6 * np.pi, 90))
    yaw = np.r_[np.zeros(90), shake] + rng.normal(0, 0.3, 180)
    rotation = np.array([rotation_of(degrees, 0, 0) for degrees in yaw])
    seen = Poses(np.full(180, 100.0), rotation, 200 + rng.normal(0, 0.3, (180, 3)))
    landmarks = seen.to_picture(shapes.neutral)
    steady = steadied(fit_poses(landmarks, shapes.neutral), landmarks, shapes.neutral, 30.0)
    angles = np.array([head_angles(each)[0] for each in steady.rotation])
    assert np.abs(np.diff(angles[:80])).mean() < 0.4 * np.abs(np.diff(yaw[:80])).mean()
    assert np.abs(angles[95:175] - np.r_[np.zeros(90), shake][95:175]).max() < 2.0
