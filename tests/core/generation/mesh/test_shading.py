"""Light on a face: found again from pictures that were lit with it, and silent at rest."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from core.animation.face_state import face_state
from core.generation.mesh.deform import pose_face
from core.generation.mesh.rig import build_rig
from core.generation.mesh.shading import BRIGHTEST, DARKEST, GAMMA, Light, fit_light, vertex_gain, vertex_normals
from core.generation.protocol import Subject
from core.head.topology import FACE_POINTS, OVAL, TRIANGLES
from core.values.image import image_of


def lit_subject(subject, rig, coefficients, seed=0):
    """The same sitter as a matt grey bust under a known light, with a little noise and black brows."""
    normals = vertex_normals(rig.neutral[:FACE_POINTS]) @ rig.rotation.T
    light = np.clip(coefficients[0] + normals @ coefficients[1:], 0.01, 1)
    picture = np.full((subject.image.height, subject.image.width), 0.5, np.float32)
    for face in TRIANGLES:
        corners = np.round(rig.vertices[face, :2]).astype(np.int32)
        cv2.fillConvexPoly(picture, corners, float(light[face].mean()))
    picture = cv2.GaussianBlur(picture, (0, 0), 1.0)
    for brow in ((70, 63, 105, 66, 107), (300, 293, 334, 296, 336)):
        cv2.polylines(picture, [np.round(rig.vertices[list(brow), :2]).astype(np.int32)], False, 0.01, 4)
    grey = 255 * np.clip(picture, 0, 1) ** (1 / GAMMA) + np.random.default_rng(seed).normal(0, 2, picture.shape)
    pixels = np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    return Subject(image_of(pixels), subject.landmarks, None, subject.matte)


@pytest.mark.parametrize("direction", [(0.0, 0.0, 0.0), (0.18, -0.1, -0.1), (-0.2, 0.05, -0.05)])
def test_a_known_light_is_found_again(subject, direction):
    rig = build_rig(subject)
    truth = np.array([0.40, *direction])
    found = fit_light(build_rig(lit_subject(subject, rig, truth))).coefficients
    normals = vertex_normals(rig.neutral[:FACE_POINTS]) @ rig.rotation.T
    seen = normals[:, 2] < -0.3
    shaded = np.column_stack([np.ones(FACE_POINTS), normals])[seen]
    assert shaded @ found == pytest.approx(shaded @ truth, abs=0.07)
    assert found[1:3] == pytest.approx(truth[1:3], abs=0.05)


def test_a_face_at_rest_keeps_its_light(subject):
    rig = build_rig(subject)
    light = Light(np.array([0.3, 0.2, -0.2, -0.1]), vertex_normals(rig.neutral[:FACE_POINTS]) @ rig.rotation.T)
    assert vertex_gain(light, pose_face(rig, face_state({}))) == pytest.approx(np.ones(FACE_POINTS), abs=1e-9)


def test_a_turned_head_answers_as_lambert_says(subject):
    rig = build_rig(subject)
    before = vertex_normals(rig.neutral[:FACE_POINTS]) @ rig.rotation.T
    light = Light(np.array([0.5, 0.12, -0.08, -0.05]), before)
    posed = pose_face(rig, face_state({"head.yaw": 12}))
    assert posed.turn[0, 2] == pytest.approx(-np.sin(np.radians(12)), abs=0.08)  # towards the picture's right
    after = vertex_normals(rig.neutral[:FACE_POINTS]) @ posed.turn.T @ rig.rotation.T
    expected = ((0.5 + after @ light.coefficients[1:]) / (0.5 + before @ light.coefficients[1:])) ** (1 / GAMMA)
    inside = np.setdiff1d(np.arange(FACE_POINTS), OVAL)
    assert vertex_gain(light, posed)[inside] == pytest.approx(np.clip(expected, DARKEST, BRIGHTEST)[inside], abs=1e-6)


def test_strength_scales_the_change_and_nothing_leaves_its_bounds(subject):
    rig = build_rig(subject)
    light = Light(np.array([0.2, 0.4, -0.4, -0.3]), vertex_normals(rig.neutral[:FACE_POINTS]) @ rig.rotation.T)
    posed = pose_face(rig, face_state({"head.yaw": 30, "mouthSmileLeft": 1, "jawOpen": 1}))
    full = vertex_gain(light, posed)
    assert vertex_gain(light, posed, 0.0) == pytest.approx(np.ones(FACE_POINTS))
    assert vertex_gain(light, posed, 0.5) - 1 == pytest.approx(0.5 * (full - 1))
    double = vertex_gain(light, posed, 2.0)
    assert double.min() >= DARKEST
    assert double.max() <= BRIGHTEST
    assert (full[list(OVAL)] == 1).all()


def test_a_face_outside_the_picture_gets_even_light(make_subject):
    rig = build_rig(make_subject(shift=(220, 0)))
    light = fit_light(rig)
    assert np.isfinite(light.coefficients).all()
    assert np.isfinite(light.direction).all()
