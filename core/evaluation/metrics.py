"""The measures of the papers' tables."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.head.topology import Landmark

LIMIT = 0.1
"""Landmark error, in eye distances, above which a frame has failed."""


def psnr(result: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """Peak signal-to-noise ratio of two 8-bit pictures in decibels; 100 for equal ones."""
    error = float(np.mean((result.astype(np.float64) - truth.astype(np.float64)) ** 2))
    return 100.0 if error == 0 else min(float(10 * np.log10(255**2 / error)), 100.0)


def ssim(result: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """Structural similarity over the three channels (Wang et al. 2004, 7 x 7 windows)."""
    from skimage.metrics import structural_similarity

    return float(structural_similarity(result, truth, channel_axis=2))


def eye_distance(landmarks: NDArray[np.float64]) -> float:
    """Pixels between the outer eye corners of (478, 3)."""
    return float(np.linalg.norm(landmarks[Landmark.EYE_RIGHT_OUTER, :2] - landmarks[Landmark.EYE_LEFT_OUTER, :2]))


def landmark_error(
    result: NDArray[np.float64], truth: NDArray[np.float64], points: NDArray[np.int64] | None = None
) -> float:
    """Root mean square distance of landmarks (478, 3), in the picture plane, over the truth's eye distance.

    points: the indices that count; the 468 of the face unless given.
    """
    chosen = np.arange(468) if points is None else points
    distance = np.sum((result[chosen, :2] - truth[chosen, :2]) ** 2, axis=1)
    return float(np.sqrt(distance.mean()) / eye_distance(truth))


def area_under_curve(errors: NDArray[np.float64], limit: float = LIMIT) -> float:
    """Area under the cumulative error distribution up to `limit`, 1 when no frame has any error.

    Frames without a measurable face count as failed (NaN errors).
    """
    errors = np.nan_to_num(np.asarray(errors, dtype=np.float64), nan=np.inf)
    return float(np.mean(np.clip(1 - errors / limit, 0, 1)))


def failure_rate(errors: NDArray[np.float64], limit: float = LIMIT) -> float:
    """The share of frames above `limit` or without a measurable face."""
    errors = np.nan_to_num(np.asarray(errors, dtype=np.float64), nan=np.inf)
    return float(np.mean(errors > limit))


def motion_curve(landmarks: NDArray[np.float64], first: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far the face has moved from the photo at each frame, in eye distances: (T, 478, 3) -> (T,).

    The temporal landmark curve: the mean distance of the 468 points from where they are in `first`.
    """
    moved = np.linalg.norm(landmarks[:, :468, :2] - first[None, :468, :2], axis=2).mean(axis=1)
    return np.asarray(moved / eye_distance(first))
