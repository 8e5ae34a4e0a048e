"""Lids as curves over one parameter along the eye, in a frame that rides on the eye's corners.

A frame has its origin at the outer corner, its x axis towards the inner one and its y axis towards the
cheek. `u` runs from 0 at the outer corner to 1 at the inner one; heights are in pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.head import topology

Array = NDArray[np.float64]
COLUMNS = 65
MARGIN = 0.12
"""How far the curves reach past either corner, as a part of the eye's width."""
PARAMETER = np.linspace(-MARGIN, 1 + MARGIN, COLUMNS)
PARAMETER.flags.writeable = False


@dataclass(frozen=True, slots=True)
class LidRows:
    """Vertex rows of one eye from the outer corner to the inner one."""

    upper: tuple[int, ...]
    lower: tuple[int, ...]
    fold: tuple[int, ...]
    iris: tuple[int, ...]


RIGHT = LidRows(topology.LID_RIGHT_UPPER, topology.LID_RIGHT_LOWER, topology.LID_RIGHT_UPPER_ROW2, topology.IRIS_RIGHT)
LEFT = LidRows(topology.LID_LEFT_UPPER, topology.LID_LEFT_LOWER, topology.LID_LEFT_UPPER_ROW2, topology.IRIS_LEFT)


@dataclass(frozen=True, slots=True, eq=False)
class LidCurves:
    """One eye's lids in a picture.

    origin (2,) and the unit axes along, across (2,) in pixels; width in pixels from corner to corner;
    upper, lower, fold: (COLUMNS,) heights in pixels over `PARAMETER`.
    """

    origin: Array
    along: Array
    across: Array
    width: float
    upper: Array
    lower: Array
    fold: Array

    @property
    def gap(self) -> Array:
        """(COLUMNS,) opening in pixels, never negative."""
        return np.maximum(self.lower - self.upper, 0.0)

    def to_picture(self, u: Array, height: Array) -> Array:
        """(..., 2) pixels of a parameter and a height in pixels."""
        return np.asarray(self.origin + (u * self.width)[..., None] * self.along + height[..., None] * self.across)

    def to_frame(self, points: Array) -> tuple[Array, Array]:
        """Parameter and height of pixels (..., 2)."""
        offset = points - self.origin
        return offset @ self.along / self.width, offset @ self.across


def lid_curves(points: Array, rows: LidRows) -> LidCurves:
    """Curves through the rows of `points` (n, 2 or 3), pixels."""
    origin, inner = points[rows.upper[0], :2], points[rows.upper[-1], :2]
    width = max(float(np.hypot(*(inner - origin))), 1e-3)
    along = (inner - origin) / width
    across = np.array([-along[1], along[0]])
    if (points[list(rows.lower), :2].mean(0) - points[list(rows.fold), :2].mean(0)) @ across < 0:
        across = -across
    heights = []
    for row in (rows.upper, rows.lower, rows.fold):
        offset = points[list(row), :2] - origin
        heights.append(_smooth_curve(offset @ along / width, offset @ across))
    upper, lower, fold = heights
    return LidCurves(origin.copy(), along, across, width, upper, lower, np.minimum(fold, upper - 0.02 * width))


def _smooth_curve(u: Array, height: Array) -> Array:
    """Monotone cubic through the points, level beyond its ends."""
    from core.generation.mesh.eyes.kernel import monotone_cubic

    order = np.argsort(u)
    return np.asarray(monotone_cubic(u[order], height[order], PARAMETER))
