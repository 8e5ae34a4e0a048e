from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np

from core.document.channels import SHAPES
from core.generation.mesh.face import FaceRig
from core.generation.mesh.rig import (
    ALL_TRIANGLES,
    FACE_TRIANGLES,
    FIRST_LASH,
    FRONT_TRIANGLES,
    LASH_ROWS,
    RING_SIZE,
    RINGS,
    VERTICES,
    build_rig,
)
from core.generation.protocol import Subject
from core.head.topology import OVAL, POINTS, TRIANGLES

LAST_RING = slice(FIRST_LASH - RING_SIZE, FIRST_LASH)


def test_the_rig_stands_where_the_landmarks_are(rig: FaceRig, subject: Subject) -> None:
    np.testing.assert_allclose(rig.vertices[:POINTS, :2], subject.landmarks[:, :2], atol=1e-9)
    np.testing.assert_allclose(rig.to_picture(rig.canonical), rig.vertices, atol=1e-9)


def test_one_unit_is_the_distance_between_the_outer_corners_of_the_eyes(rig: FaceRig) -> None:
    assert abs(np.linalg.norm(rig.neutral[33] - rig.neutral[263]) - 1) < 0.08


def test_the_face_comes_first_among_the_triangles_and_the_rings_last() -> None:
    np.testing.assert_array_equal(ALL_TRIANGLES[:FACE_TRIANGLES], TRIANGLES)
    assert (ALL_TRIANGLES[FRONT_TRIANGLES:].max(axis=1) >= POINTS).all()
    assert ALL_TRIANGLES.max() == VERTICES - 1
    used = np.unique(ALL_TRIANGLES)
    assert set(range(POINTS, VERTICES)) <= set(used.tolist())


def test_the_mesh_covers_head_and_surroundings_without_folds_between_the_rings(
    rig: FaceRig, areas: Callable[..., np.ndarray]
) -> None:
    rings = areas(rig.vertices, ALL_TRIANGLES[FRONT_TRIANGLES:])
    assert (np.sign(rings) == np.sign(rings[0])).all()


def test_depth_climbs_gently_round_the_face(rig: FaceRig) -> None:
    rows = [rig.vertices[list(OVAL)]]
    rows += [rig.vertices[POINTS + k * RING_SIZE : POINTS + (k + 1) * RING_SIZE] for k in range(RINGS)]
    for inner, outer in pairwise(rows):
        step = np.linalg.norm(outer[:, :2] - inner[:, :2], axis=1)
        climb = outer[:, 2] - inner[:, 2]
        assert (climb <= 0.75 * step + 1e-9).all()
        assert (climb >= -1e-9).all()


def test_the_hair_follows_the_head_and_the_shoulders_hardly(rig: FaceRig) -> None:
    x, y = rig.canonical[POINTS:FIRST_LASH, 0], rig.canonical[POINTS:FIRST_LASH, 1]
    weight = rig.rigid[POINTS:FIRST_LASH]
    ring = np.repeat(np.arange(RINGS), RING_SIZE)
    assert (weight[(y < 0) & (ring < 2)] == 1).all()
    assert (weight[(y < 0) & (ring == 2)] > 0.9).all()
    above = [weight[(y < -0.5) & (ring == k)].max() for k in range(RINGS)]
    assert (np.diff(above) <= 0).all()
    assert above[-1] == 0
    assert (weight[y > 1.9] == 0).all()
    assert (weight[(np.abs(x) > 1.75) & (y > 1.05)] < 0.11).all()
    assert (rig.rigid[:POINTS] == 1).all()
    assert (rig.rigid[FIRST_LASH:] == 1).all()


def test_only_borders_that_the_subject_touches_are_pinned(make_subject: Callable[..., Subject]) -> None:
    subject = make_subject(shift=(-30, 0))

    def touching_left() -> np.ndarray:
        matte = subject.matte().copy()
        matte[100:200, 0] = 1
        return matte

    free, pinned = build_rig(subject), build_rig(replace(subject, matte=touching_left))
    beyond = free.vertices[POINTS:FIRST_LASH, 0] < 0
    assert beyond.any()
    assert free.rigid[POINTS:FIRST_LASH][beyond].max() > 0.2
    assert (pinned.rigid[POINTS:FIRST_LASH][beyond] == 0).all()


def test_lashes_lie_between_the_lids_near_the_upper_one(rig: FaceRig) -> None:
    for lashes, upper, lower in ((LASH_ROWS[0][4], 159, 145), (LASH_ROWS[1][4], 386, 374)):
        top, bottom, at = (rig.vertices[i, 1] for i in (upper, lower, lashes))
        assert top < at < bottom
        assert abs((at - top) / (bottom - top) - 0.16) < 0.01


def test_a_raised_brow_leaves_mouth_and_jaw_alone(rig: FaceRig) -> None:
    shape = rig.shapes[SHAPES.index("browOuterUpLeft")]
    assert np.abs(shape[[13, 14, 61, 291, 17, 152]]).max() == 0
    assert np.abs(shape[[300, 293, 334]]).max() > 0.02
