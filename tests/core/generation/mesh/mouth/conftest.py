"""A synthetic portrait: the population's mean face in plain colours, so that the mouth needs no real photo."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from core.animation.face_state import face_state
from core.generation.mesh.deform import pose_face
from core.generation.mesh.rig import build_rig
from core.generation.protocol import Subject
from core.head.pose import Pose, rotation_of
from core.head.shapes import load_head_shapes
from core.head.topology import LIP_INNER_LOWER, LIP_INNER_UPPER, LIP_OUTER_LOWER, LIP_OUTER_UPPER
from core.values.image import image_of

SIZE, UNIT = 288, 120.0
SKIN, LIP, TEETH = (205, 160, 135), (175, 95, 90), (225, 215, 200)


def synthetic_subject(grey: bool = False, smile: float = 0.0, seed: int = 0) -> Subject:
    """A face of `UNIT` pixels per eye distance; `smile` parts its lips over a plain row of teeth."""
    shapes = load_head_shapes()
    neutral = shapes.neutral.copy()
    if smile:
        names = ("mouthUpperUpLeft", "mouthUpperUpRight", "mouthLowerDownLeft", "mouthLowerDownRight")
        from core.head.shapes import SHAPE_INDEX

        neutral += smile * sum(shapes.fields[SHAPE_INDEX[name]] for name in names)
    pose = Pose(UNIT, rotation_of(0, 0, 0), np.array([SIZE / 2, 0.40 * SIZE, 0.0]))
    landmarks = pose.to_picture(neutral)
    picture = np.full((SIZE, SIZE, 3), 90, np.uint8)
    oval = cv2.convexHull(np.round(landmarks[:468, :2]).astype(np.int32))
    cv2.fillPoly(picture, [oval], SKIN)

    def ring(upper, lower):
        points = np.vstack([landmarks[list(upper), :2], landmarks[list(lower)[::-1], :2]])
        return [np.round(points).astype(np.int32)]

    cv2.fillPoly(picture, ring(LIP_OUTER_UPPER, LIP_OUTER_LOWER), LIP)
    if smile:
        cv2.fillPoly(picture, ring(LIP_INNER_UPPER, LIP_INNER_LOWER), (25, 12, 12))
        edge = landmarks[list(LIP_INNER_LOWER), :2] * 0.3 + landmarks[list(LIP_INNER_UPPER), :2] * 0.7
        teeth = np.vstack([landmarks[list(LIP_INNER_UPPER), :2], edge[::-1]])
        cv2.fillPoly(picture, [np.round(teeth).astype(np.int32)], TEETH)
    noise = np.random.default_rng(seed).normal(0, 1.0, (SIZE, SIZE, 1))
    picture = np.clip(cv2.GaussianBlur(picture, (0, 0), 0.8) + noise, 0, 255).astype(np.uint8)
    if grey:
        picture = np.repeat(picture @ np.array([0.299, 0.587, 0.114])[:, None], 3, axis=2).astype(np.uint8)
    return Subject(image_of(picture), landmarks, None, lambda: np.ones((SIZE, SIZE), np.float32))


@pytest.fixture(scope="session")
def closed_rig():
    return build_rig(synthetic_subject())


@pytest.fixture(scope="session")
def smiling_rig():
    return build_rig(synthetic_subject(smile=0.9))


@pytest.fixture(scope="session")
def grey_rig():
    return build_rig(synthetic_subject(grey=True))


@pytest.fixture(scope="session")
def posed():
    """(rig, channel values) -> the posed face."""
    return lambda rig, **values: pose_face(rig, face_state(values))


@pytest.fixture(scope="session")
def synthetic():
    """(grey, smile) -> a synthetic subject."""
    return synthetic_subject
