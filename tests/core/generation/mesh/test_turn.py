from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from core.animation.face_state import face_state
from core.generation.mesh.deform import pose_face
from core.generation.mesh.engine import MeshEngine, PreparedMesh
from core.generation.mesh.turn import turned_share
from core.values.progress import Progress

TURNS = ({"head.yaw": 18}, {"head.pitch": -14}, {"head.roll": 20}, {"head.x": 0.2}, {"head.scale": 1.2})


def rendered(prepared: PreparedMesh, values: dict[str, float]) -> np.ndarray:
    return MeshEngine().render(prepared, face_state(values), Progress()).pixels


@pytest.mark.parametrize("turn", TURNS, ids=lambda turn: next(iter(turn)))
def test_the_background_far_from_the_subject_stays_exactly(prepared: PreparedMesh, turn: dict[str, float]) -> None:
    photo = prepared.rig.subject.image.pixels
    out = rendered(prepared, turn)
    before = prepared.rig.subject.matte()
    after = MeshEngine().matte(prepared, face_state(turn), Progress())
    margin = int(0.4 * prepared.rig.scale)
    kernel = np.ones((2 * margin + 1, 2 * margin + 1), np.uint8)
    near = cv2.dilate((np.maximum(before, after) > 0).astype(np.uint8), kernel) > 0
    assert (~near).sum() > 1000
    np.testing.assert_array_equal(out[~near], photo[~near])
    assert (out != photo).any()


def test_a_turn_that_fades_to_nothing_ends_at_the_photo(prepared: PreparedMesh) -> None:
    photo = prepared.rig.subject.image.pixels.astype(int)
    differences = [np.abs(rendered(prepared, {"head.yaw": yaw}).astype(int) - photo).max() for yaw in (1, 0.1, 0.01)]
    assert differences[0] > differences[2]
    assert differences[2] <= 4


def test_nothing_pops_as_the_head_starts_to_turn(prepared: PreparedMesh) -> None:
    """Not even when the face is already far from rest: each tenth of a degree changes the picture about alike."""
    frames = [rendered(prepared, {"jawOpen": 0.7, "head.yaw": yaw}).astype(float) for yaw in np.arange(0, 0.8, 0.1)]
    changes = [np.abs(b - a).mean() for a, b in pairwise(frames)]
    assert max(changes) < 3 * np.median(changes)


def test_the_shoulders_stay_while_the_face_moves(prepared: PreparedMesh) -> None:
    rig = prepared.rig
    moved = np.linalg.norm(pose_face(rig, face_state({"head.yaw": 15})).vertices - rig.vertices, axis=1)
    low = rig.canonical[:, 1] > 1.9
    assert low.any()
    assert moved[low].max() < 1e-6
    assert moved[1] > 0.1 * rig.scale


def test_the_matte_moves_with_the_head(prepared: PreparedMesh) -> None:
    engine = MeshEngine()
    before = prepared.rig.subject.matte()
    after = engine.matte(prepared, face_state({"head.x": 0.2}), Progress())
    assert after.shape == before.shape
    head = slice(int(prepared.rig.vertices[10, 1]), int(prepared.rig.vertices[152, 1]) - 20)
    columns = np.arange(before.shape[1])

    def middle(matte: np.ndarray) -> float:
        return float((matte[head] * columns).sum() / matte[head].sum())

    width = np.linalg.norm(prepared.rig.neutral[234] - prepared.rig.neutral[454]) * prepared.rig.scale
    assert abs(middle(after) - middle(before) - 0.2 * width) < 0.05 * width
    assert engine.matte(prepared, face_state(), Progress()) is before


def test_the_plate_comes_in_with_the_turn(prepared: PreparedMesh) -> None:
    rig = prepared.rig
    assert turned_share(pose_face(rig, face_state({"jawOpen": 1}))) == 0
    assert 0 < turned_share(pose_face(rig, face_state({"head.yaw": 0.5}))) < 1
    assert turned_share(pose_face(rig, face_state({"head.roll": 5}))) == 1
