"""Which frames of a clip show the performer at rest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.head.objective import eye_openings
from core.head.pose import fit_poses, similarities, stable_weights
from core.head.topology import FACE_POINTS, Landmark

Array = NDArray[np.float64]

CALM_SHARE = 12
"""One in so many frames is taken for calm, but at least three."""


def first_guess(landmarks: Array, population: Array) -> Array:
    """(478, 3) canonical mean of the calmest frames of (T, 478, 3), without gaps.

    Calm is: lips together, mouth as wide and eyes as open as mostly, all points near their median.
    """
    faces = fit_poses(landmarks, population).to_canonical(landmarks)
    lip_gap = faces[:, Landmark.LOWER_LIP_INNER, 1] - faces[:, Landmark.UPPER_LIP_INNER, 1]
    width = np.linalg.norm(faces[:, Landmark.MOUTH_RIGHT] - faces[:, Landmark.MOUTH_LEFT], axis=1)
    opening = eye_openings(faces).sum(axis=1)
    stray = np.linalg.norm(faces[:, :FACE_POINTS] - np.median(faces[:, :FACE_POINTS], axis=0), axis=2).mean(axis=1)
    unrest = (
        _rank(lip_gap)
        + 0.5 * _rank(np.abs(width - np.median(width)))
        + _rank(np.abs(opening - np.percentile(opening, 65)))
        + 0.7 * _rank(stray)
    )
    calm = np.argsort(unrest, kind="stable")[: max(3, len(faces) // CALM_SHARE)]
    neutral = faces[calm].mean(axis=0)
    for _ in range(2):
        neutral = similarities(neutral, landmarks[calm], stable_weights()).to_canonical(landmarks[calm]).mean(axis=0)
    return np.asarray(neutral)


def _rank(values: Array) -> Array:
    """0 for the smallest, 1 for the largest."""
    order = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return np.asarray(order / max(len(values) - 1, 1))
