"""Boxes and planar transforms, in pixels. Pixel centres are at whole numbers, x right, y down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Box:
    """Whole pixels `x0 <= x < x1`, `y0 <= y < y1`."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def width(self) -> int:
        return max(self.x1 - self.x0, 0)

    @property
    def height(self) -> int:
        return max(self.y1 - self.y0, 0)

    @property
    def empty(self) -> bool:
        return self.x1 <= self.x0 or self.y1 <= self.y0

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, for indexing a picture."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    def clipped(self, width: int, height: int) -> Box:
        x0, x1 = (min(max(x, 0), width) for x in (self.x0, self.x1))
        y0, y1 = (min(max(y, 0), height) for y in (self.y0, self.y1))
        return Box(x0, y0, max(x0, x1), max(y0, y1))

    def grown(self, by: int) -> Box:
        return Box(self.x0 - by, self.y0 - by, self.x1 + by, self.y1 + by)

    def joined(self, other: Box) -> Box:
        """The smallest box around both; an empty box adds nothing."""
        if self.empty:
            return other
        if other.empty:
            return self
        return Box(min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1))


def box_around(points: NDArray[np.floating[Any]], margin: float = 0.0) -> Box:
    """The box of whole pixels around `points` (n, 2), grown by `margin` pixels."""
    low = np.floor(points.min(axis=0) - margin).astype(int)
    high = np.ceil(points.max(axis=0) + margin).astype(int) + 1
    return Box(int(low[0]), int(low[1]), int(high[0]), int(high[1]))


def apply_affine(affine: NDArray[np.floating[Any]], points: NDArray[np.floating[Any]]) -> Array:
    """`affine` (2, 3) on `points` (n, 2) -> (n, 2)."""
    return np.asarray(points @ affine[:, :2].T + affine[:, 2], dtype=np.float64)


def invert_affine(affine: NDArray[np.floating[Any]]) -> Array:
    """The inverse of a (2, 3) transform."""
    linear = np.linalg.inv(affine[:, :2])
    return np.column_stack([linear, -linear @ affine[:, 2]])


def smoothstep(x: NDArray[np.floating[Any]] | float, low: float, high: float) -> Array:
    """0 below `low`, 1 above `high`, with a cubic in between."""
    t = np.clip((np.asarray(x, dtype=np.float64) - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))
