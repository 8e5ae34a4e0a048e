"""Folds: none at rest, where and when a face makes them, never beyond their bounds."""

from __future__ import annotations

import numpy as np
import pytest

from core.animation.face_state import face_state
from core.generation.mesh.deform import pose_face
from core.generation.mesh.folds import FOLDS
from core.generation.mesh.rig import build_rig
from core.generation.mesh.shading import Light, vertex_normals
from core.generation.mesh.wrinkles import (
    DEEPEST,
    LEAST,
    MOST,
    GainMap,
    fold_depths,
    fold_into,
    prepare_wrinkles,
    wrinkle_gain,
)
from core.generation.protocol import Subject
from core.head.topology import FACE_POINTS
from core.values.image import image_of

NAMES = [fold.name for fold in FOLDS] + [f"{fold.name}, left" for fold in FOLDS if not fold.middle]


@pytest.fixture(scope="module")
def bare(subject):
    """The sitter's rig with plain skin all over, and folds on it under a light from above."""
    rng = np.random.default_rng(3)
    skin = np.array([205, 160, 140]) + rng.normal(0, 3, (subject.image.height, subject.image.width, 1))
    rig = build_rig(Subject(image_of(skin.clip(0, 255).astype(np.uint8)), subject.landmarks, None, subject.matte))
    light = Light(np.array([0.4, 0.05, -0.15, -0.1]), vertex_normals(rig.neutral[:FACE_POINTS]) @ rig.rotation.T)
    return rig, light, prepare_wrinkles(rig, light)


def depths(bare, **channels):
    rig, _, prepared = bare
    values = {name.replace("_", "."): value for name, value in channels.items()}
    return dict(zip(NAMES, fold_depths(prepared, pose_face(rig, face_state(values))), strict=True))


def both(name, value=1.0):
    return {f"{name}Left": value, f"{name}Right": value}


def test_a_face_at_rest_has_no_fold(bare):
    rig, _, prepared = bare
    assert wrinkle_gain(prepared, pose_face(rig, face_state({}))) is None


@pytest.mark.parametrize(
    ("shapes", "folds"),
    [
        (both("browOuterUp") | {"browInnerUp": 1.0}, ("forehead 1 outer", "forehead 1 inner")),
        (both("browDown"), ("glabella", "nose root")),
        (both("mouthSmile") | both("cheekSquint"), ("nasolabial", "crow's foot, middle", "dimple")),
        (both("noseSneer"), ("bunny, upper", "nose wing")),
        (both("mouthFrown") | {"mouthShrugLower": 1.0}, ("chin", "marionette")),
    ],
)
def test_every_expression_folds_what_it_folds_on_real_faces(bare, shapes, folds):
    found = depths(bare, **shapes)
    for name in folds:
        assert found[name] > 0.45, (name, found)
        if f"{name}, left" in found:
            assert found[f"{name}, left"] == pytest.approx(found[name], rel=0.5)


def test_a_one_sided_smile_folds_one_side(bare):
    found = depths(bare, mouthSmileLeft=1.0, cheekSquintLeft=1.0)
    assert found["nasolabial, left"] > 0.4
    assert found["nasolabial"] < 0.15
    assert found["crow's foot, middle"] < 0.15


def test_a_smile_leaves_forehead_and_chin_smooth(bare):
    found = depths(bare, **both("mouthSmile"))
    assert max(found[name] for name in NAMES if name.startswith(("forehead", "glabella", "chin"))) < 0.1


def test_depth_grows_with_the_expression_and_is_bounded(bare):
    series = [depths(bare, browInnerUp=v, browOuterUpLeft=v, browOuterUpRight=v) for v in np.linspace(0, 1, 21)]
    forehead = np.array([found["forehead 1 inner"] for found in series])
    assert (np.diff(forehead) >= -1e-9).all()
    assert np.diff(forehead).max() < 0.2
    assert max(max(found.values()) for found in series) <= DEEPEST


def test_the_gain_is_dark_in_grooves_bounded_and_follows_the_strength(bare):
    rig, _, prepared = bare
    posed = pose_face(rig, face_state({"emotion.disgusted": 1, "emotion.surprised": 1}))
    once, twice = wrinkle_gain(prepared, posed), wrinkle_gain(prepared, posed, 2.0)
    assert once.values.min() < -0.05
    assert once.values.max() > 0.005
    assert twice.values.min() >= LEAST - 1 - 1e-6
    assert twice.values.max() <= MOST - 1 + 1e-6
    assert twice.values.min() < once.values.min()
    assert wrinkle_gain(prepared, posed, 0.0) is None
    assert np.abs(once.values).mean() < 0.02


def test_hair_is_not_folded(bare, subject):
    rig, light, prepared = bare
    pixels = rig.subject.image.pixels.copy()
    y = int(rig.vertices[9, 1])
    pixels[:y] = (35, 25, 20)
    fringe = prepare_wrinkles(build_rig(Subject(image_of(pixels), subject.landmarks, None, subject.matte)), light)
    at = NAMES.index("forehead 1 inner")
    assert np.abs(fringe.maps[at][2]).max() < 0.25 * np.abs(prepared.maps[at][2]).max()
    at = NAMES.index("nasolabial")
    assert np.abs(fringe.maps[at][2]).max() > 0.7 * np.abs(prepared.maps[at][2]).max()


def test_a_gain_over_the_rest_photo_travels_with_the_pixels():
    gain = np.zeros((20, 20), np.float32)
    gain[10, 6] = -0.4
    values = np.zeros((30, 30, 3), np.float32)
    values[..., 0], values[..., 1], values[..., 2] = 3.0, -2.0, 0.5
    fold_into(values, 100, 50, 1, GainMap(gain, 100.0, 50.0, 1.0))
    changed = np.argwhere(values[..., 2] != np.float32(0.5))
    assert changed.tolist() == [[12, 3]]
    assert values[12, 3, 2] == pytest.approx(1.5 * 0.6 - 1)
