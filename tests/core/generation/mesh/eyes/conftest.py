"""A made-up sitter with painted eyes: known iris, white, lid skin and lashes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.animation.face_state import face_state
from core.generation.mesh.deform import pose_face
from core.generation.mesh.engine import MeshEngine, PreparedMesh
from core.generation.mesh.eyes import EyesPrepared, draw_eyes
from core.generation.mesh.face import PosedFace
from core.generation.protocol import Subject
from core.head.pose import Pose, rotation_of
from core.head.shapes import load_head_shapes
from core.head.topology import (
    IRIS_LEFT,
    IRIS_RIGHT,
    LID_LEFT_LOWER,
    LID_LEFT_UPPER,
    LID_RIGHT_LOWER,
    LID_RIGHT_UPPER,
)
from core.values.image import image_of
from core.values.progress import Progress

SKIN, WHITE, IRIS, PUPIL, LASH = (205, 160, 138), (228, 222, 216), (60, 120, 60), (20, 18, 18), (45, 32, 28)
ROWS = ((LID_RIGHT_UPPER, LID_RIGHT_LOWER, IRIS_RIGHT), (LID_LEFT_UPPER, LID_LEFT_LOWER, IRIS_LEFT))
SIZE, SCALE = 420, 150.0


@dataclass(frozen=True)
class Sitter:
    subject: Subject
    prepared: PreparedMesh

    def pose(self, **channels: float) -> PosedFace:
        named = {name.replace("__", "."): value for name, value in channels.items()}
        return pose_face(self.prepared.rig, face_state(named))

    def eyes_alone(self, **channels: float) -> NDArray[np.float32]:
        """The photo with `draw_eyes` alone on top, 0..255."""
        picture = self.subject.image.pixels.astype(np.float32)
        draw_eyes(picture, (0, 0), self.eyes, self.pose(**channels))
        return picture

    def render(self, **channels: float) -> NDArray[np.uint8]:
        named = {name.replace("__", "."): value for name, value in channels.items()}
        return MeshEngine().render(self.prepared, face_state(named), Progress()).pixels

    @property
    def eyes(self) -> EyesPrepared:
        return self.prepared.eyes


def paint(closed: bool = False, grey: bool = False) -> Subject:
    shapes = load_head_shapes()
    pose = Pose(SCALE, rotation_of(3.0, 1.0, 4.0), np.array([SIZE / 2, SIZE / 2 - 40, 0.0]))
    neutral = shapes.neutral.copy()
    if closed:
        for upper, lower, _ in ROWS:
            neutral[list(upper[1:-1])] += 0.995 * (neutral[list(lower[1:-1])] - neutral[list(upper[1:-1])])
    landmarks = pose.to_picture(neutral)
    fine = 4
    canvas = np.full((SIZE * fine, SIZE * fine, 3), SKIN, np.uint8)
    for upper, lower, iris in ROWS:
        outline = np.vstack([landmarks[list(upper), :2], landmarks[list(lower[::-1]), :2]])
        opening = np.zeros(canvas.shape[:2], np.uint8)
        cv2.fillPoly(opening, [np.round((outline + 0.5) * fine).astype(np.int32)], 1)
        eye = np.full_like(canvas, WHITE)
        centre = np.round((landmarks[iris[0], :2] + 0.5) * fine).astype(int)
        radius = np.linalg.norm(landmarks[list(iris[1:]), :2] - landmarks[iris[0], :2], axis=1).mean() * fine
        cv2.circle(eye, tuple(map(int, centre)), round(radius), IRIS, -1)
        cv2.circle(eye, tuple(map(int, centre)), round(0.42 * radius), PUPIL, -1)
        canvas[opening > 0] = eye[opening > 0]
        cv2.polylines(canvas, [np.round((landmarks[list(upper), :2] + 0.5) * fine).astype(np.int32)], False, LASH, 5)
    pixels = cv2.resize(canvas, (SIZE, SIZE), interpolation=cv2.INTER_AREA).astype(np.float32)
    pixels += np.random.default_rng(2).normal(0, 1.0, (SIZE, SIZE, 1))
    pixels = np.clip(pixels, 0, 255).astype(np.uint8)
    if grey:
        pixels = np.repeat(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    matte = np.ones((SIZE, SIZE), np.float32)
    return Subject(image_of(pixels), landmarks, None, lambda: matte)


@pytest.fixture(scope="session")
def sit() -> Callable[..., Sitter]:
    made: dict[tuple[bool, bool], Sitter] = {}

    def of(closed: bool = False, grey: bool = False) -> Sitter:
        key = closed, grey
        if key not in made:
            subject = paint(closed, grey)
            made[key] = Sitter(subject, MeshEngine().prepare(subject, Progress()))
        return made[key]

    return of


@pytest.fixture(scope="session")
def sitter(sit: Callable[..., Sitter]) -> Sitter:
    return sit()
