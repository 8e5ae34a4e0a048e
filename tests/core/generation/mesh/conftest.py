"""A made-up sitter: the population's head on a textured card, with an oval matte. No detector is needed."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.generation.mesh.engine import MeshEngine, PreparedMesh
from core.generation.mesh.face import FaceRig
from core.generation.mesh.rig import build_rig
from core.generation.protocol import Subject
from core.head.pose import Pose, rotation_of
from core.head.shapes import load_head_shapes
from core.values.image import image_of
from core.values.progress import Progress

SIZE = 300
SCALE = 72.0


def made_up_subject(
    *, size: int = SIZE, shift: tuple[int, int] = (0, 0), yaw: float = 4.0, deep: bool = False
) -> Subject:
    """A face of `SCALE` pixels an eye distance, whose middle is `shift` away from the picture's."""
    yaw_pitch_roll = rotation_of(yaw, 2.0, -3.0)
    middle = np.array([size / 2 + shift[0], size / 2 - 25 + shift[1], 0.0])
    pose = Pose(SCALE, yaw_pitch_roll, middle)
    shapes = load_head_shapes()
    rng = np.random.default_rng(5)
    identity = np.tensordot(0.5 * rng.standard_normal(6) * shapes.identity_deviation[:6], shapes.identity[:6], axes=1)
    landmarks = pose.to_picture(shapes.neutral + identity)
    # The texture is tied to the face, not to the picture's corner, so that a shifted sitter is the same one.
    card = np.random.default_rng(1).integers(0, 65536, (3 * size, 3 * size, 3)).astype(np.float32)
    card = cv2.GaussianBlur(card, (0, 0), 2.0) + 0.15 * card
    card = np.clip((card - card.mean()) * 3 + 32768, 0, 65535)
    x0, y0 = size - shift[0], size - shift[1]
    pixels = card[y0 : y0 + size, x0 : x0 + size].astype(np.uint16)
    y, x = np.mgrid[:size, :size].astype(np.float32)
    head = ((x - middle[0]) / (0.95 * SCALE)) ** 2 + ((y - middle[1] - 0.2 * SCALE) / (1.25 * SCALE)) ** 2
    body = ((x - middle[0]) / (1.6 * SCALE)) ** 2 + ((y - middle[1] - 2.6 * SCALE) / (1.5 * SCALE)) ** 2
    matte = np.clip((1.0 - np.minimum(head, body)) * 8 + 0.5, 0, 1).astype(np.float32)
    matte.flags.writeable = False
    picture = pixels if deep else (pixels >> 8).astype(np.uint8)
    return Subject(image_of(np.ascontiguousarray(picture)), landmarks, None, lambda: matte)


@pytest.fixture(scope="session")
def make_subject() -> Callable[..., Subject]:
    return made_up_subject


@pytest.fixture(scope="session")
def subject() -> Subject:
    return made_up_subject()


@pytest.fixture(scope="session")
def rig(subject: Subject) -> FaceRig:
    return build_rig(subject)


@pytest.fixture(scope="session")
def prepared(subject: Subject) -> PreparedMesh:
    return MeshEngine().prepare(subject, Progress())


def signed_areas(points: NDArray[np.float64], triangles: NDArray[np.int32]) -> NDArray[np.float64]:
    a, b, c = (points[triangles[:, k], :2] for k in range(3))
    return np.asarray((b - a)[:, 0] * (c - a)[:, 1] - (c - a)[:, 0] * (b - a)[:, 1])


@pytest.fixture(scope="session")
def areas() -> Callable[[NDArray[np.float64], NDArray[np.int32]], NDArray[np.float64]]:
    """Twice the signed areas (m,) of triangles over points (n, 2 or 3)."""
    return signed_areas
