from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from core.document.landmarks import MIRROR, SIXTY_EIGHT
from core.perception.faces import Face
from core.values.image import Image

FLIP = (
    *range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31,
    45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,
    54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65,
)  # fmt: skip


def test_the_68_points_mirror_each_other() -> None:
    assert len(set(SIXTY_EIGHT)) == 68
    assert [MIRROR[SIXTY_EIGHT[i]] for i in range(68)] == [SIXTY_EIGHT[i] for i in FLIP]


def test_the_68_points_lie_where_dlibs_predictor_sees_them(portrait: Image, face: Face) -> None:
    import dlib

    spec = find_spec("face_recognition_models")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "models"
    predictor = dlib.shape_predictor(str(folder / "shape_predictor_68_face_landmarks.dat"))
    found = dlib.get_frontal_face_detector()(portrait.pixels, 1)[0]
    theirs = np.array([(p.x, p.y) for p in predictor(portrait.pixels, found).parts()], dtype=float)
    ours = face.landmarks[list(SIXTY_EIGHT), :2]
    unit = np.linalg.norm(face.landmarks[33] - face.landmarks[263])
    errors = np.linalg.norm(ours - theirs, axis=1) / unit
    assert errors[17:].mean() < 0.06, "all but the jaw"
    assert errors.mean() < 0.08
