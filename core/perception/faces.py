"""A found face."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.values.geometry import Box, box_around


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """The 478 points of one face.

    landmarks: (478, 3) float64, read-only, in pixels of the picture; pixel centres are at whole numbers;
        z is in the same unit and grows away from the camera, zero near the middle of the head.
    box: the whole pixels around the landmarks (hairline to chin, not the hair), not clipped to the picture.
    score: the detector's confidence in [0, 1]; 0 when only the landmark network recognised a face.
    found_by: where it was found, in words ('the whole picture', 'the picture turned by 90 degrees').
    """

    landmarks: NDArray[np.float64]
    box: Box
    score: float
    found_by: str = "the whole picture"

    @property
    def width(self) -> float:
        """Ear to ear in pixels, by the larger of width and height, so that a turned face keeps its size."""
        return float(max(self.box.width, self.box.height))


def face_of(landmarks: NDArray[np.floating[Any]], score: float, found_by: str = "the whole picture") -> Face:
    """Freeze (478, 3) landmarks in pixels into a `Face`."""
    points = np.array(landmarks, dtype=np.float64)
    if points.shape != (478, 3) or not np.isfinite(points).all():
        raise ValueError(f"a face has (478, 3) finite landmarks, not {points.shape}")
    points.flags.writeable = False
    return Face(points, box_around(points[:, :2]), float(score), found_by)


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    width = min(a.x1, b.x1) - max(a.x0, b.x0)
    height = min(a.y1, b.y1) - max(a.y0, b.y0)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (a.width * a.height + b.width * b.height - shared)


def largest_first(faces: list[Face]) -> tuple[Face, ...]:
    """Faces by size, each person once: of two that overlap by more than 0.3, the more certain one stays."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: -face.score):
        if all(overlap(face.box, other.box) <= 0.3 for other in kept):
            kept.append(face)
    return tuple(sorted(kept, key=lambda face: -face.width))
