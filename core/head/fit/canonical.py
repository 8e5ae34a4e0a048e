"""The mean face of calm, frontal portraits in canonical space, made mirror symmetric, and the mirror map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.head.fit.tracks import Entry
from core.head.pose import similarities, similarity, stable_weights
from core.head.topology import LIP_INNER_LOWER, LIP_INNER_UPPER, Landmark

Array = NDArray[np.float64]

MAX_YAW = 12.0
"""Degrees that a portrait may be turned to count."""
LIP_GAP = 0.008
"""Eye distances between the inner lips of the mean face at their middle."""
ROUNDS = 8
FLIP = np.array([-1.0, 1.0, 1.0])

_PAIRS = ((33, 263), (61, 291), (234, 454), (133, 362), (10, 10), (152, 152), (1, 1))
"""Points by which the face is laid over its mirror image before the map is known."""


def calm_portraits(photos: list[tuple[Entry, Array]]) -> list[tuple[str, Array]]:
    """(person, landmarks) of the train split's neutral and nearly frontal portraits."""
    return [
        (entry.person, points)
        for entry, points in photos
        if entry.split == "train" and entry.content == "neutral" and abs(entry.yaw) <= MAX_YAW
    ]


def canonical_face(faces: list[Array]) -> tuple[Array, NDArray[np.int64]]:
    """Generalised Procrustes mean of (478, 3) faces, symmetrised -> (neutral (478, 3), mirror (478,)).

    The lips of the result are closed to `LIP_GAP`.
    """
    stack = np.array(faces)
    mean = stack[0]
    weights = (stable_weights() > 0).astype(np.float64)
    right, left = (list(side) for side in zip(*_PAIRS, strict=True))
    mirror = np.arange(len(mean))
    for _ in range(ROUNDS):
        aligned = [similarity(face, mean, weights).to_picture(face) for face in stack]
        mean = np.mean(aligned, axis=0)
        flipped = mean * FLIP
        flipped = similarity(flipped[left + right], mean[right + left]).to_picture(flipped)
        mirror = np.linalg.norm(mean[:, None] - flipped[None], axis=2).argmin(axis=1)
        mean = _upright(0.5 * (mean + flipped[mirror]))
    if not np.array_equal(mirror[mirror], np.arange(len(mirror))):
        raise ValueError("the portraits are too few or too uneven: no mirror map of the face was found")
    mean = 0.5 * (mean + mean[mirror] * FLIP)
    return _closed_lips(mean), mirror


def _upright(face: Array) -> Array:
    """Origin between the outer eye corners, their distance 1, x along them, y from brow to chin."""
    right, left = face[Landmark.EYE_RIGHT_OUTER], face[Landmark.EYE_LEFT_OUTER]
    face = (face - 0.5 * (right + left)) / np.linalg.norm(left - right)
    x = left - right
    x = x / np.linalg.norm(x)
    down = face[Landmark.CHIN] - face[Landmark.FOREHEAD_TOP]
    y = down - down @ x * x
    y = y / np.linalg.norm(y)
    return np.asarray(face @ np.stack([x, y, np.cross(x, y)]).T)


def _closed_lips(face: Array) -> Array:
    out = face.copy()
    upper, lower = list(LIP_INNER_UPPER[1:-1]), list(LIP_INNER_LOWER[1:-1])
    middle = 0.5 * (face[upper, 1] + face[lower, 1])
    gap = face[lower, 1] - face[upper, 1]
    gap = np.maximum(gap, 0.75 * LIP_GAP) * (LIP_GAP / max(gap.max(), LIP_GAP))
    out[upper, 1], out[lower, 1] = middle - 0.5 * gap, middle + 0.5 * gap
    return out


def procrustes(faces: Array, reference: Array) -> Array:
    """Faces (n, 478, 3) laid over `reference` by their stable points, in its space."""
    poses = similarities(reference, faces, stable_weights())
    return poses.to_canonical(faces)
