"""Keeps triangles from turning over in the picture when a shape is at full strength."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.document.channels import SHAPES
from core.head.personal import uniform_laplacian
from core.head.shapes import SHAPE_INDEX
from core.head.topology import (
    FACE_POINTS,
    LID_LEFT_LOWER,
    LID_LEFT_UPPER,
    LID_RIGHT_LOWER,
    LID_RIGHT_UPPER,
    LIP_INNER_LOWER,
    LIP_INNER_UPPER,
    TRIANGLES,
)

Array = NDArray[np.float64]

SMALLEST_SHARE = 0.08
"""Part of its area at rest that a triangle must keep."""
SEEN_AREA = 1e-5
"""Squared eye distances that a triangle must show at rest to be counted."""
STEPS = 240
REPAIRED_AREA = 5e-5
"""The same for repair; slivers at the mouth's corners are not worth bending a shape for."""
FIXED = {
    "eyeBlink": (*LID_RIGHT_UPPER, *LID_RIGHT_LOWER, *LID_LEFT_UPPER, *LID_LEFT_LOWER),
    "mouthClose": (*LIP_INNER_UPPER, *LIP_INNER_LOWER),
}
PARTNER = {"mouthClose": "jawOpen"}
"""Shapes that mean something only beside another one, at the same weight."""


def signed_areas(points: Array) -> Array:
    """Twice the areas of the 852 triangles of (..., >= 468, 3) in the plane of the picture."""
    a, b, c = (points[..., TRIANGLES[:, k], :2] for k in range(3))
    return np.asarray((b - a)[..., 0] * (c - a)[..., 1] - (b - a)[..., 1] * (c - a)[..., 0])


def _bad(neutral: Array, displacement: Array, share: float, area: float = SEEN_AREA) -> NDArray[np.bool_]:
    rest = signed_areas(neutral[:FACE_POINTS])
    now = signed_areas(neutral[:FACE_POINTS] + displacement[:FACE_POINTS])
    return np.asarray((now * np.sign(rest) < share * np.abs(rest)) & (np.abs(rest) > area))


def flipped_triangles(neutral: Array, fields: Array) -> NDArray[np.int64]:
    """(52,) how many triangles are turned over at 1 of each shape (mouthClose beside jawOpen)."""
    return np.array([_bad(neutral, _with_partner(fields, name), 0.0).sum() for name in SHAPES])


def _with_partner(fields: Array, name: str) -> Array:
    field = fields[SHAPE_INDEX[name]]
    return field + fields[SHAPE_INDEX[PARTNER[name]]] if name in PARTNER else field


def untangled(neutral: Array, fields: Array) -> Array:
    """(52, 478, 3) with displacements evened out, as little and as near as it takes, where triangles collapse.

    Lid rows of a blink and inner lips of mouthClose stay where contact put them.
    """
    laplacian = uniform_laplacian()
    out = fields.copy()
    for name in SHAPES:
        k = SHAPE_INDEX[name]
        fixed = next((list(points) for stem, points in FIXED.items() if name.startswith(stem)), [])
        best, fewest = out[k].copy(), len(TRIANGLES)
        for _ in range(STEPS):
            bad = _bad(neutral, _with_partner(out, name), SMALLEST_SHARE, REPAIRED_AREA)
            if bad.sum() < fewest:
                best, fewest = out[k].copy(), int(bad.sum())
            if not bad.any():
                break
            points = np.setdiff1d(TRIANGLES[bad].ravel(), fixed)
            out[k, points] -= 0.25 * (laplacian[points] @ out[k, :FACE_POINTS])
        out[k] = best
    return out
