"""The windows of a picture that are compared, always taken at the same places of truth and result."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.head.topology import (
    LID_LEFT_LOWER,
    LID_LEFT_UPPER,
    LID_RIGHT_LOWER,
    LID_RIGHT_UPPER,
    LIP_OUTER_LOWER,
    LIP_OUTER_UPPER,
    OVAL,
)

FACE_SIZE = 256
FACE_REACH = 1.7
"""The side of the face window in face sizes (the larger extent of the outer oval)."""

Pixels8 = NDArray[np.uint8]


def face_window(landmarks: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """Centre x, y and width, height in pixels of the square around the face of `landmarks` (478, 3)."""
    rim = landmarks[list(OVAL), :2]
    centre = (rim.max(axis=0) + rim.min(axis=0)) / 2
    side = FACE_REACH * float(np.ptp(rim, axis=0).max())
    return float(centre[0]), float(centre[1]), side, side


def mouth_window(landmarks: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """A window of 3 : 2 around the lips, 1.5 mouth widths wide or as tall as the open mouth needs."""
    return _around(landmarks, (*LIP_OUTER_UPPER, *LIP_OUTER_LOWER), 1.5, 1.5)


def eyes_window(landmarks: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """A window of 3 : 1 around both eyes, 1.25 times as wide as they reach."""
    points = (*LID_RIGHT_UPPER, *LID_RIGHT_LOWER, *LID_LEFT_UPPER, *LID_LEFT_LOWER)
    return _around(landmarks, points, 1.25, 3.0)


def window(
    pixels: Pixels8, place: tuple[float, float, float, float], size: tuple[int, int] = (FACE_SIZE, FACE_SIZE)
) -> Pixels8:
    """The window `place` of `pixels` (H, W, 3) at `size` (w, h), bilinear, its border replicated.

    No blur before, so that what an engine does to sharpness counts.
    """
    x, y, width, height = place
    step_x, step_y = width / size[0], height / size[1]
    affine = np.array([[step_x, 0, x - width / 2 + (step_x - 1) / 2], [0, step_y, y - height / 2 + (step_y - 1) / 2]])
    return np.asarray(
        cv2.warpAffine(
            pixels, affine, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
        )
    )


def _around(
    landmarks: NDArray[np.float64], points: tuple[int, ...], reach: float, aspect: float
) -> tuple[float, float, float, float]:
    spot = landmarks[list(points), :2]
    centre = (spot.max(axis=0) + spot.min(axis=0)) / 2
    extent = np.ptp(spot, axis=0)
    width = reach * max(float(extent[0]), aspect * float(extent[1]))
    return float(centre[0]), float(centre[1]), width, width / aspect
