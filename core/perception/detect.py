"""The front door for photos: all faces, the chosen one, or a reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import NoFaceFound, UserError
from core.perception.faces import Face
from core.perception.protocols import Landmarker, Picture
from core.perception.quality import SMALLEST
from core.values.image import Image


def detect_faces(image: Picture, landmarker: Landmarker | None = None) -> tuple[Face, ...]:
    """Every face of a picture, largest first, by `landmarker` or by a MediaPipe one made for this call."""
    if landmarker is not None:
        return landmarker.detect(image)
    from core.perception.mediapipe_faces import MediaPipeLandmarker

    with MediaPipeLandmarker() as own:
        return own.detect(image)


def choose_face(faces: Sequence[Face], which: int | tuple[float, float] | None = None) -> Face:
    """One of `faces` (largest first): by number from 0, by a point in pixels that it covers or is nearest to,
    or the largest for None. Raises `NoFaceFound` for none at all, `UserError` for a number that is not there.
    """
    if not faces:
        raise NoFaceFound("There is no face to choose from", "Choose a picture that shows one.")
    if which is None:
        return faces[0]
    if isinstance(which, tuple):
        point = np.array(which, dtype=np.float64)
        return min(faces, key=lambda face: _distance(face, point))
    if not 0 <= which < len(faces):
        seen = "1 face" if len(faces) == 1 else f"{len(faces)} faces"
        raise UserError(
            f"There is no face number {which}: the picture shows {seen}",
            f"Give a number from 0 (the largest) to {len(faces) - 1}.",
        )
    return faces[which]


def require_face(
    image: Picture, which: int | tuple[float, float] | None = None, landmarker: Landmarker | None = None
) -> Face:
    """The chosen face of a picture. Raises `NoFaceFound` with what may be wrong and what to do."""
    return usable_face(detect_faces(image, landmarker), image, which)


def usable_face(faces: Sequence[Face], image: Picture, which: int | tuple[float, float] | None = None) -> Face:
    """The chosen one of `faces` (largest first), which were found in `image`; raises like `require_face`."""
    if not faces:
        raise NoFaceFound("No face was found in the picture", _remedy(image))
    face = choose_face(faces, which)
    if face.width < SMALLEST:
        raise NoFaceFound(
            f"The face is too small: it is {face.width:.0f} pixels high",
            f"Use a picture in which it has at least {SMALLEST} pixels; 200 and more look good.",
        )
    return face


def _remedy(image: Picture) -> str:
    height, width = (image.height, image.width) if isinstance(image, Image) else image.shape[:2]
    if min(height, width) < SMALLEST:
        return f"The picture has only {width} x {height} pixels; use a larger one."
    return (
        "It may be turned away, hidden, cut by the border or very small. Use a picture in which both eyes and "
        "the mouth can be seen, or crop it closer to the face."
    )


def _distance(face: Face, point: NDArray[np.float64]) -> float:
    """Pixels from a point to a face's box, then to its centre so that overlapping boxes are told apart."""
    box = face.box
    low, high = np.array([box.x0, box.y0]), np.array([box.x1, box.y1])
    outside = np.maximum(np.maximum(low - point, point - high), 0)
    return float(np.hypot(*outside) + 1e-3 * np.hypot(*(point - (low + high) / 2)))
