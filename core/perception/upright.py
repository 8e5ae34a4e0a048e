"""The upright square that a face is measured in, whatever its size and tilt in the picture.

The landmark network sees 192 pixels; a square of a fixed number of pixels, twice the face, with the eyes
level, gives it the same view of a face of 60 pixels and of one of 3000.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, cos, sin
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.head.topology import Landmark
from core.values.geometry import Box, invert_affine

SIDE = 512
"""Pixels of the square."""


@dataclass(frozen=True, slots=True, eq=False)
class Square:
    """`centre` (2,), half a side `half` in pixels of the picture, `angle` in radians, clockwise."""

    centre: NDArray[np.float64]
    half: float
    angle: float

    def to_picture(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, 3) in pixels of the square -> pixels of the picture; z takes the same scale."""
        scale = 2.0 * self.half / SIDE
        turn = np.array([[cos(self.angle), -sin(self.angle)], [sin(self.angle), cos(self.angle)]])
        flat = (points[:, :2] - (SIDE - 1) / 2) * scale @ turn.T + self.centre
        return np.column_stack([flat, points[:, 2] * scale])

    def to_square(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """The inverse of `to_picture`."""
        scale = 2.0 * self.half / SIDE
        turn = np.array([[cos(self.angle), -sin(self.angle)], [sin(self.angle), cos(self.angle)]])
        flat = (points[:, :2] - self.centre) @ turn / scale + (SIDE - 1) / 2
        return np.column_stack([flat, points[:, 2] / scale])


def square_around(landmarks: NDArray[np.float64], margin: float = 2.0) -> Square:
    """`margin` faces wide around landmarks (478, 3), eyes level."""
    eyes = landmarks[Landmark.EYE_LEFT_OUTER, :2] - landmarks[Landmark.EYE_RIGHT_OUTER, :2]
    chin_to_brow = landmarks[Landmark.FOREHEAD_TOP, :2] - landmarks[Landmark.CHIN, :2]
    # A head in profile has both eye corners on top of each other, so the long axis has its say.
    level = eyes + 0.5 * np.array([-chin_to_brow[1], chin_to_brow[0]])
    angle = atan2(level[1], level[0])
    turn = np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]])
    upright = landmarks[:, :2] @ turn
    low, high = upright.min(axis=0), upright.max(axis=0)
    return Square(turn @ ((low + high) / 2), margin * float((high - low).max()) / 2, angle)


def square_of_box(box: NDArray[np.float64], angle: float = 0.0, margin: float = 2.0) -> Square:
    """`margin` times a detector's box (x0, y0, x1, y1)."""
    centre = (box[:2] + box[2:]) / 2
    return Square(centre, margin * float((box[2:] - box[:2]).max()) / 2, angle)


def cut(pixels: NDArray[Any], square: Square) -> NDArray[np.uint8]:
    """The square's pixels, (SIDE, SIDE, 3); the picture's edge is repeated beyond its border.

    Reads only the part of `pixels` that it needs, and averages before it shrinks.
    """
    height, width = pixels.shape[:2]
    reach = square.half * (abs(cos(square.angle)) + abs(sin(square.angle)))
    x, y = square.centre
    box = Box(int(x - reach) - 1, int(y - reach) - 1, int(x + reach) + 3, int(y + reach) + 3).clipped(width, height)
    if box.empty:
        return np.zeros((SIDE, SIDE, 3), np.uint8)
    part = pixels[box.slices]
    shrink = max(1, int(square.half / SIDE))  # at most four source pixels behind each one of the linear filter
    if shrink > 1:
        size = (max(part.shape[1] // shrink, 1), max(part.shape[0] // shrink, 1))
        small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    else:
        small = part
    fx, fy = part.shape[1] / small.shape[1], part.shape[0] / small.shape[0]
    scale = 2.0 * square.half / SIDE
    c, s = cos(square.angle) * scale, sin(square.angle) * scale
    middle = (SIDE - 1) / 2
    forward = np.array([[c, -s, x - c * middle + s * middle - box.x0], [s, c, y - s * middle - c * middle - box.y0]])
    # Pixel centres of the reduced copy: u = (x + 0.5) / f - 0.5.
    forward[0] /= fx
    forward[1] /= fy
    forward[:, 2] += (0.5 / fx - 0.5, 0.5 / fy - 0.5)
    result = cv2.warpAffine(small, invert_affine(forward), (SIDE, SIDE), flags=cv2.INTER_LINEAR,
                            borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
    return np.asarray(result, dtype=np.uint8)
